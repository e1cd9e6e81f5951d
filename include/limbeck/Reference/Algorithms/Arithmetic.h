// The functions without transcendental parts: guarded integer division, integer power, clamps and hard
// activations.
#pragma once
#include "limbeck/Reference/Algorithms/Logarithm.h"

namespace limbeck::reference::algorithms {

/// a / b. Integers truncate; a division by 0 gives 0, and lowest / -1 wraps to lowest.
template <NumberLanguage L> typename L::Value divide(L &l, typename L::Value a, typename L::Value b) {
  if (isFloat(l))
    return l.div(a, b);
  auto zero = l.constant(0), one = l.constant(1);
  auto byZero = l.equal(b, zero);
  if (l.kind() == ScalarKind::Unsigned)
    return l.select(byZero, zero, l.div(a, l.select(byZero, one, b)));
  auto byMinusOne = l.equal(b, l.constant(-1));
  auto quotient = l.div(a, l.select(l.conditionOr(byZero, byMinusOne), one, b));
  return l.select(byZero, zero, l.select(byMinusOne, l.neg(a), quotient));
}

/// base^exponent of integers by squaring, modulo 2^width. A negative exponent gives 1 / base^|exponent|
/// truncated.
template <NumberLanguage L>
typename L::Value powerOfIntegers(L &l, typename L::Value base, typename L::Value exponent) {
  auto zero = l.constant(0), one = l.constant(1);
  auto lowestBit = l.bitConstant(1);
  auto remaining = l.bitsOf(exponent);
  auto result = one, factor = base;
  auto isOdd = [&](typename L::Bits bits) { return l.equal(l.fromBits(l.bitAnd(bits, lowestBit)), one); };
  for (unsigned i = 0; i < l.width(); ++i) {
    result = l.select(isOdd(remaining), l.mul(result, factor), result);
    factor = l.mul(factor, factor);
    remaining = l.shiftRightLogical(remaining, 1);
  }
  if (l.kind() == ScalarKind::Unsigned)
    return result;
  auto minusOne = l.constant(-1);
  auto inverse = l.select(isOdd(l.bitsOf(exponent)), minusOne, one); // of -1
  inverse = l.select(l.equal(base, minusOne), inverse, l.select(l.equal(base, one), one, zero));
  return l.select(l.less(exponent, zero), inverse, result);
}

template <NumberLanguage L>
typename L::Value power(L &l, typename L::Value base, typename L::Value exponent) {
  if constexpr (FloatLanguage<L>)
    if (isFloat(l))
      return powerOfFloats(l, base, exponent);
  return powerOfIntegers(l, base, exponent);
}

/// 0 where x < 0, else x: NaN and -0 stay.
template <NumberLanguage L> typename L::Value relu(L &l, typename L::Value x) {
  auto zero = l.constant(0);
  return l.select(l.less(x, zero), zero, x);
}

/// slope * x where x < 0, else x.
template <NumberLanguage L> typename L::Value leakyRelu(L &l, typename L::Value x, typename L::Value slope) {
  return l.select(l.less(x, l.constant(0)), l.mul(slope, x), x);
}

/// Raised to `low`, then lowered to `high`; NaN stays.
template <NumberLanguage L> typename L::Value clip(L &l, typename L::Value x, double low, double high) {
  auto least = l.constant(low), greatest = l.constant(high);
  x = l.select(l.less(x, least), least, x);
  return l.select(l.less(greatest, x), greatest, x);
}

/// alpha * x + beta (two roundings), clipped to [0, 1].
template <NumberLanguage L>
typename L::Value hardSigmoid(L &l, typename L::Value x, double alpha, double beta) {
  return clip(l, l.add(l.mul(l.constant(alpha), x), l.constant(beta)), 0, 1);
}

/// x * hardSigmoid(x, 1/6, 1/2).
template <NumberLanguage L> typename L::Value hardSwish(L &l, typename L::Value x) {
  return l.mul(x, hardSigmoid(l, x, 1.0 / 6, 0.5));
}

} // namespace limbeck::reference::algorithms
