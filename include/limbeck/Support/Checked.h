// Checked integer arithmetic: the only place where sizes are computed.
#pragma once
#include "limbeck/Support/Status.h"
#include <cstdint>
#include <limits>
#include <span>

namespace limbeck {

constexpr int64_t kUnknown = -1; ///< a dimension that is not known yet, printed as '?'

inline std::optional<int64_t> checkedAdd(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? std::nullopt : std::optional(sum);
}
inline std::optional<int64_t> checkedSubtract(int64_t a, int64_t b) {
  int64_t difference;
  return __builtin_sub_overflow(a, b, &difference) ? std::nullopt : std::optional(difference);
}
inline std::optional<int64_t> checkedMultiply(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::nullopt : std::optional(product);
}
/// Rounds towards minus infinity; `b` must be positive.
inline int64_t floorDivide(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}
inline int64_t ceilDivide(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}

/// Number of elements of a shape: E-DIM for a negative dimension, E-SIZE-OVERFLOW past `limit`, kUnknown when a dimension is.
Expected<int64_t> elementCount(std::span<const int64_t> shape, int64_t limit);

} // namespace limbeck
