// Equality of results: bit for bit, but a NaN equals any NaN; and nearness, where a bound is what is promised.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::test {

struct Difference {
  std::string text;     ///< empty: no difference
  int64_t elements = 0; ///< compared
  int64_t steps = 0;    ///< elements that differ by one, where that is allowed
};

/// `oneStep`: integers may differ by one. `slack`: floats may differ by that much and a unit in the last place.
Difference compare(std::span<const Tensor> found, std::span<const Tensor> expected, bool oneStep,
                   double slack = 0);

/// Floats that differ by more than `bound` times the magnitude of their element, or in whether they are numbers.
Difference compareWithin(std::span<const Tensor> found, std::span<const Tensor> expected,
                         std::span<const Tensor> magnitudes, double bound);

} // namespace limbeck::test
