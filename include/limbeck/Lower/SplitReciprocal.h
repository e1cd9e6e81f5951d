// Division by a constant scale as two multiplications, proven at every step of the result.
#pragma once
#include "limbeck/Tensor/TensorType.h"
#include <optional>

namespace limbeck::lower {

/// 1 / scale as a sum of two floats: x / scale is near fma(x, head, x * tail).
struct SplitReciprocal {
  float head = 0, tail = 0; ///< not negative, so that an infinity stays one
};
/// Factors with which quantize(x) is the same as with the division, for every f32 x there is, where `quantization` has one scale and at most 256 steps: both functions are monotone, so
/// they are equal if they take each step at the same x. Nothing when they do not, as for scales near the limits of f32.
std::optional<SplitReciprocal> provenSplitReciprocal(const Quantization &quantization);

} // namespace limbeck::lower
