// Equality of results: bit for bit, but a NaN equals any NaN.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::test {

struct Difference {
  std::string text;     ///< empty: no difference
  int64_t elements = 0; ///< compared
  int64_t steps = 0;    ///< elements that differ by one, where that is allowed
};

/// `oneStep`: integers may differ by one.
Difference compare(std::span<const Tensor> found, std::span<const Tensor> expected, bool oneStep);

} // namespace limbeck::test
