// What the float algorithms share: the layout of f32 and f64, polynomials, and signs.
//
// All polynomials are minimax fits (Remez exchange in 60-digit arithmetic, weighted so that the stated error
// is relative to the result), with coefficients rounded to the type. Each function's comment states interval,
// degree and error.
#pragma once
#include "limbeck/Reference/ScalarLanguage.h"
#include <array>
#include <cstddef>
#include <limits>

namespace limbeck::reference::algorithms {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/// The numbers of an IEEE format that bit manipulation needs.
struct FloatFormat {
  unsigned mantissaBits;
  int64_t bias;
  double smallestNormal;
};
template <FloatLanguage L> FloatFormat floatFormat(L &l) {
  return isDouble(l) ? FloatFormat{52, 1023, 0x1p-1022} : FloatFormat{23, 127, 0x1p-126};
}

/// c[0] + c[1] x + c[2] x^2 + ..., Horner's scheme with fma.
template <FloatLanguage L, size_t N>
typename L::Value polynomial(L &l, typename L::Value x, const std::array<double, N> &c) {
  typename L::Value sum = l.constant(c[N - 1]);
  for (size_t i = N - 1; i-- > 0;)
    sum = l.fma(sum, x, l.constant(c[i]));
  return sum;
}
/// The polynomial of the language's type.
template <FloatLanguage L, size_t N, size_t M>
typename L::Value polynomial(L &l, typename L::Value x, const std::array<double, N> &ofF32,
                             const std::array<double, M> &ofF64) {
  return isDouble(l) ? polynomial(l, x, ofF64) : polynomial(l, x, ofF32);
}

/// `magnitude`, which has no sign bit, with the sign of `sign`.
template <FloatLanguage L>
typename L::Value withSign(L &l, typename L::Value magnitude, typename L::Value sign) {
  auto mask = l.bitConstant(std::numeric_limits<int64_t>::min() >> (64 - l.width()));
  return l.fromBits(l.bitOr(l.bitsOf(magnitude), l.bitAnd(l.bitsOf(sign), mask)));
}

/// |x|, at most `bound`; NaN stays NaN.
template <FloatLanguage L> typename L::Value boundedMagnitude(L &l, typename L::Value x, double bound) {
  auto magnitude = l.abs(x), greatest = l.constant(bound);
  return l.select(l.less(greatest, magnitude), greatest, magnitude);
}

/// A number as an unevaluated sum: `tail` is small beside `head`.
template <class Value> struct Sum {
  Value head, tail;
};
/// a * b exactly.
template <FloatLanguage L>
Sum<typename L::Value> exactProduct(L &l, typename L::Value a, typename L::Value b) {
  auto head = l.mul(a, b);
  return {head, l.fma(a, b, l.neg(head))};
}
/// a + b exactly, for |a| >= |b| or a = 0.
template <FloatLanguage L> Sum<typename L::Value> exactSum(L &l, typename L::Value a, typename L::Value b) {
  auto head = l.add(a, b);
  return {head, l.sub(b, l.sub(head, a))};
}

} // namespace limbeck::reference::algorithms
