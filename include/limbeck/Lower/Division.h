// Division by a number that is known before the dividends: multiplications in its place, with the same bits.
#pragma once
#include "limbeck/Reference/ScalarLanguage.h"

namespace limbeck::lower {

/// x / divisor in f32 by Markstein's method: a quotient near it, what remains of x, and the correction by that. `reciprocal` is 1 / divisor.
/// Equal to the division, rounded once, for divisors in [2^-30, 2^30] and x in [2^-90, 2^90], of either sign; for x = 0 and
/// NaN as well. All cases that come close to a tie are tried in test/unit/Lower/DivisionTest.cpp, and powers of two change nothing in that
/// range.
///   quotient(l, x, l.constant(3), l.constant(1.0 / 3))
template <reference::FloatLanguage L>
typename L::Value quotient(L &l, typename L::Value x, typename L::Value divisor,
                           typename L::Value reciprocal) {
  auto near = l.mul(x, reciprocal);
  auto rest = l.fma(l.neg(near), divisor, x);
  return l.fma(rest, reciprocal, near);
}

/// Below this magnitude, unless it is 0, a dividend is too small for `quotient`: what remains of it is no f32.
inline constexpr double kLeastDividend = 0x1p-90;

} // namespace limbeck::lower
