// exp, and the functions made of it: sigmoid and tanh.
#pragma once
#include "limbeck/Reference/Algorithms/FloatFormat.h"

namespace limbeck::reference::algorithms {

/// e^(x + tail) for a tail that is tiny beside 1: x = n ln 2 + r with |r| <= ln 2 / 2, then 2^n (1 + r + r^2
/// q(r)). q: degree 4, error 3.1e-9 (f32); degree 9, error 3.6e-18 (f64). A subnormal result is rounded once more,
/// by less than half a unit.
template <FloatLanguage L>
typename L::Value exponentialOfSum(L &l, typename L::Value x, typename L::Value tail) {
  static constexpr std::array<double, 5> qOfF32 = {0.499999934, 0.166665206, 0.0416683887, 0.00836872399,
                                                   0.00138145911};
  static constexpr std::array<double, 10> qOfF64 = {
      0.50000000000000106,   0.16666666666666412,    0.041666666666530052,  0.0083333333334945861,
      0.0013888888943662409, 0.00019841269506390012, 2.4801493061743196e-5, 2.7557586468258111e-6,
      2.7630262798181055e-7, 2.5000055510155442e-8};
  bool wide = isDouble(l);
  // Past these bounds the result is infinity or 0 all the same, and n stays small. NaN passes both
  // comparisons.
  auto lowest = l.constant(wide ? -746 : -104), highest = l.constant(wide ? 710 : 89);
  x = l.select(l.less(x, lowest), lowest, x);
  x = l.select(l.less(highest, x), highest, x);

  // Adding 1.5 * 2^mantissaBits rounds to an integer.
  auto magic = l.constant(wide ? 0x1.8p52 : 0x1.8p23);
  auto n = l.sub(l.fma(x, l.constant(1.4426950408889634), magic), magic);
  // ln 2 in two pieces: n times the first, of few bits, is exact, and so is the difference. The second joins
  // the sum 1 + r where it is small.
  auto high = l.fma(n, l.constant(wide ? -0x1.62e42fefa38p-1 : -0x1.62e4p-1), x);
  auto low = l.fma(n, l.constant(wide ? -5.4979230187083711747e-14 : -1.4286068203094172321e-6), tail);
  auto r = l.add(high, low);
  auto first = exactSum(l, l.constant(1), high);
  auto rest = l.fma(l.mul(r, r), polynomial(l, r, qOfF32, qOfF64), low);
  return l.scale(l.add(first.head, l.add(first.tail, rest)), n);
}

template <FloatLanguage L> typename L::Value exponential(L &l, typename L::Value x) {
  return exponentialOfSum(l, x, l.constant(-0.0)); // adding -0 changes nothing, and a compiler may drop it
}

/// 1 / (1 + e^-x), from q = e^-|x| / (1 + e^-|x|): 1 - q for positive x; for negative x, q itself as e - e q,
/// where the rounding errors of q count little.
template <FloatLanguage L> typename L::Value sigmoid(L &l, typename L::Value x) {
  auto one = l.constant(1);
  auto e = exponential(l, l.neg(l.abs(x)));
  auto quotient = l.div(e, l.add(one, e));
  auto limit = l.select(l.less(x, l.constant(0)), e, one);
  return l.fma(l.neg(limit), quotient, limit);
}

/// |x| < 0.625: x + x^3 P(x^2), P of degree 4, error 4.4e-9 (f32); degree 11, error 3.7e-19 (f64).
/// Beyond: 1 - 2 / (e^2x + 1).
template <FloatLanguage L> typename L::Value hyperbolicTangent(L &l, typename L::Value x) {
  static constexpr std::array<double, 5> ofF32 = {-0.333332819, 0.133314409, -0.0537396008, 0.0206386971,
                                                  -0.00570453296};
  static constexpr std::array<double, 12> ofF64 = {
      -0.33333333333333313,   0.13333333333329736,   -0.053968253966055119,  0.021869488468611542,
      -0.0088632343109297784, 0.0035921139834798263, -0.0014557258416151464, 0.00058945134068359771,
      -0.0002370104332128931, 9.1556092818575722e-5, -3.0184846050325783e-5, 6.0414074785709047e-6};
  auto magnitude = l.abs(x), square = l.mul(magnitude, magnitude), one = l.constant(1);
  auto small = l.fma(l.mul(magnitude, square), polynomial(l, square, ofF32, ofF64), magnitude);
  auto e = exponential(l, l.add(magnitude, magnitude));
  auto large = l.sub(one, l.div(l.constant(2), l.add(e, one)));
  return withSign(l, l.select(l.less(magnitude, l.constant(0.625)), small, large), x);
}

} // namespace limbeck::reference::algorithms
