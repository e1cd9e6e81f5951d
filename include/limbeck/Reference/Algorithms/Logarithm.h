// log, and the power of two floats.
#pragma once
#include "limbeck/Reference/Algorithms/Exponential.h"

namespace limbeck::reference::algorithms {

/// log x for finite positive x, to more than the precision of the type.
/// x = 2^n m with m in [sqrt 1/2, sqrt 2), f = m - 1: n ln 2 + f - f^2 / 2 + f^3 P(f), where all but the last
/// term and the low part of ln 2 are summed exactly. P: degree 8, error 7.3e-10 (f32); degree 20,
/// error 2.5e-19 (f64).
template <FloatLanguage L> Sum<typename L::Value> logarithmSum(L &l, typename L::Value x) {
  static constexpr std::array<double, 9> ofF32 = {0.333333104,  -0.249999866, 0.200022278,
                                                  -0.166692536, 0.142186312,  -0.123842838,
                                                  0.118731358,  -0.117902726, 0.0691553778};
  static constexpr std::array<double, 21> ofF64 = {
      0.33333333333333343,  -0.25000000000000401,  0.19999999999995391,  -0.16666666666539356,
      0.1428571428635759,   -0.12500000015320001,  0.11111111074616743,  -0.09999999045529054,
      0.090909098088798715, -0.083333679641311299, 0.076923220809582376, -0.071420940790258155,
      0.066656335440401467, -0.062600657040087101, 0.059049183523824927, -0.054840466908545805,
      0.050169767426584589, -0.051573825762419494, 0.060623015310283983, -0.054961835681698507,
      0.023142168656064007};
  bool wide = isDouble(l);
  FloatFormat format = floatFormat(l);
  auto subnormal = l.less(x, l.constant(format.smallestNormal));
  x = l.select(subnormal, l.mul(x, l.constant(wide ? 0x1p54 : 0x1p25)), x);

  auto bits = l.bitsOf(x), lowest = l.bitsOf(l.constant(0.70710678118654752)); // m starts at sqrt 1/2
  auto power = l.shiftRightArithmetic(l.bitSub(bits, lowest), format.mantissaBits);
  auto f = l.sub(l.fromBits(l.bitSub(bits, l.shiftLeft(power, format.mantissaBits))), l.constant(1));
  auto n = l.sub(l.fromInteger(power), l.select(subnormal, l.constant(wide ? 54 : 25), l.constant(0)));

  auto square = exactProduct(l, f, f);
  auto minusHalf = l.constant(-0.5);
  auto first = exactSum(l, l.mul(n, l.constant(wide ? 0x1.62e42fefa38p-1 : 0x1.62e4p-1)), f);
  auto second = exactSum(l, first.head, l.mul(minusHalf, square.head));
  auto rest =
      l.fma(n, l.constant(wide ? 5.4979230187083711747e-14 : 1.4286068203094172321e-6),
            l.fma(l.mul(f, square.head), polynomial(l, f, ofF32, ofF64), l.mul(minusHalf, square.tail)));
  auto sum = exactSum(l, second.head, l.add(l.add(first.tail, second.tail), rest));
  return {sum.head, sum.tail};
}

/// `finite` where x is positive and finite; else -infinity for 0, infinity for infinity, NaN for what is
/// below or NaN.
template <FloatLanguage L>
typename L::Value withLogarithmSpecials(L &l, typename L::Value x, typename L::Value finite) {
  auto zero = l.constant(0), top = l.constant(infinity);
  auto special = l.select(l.less(x, zero), l.constant(notANumber), x);
  special = l.select(l.equal(x, zero), l.constant(-infinity), special);
  return l.select(l.conditionAnd(l.less(zero, x), l.less(x, top)), finite, special);
}

template <FloatLanguage L> typename L::Value logarithm(L &l, typename L::Value x) {
  return withLogarithmSpecials(l, x, logarithmSum(l, x).head);
}

/// base^exponent in the language's own precision: e^(exponent * log|base|), the product carried with its
/// rounding error.
template <FloatLanguage L>
typename L::Value powerAtOwnPrecision(L &l, typename L::Value base, typename L::Value exponent) {
  auto zero = l.constant(0), one = l.constant(1), top = l.constant(infinity);
  auto magnitude = l.abs(base);
  auto log = logarithmSum(l, magnitude);
  auto product = exactProduct(l, exponent, withLogarithmSpecials(l, magnitude, log.head));
  product.tail = l.fma(exponent, log.tail, product.tail);
  // Far outside the exponential's range the tail does not matter, and it may be NaN.
  auto inRange = l.less(l.abs(product.head), l.constant(1024));
  auto tail = l.select(inRange, product.tail, zero);
  auto head = l.select(l.equal(magnitude, one), zero, product.head); // 1^infinity = 1
  auto result = exponentialOfSum(l, head, l.select(l.equal(magnitude, one), zero, tail));

  auto half = l.mul(exponent, l.constant(0.5));
  auto whole = l.equal(l.floor(exponent), exponent);
  auto odd = l.conditionAnd(whole, l.conditionNot(l.equal(l.floor(half), half)));
  result = l.select(odd, withSign(l, result, base), result);
  // A negative finite base takes whole exponents only.
  auto negative = l.conditionAnd(l.less(base, zero), l.less(magnitude, top));
  auto undefined = l.conditionAnd(negative, l.conditionNot(whole));
  result = l.select(undefined, l.constant(notANumber), result);
  result = l.select(l.conditionOr(l.isNan(base), l.isNan(exponent)), l.constant(notANumber), result);
  return l.select(l.conditionOr(l.equal(exponent, zero), l.equal(base, one)), one, result);
}

/// base^exponent of floats as in IEEE 754 `pow`; f32 is computed in f64 and rounded once.
template <FloatLanguage L>
typename L::Value powerOfFloats(L &l, typename L::Value base, typename L::Value exponent) {
  auto wide = l.wide();
  return l.narrow(powerAtOwnPrecision(wide, l.widen(base), l.widen(exponent)));
}

} // namespace limbeck::reference::algorithms
