// erf, and both forms of gelu.
#pragma once
#include "limbeck/Reference/Algorithms/Exponential.h"

namespace limbeck::reference::algorithms {

/// T = Phi(-x) e^(x^2 / 2), Phi the normal distribution, as factors: T = numerator / denominator, and x T =
/// numerator * ratio with fewer rounding errors.
template <class Value> struct ScaledNormalTail {
  Value numerator, denominator, ratio;
};
/// For x in [0, 40]: T = C(v) / (x + 4) with v = x / (x + 4), which is exact enough near 0.
/// C: degree 10 on x <= 14.5, error 1.2e-9 (f32); degree 25, error 1.3e-19 (f64).
template <FloatLanguage L> ScaledNormalTail<typename L::Value> scaledNormalTail(L &l, typename L::Value x) {
  static constexpr std::array<double, 11> ofF32 = {2.0,          -4.38307706, 5.23387076,    -3.19269155,
                                                   0.298612822,  0.70093166,  -0.0792745385, -0.277282745,
                                                   0.0217910502, 0.123457626, -0.0474301926};
  // clang-format off
  static constexpr std::array<double, 26> ofF64 = {
      2.0, -4.3830764864229225, 5.2338470271540701, -3.1923040535164421,
      0.29539567688869156, 0.71603293603027729, -0.12031660430585772, -0.2178625964938803,
      -0.0019926737382095545, 0.070820874348278424, 0.022498224258570686, -0.0016544817140515625,
      -0.071269720249417534, 0.18984329201444288, -0.54265198486642044, 1.2768464618253529,
      -2.424559771111748, 3.7698466596768066, -4.7544459267860272, 4.802570709277331,
      -3.8227224976260784, 2.3351000790047165, -1.0504039502342064, 0.3261003430785836,
      -0.062173049624968191, 0.0054737935343822871};
  // clang-format on
  auto denominator = l.add(x, l.constant(4)), ratio = l.div(x, denominator);
  return {polynomial(l, ratio, ofF32, ofF64), denominator, ratio};
}

/// |x| < 1: x + x P(x^2), P of degree 6, error 1.3e-9 (f32); degree 12, error 1.3e-19 (f64).
/// Beyond: 1 - 2 Phi(-sqrt 2 |x|), the square in the exponential carried with its rounding error.
template <FloatLanguage L> typename L::Value errorFunction(L &l, typename L::Value x) {
  static constexpr std::array<double, 7> ofF32 = {0.128379166,  -0.376126258,    0.112835851,  -0.0268538119,
                                                  0.0051883277, -0.000801019382, 7.85386212e-5};
  static constexpr std::array<double, 13> ofF64 = {
      0.12837916709551257,   -0.37612638903183748,    0.11283791670954857,    -0.026866170645072894,
      0.0052239776247808564, -0.00085483269787416433, 0.00012055331036879907, -1.4925593506430271e-5,
      1.6460972809837113e-6, -1.6350025148420009e-7,  1.4657879356568531e-8,  -1.1365664139670772e-9,
      5.9452587631045937e-11};
  auto magnitude = boundedMagnitude(l, x, 8);
  auto square = exactProduct(l, magnitude, magnitude);
  auto small = l.fma(magnitude, polynomial(l, square.head, ofF32, ofF64), magnitude);
  auto gauss = exponentialOfSum(l, l.neg(square.head), l.neg(square.tail));
  auto tail = scaledNormalTail(l, l.mul(magnitude, l.constant(1.4142135623730950488)));
  auto large = l.fma(l.mul(gauss, l.constant(-2)), l.div(tail.numerator, tail.denominator), l.constant(1));
  return withSign(l, l.select(l.less(magnitude, l.constant(1)), small, large), x);
}

/// x P(x) for a distribution function P that is symmetric about 0, given two factors of |x| P(-|x|): minus
/// their product for negative x, else x minus their product. Neither factor is infinite, so infinity times 0
/// does not occur.
template <FloatLanguage L>
typename L::Value timesDistribution(L &l, typename L::Value x, typename L::Value a, typename L::Value b) {
  auto minuend = l.select(l.less(x, l.constant(0)), l.constant(-0.0), x);
  return l.fma(a, l.neg(b), minuend);
}

/// x Phi(x), with Phi(-|x|) computed apart from 1: no cancellation for negative x.
template <FloatLanguage L> typename L::Value geluByErrorFunction(L &l, typename L::Value x) {
  auto magnitude = boundedMagnitude(l, x, 39);
  auto square = exactProduct(l, magnitude, magnitude);
  auto minusHalf = l.constant(-0.5);
  auto gauss = exponentialOfSum(l, l.mul(minusHalf, square.head), l.mul(minusHalf, square.tail));
  auto tail = scaledNormalTail(l, magnitude);
  return timesDistribution(l, x, gauss, l.mul(tail.numerator, tail.ratio));
}

/// x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)), which is 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
/// without its cancellation. The argument is carried with its rounding error.
template <FloatLanguage L> typename L::Value geluByTangent(L &l, typename L::Value x) {
  constexpr double linear = 1.5957691216057307118, cubic = 0.071354816272600248776;
  constexpr double linearOfF32 = static_cast<float>(linear), cubicOfF32 = static_cast<float>(cubic);
  auto magnitude = boundedMagnitude(l, x, 39);
  auto square = exactProduct(l, magnitude, magnitude);
  auto c1 = l.constant(linear), c3 = l.constant(cubic);
  auto factor = l.fma(c3, square.head, c1);
  // What the rounding of the factor, of the square and of the constants lost.
  auto lost = l.fma(c3, square.head, l.sub(c1, factor));
  lost = l.fma(c3, square.tail, lost);
  if (!isDouble(l))
    lost = l.add(lost, l.fma(l.constant(cubic - cubicOfF32), square.head, l.constant(linear - linearOfF32)));
  auto argument = exactProduct(l, magnitude, factor);
  auto tail = l.fma(magnitude, lost, argument.tail);
  auto e = exponentialOfSum(l, l.neg(argument.head), l.neg(tail));
  return timesDistribution(l, x, magnitude, l.div(e, l.add(l.constant(1), e)));
}

} // namespace limbeck::reference::algorithms
