// The innermost loops of every contraction. Each accumulator takes its products in ascending order of k, one
// at a time, so how many accumulators run side by side changes no bit.
#pragma once
#include <cstdint>

namespace limbeck::reference {

/// Rows that one call serves: each weight is read once for all of them.
constexpr int64_t kAccumulatedRows = 4;

// f32 and f64 use one fused multiply-add per product; unsigned integers wrap modulo 2^32 and 2^64. For T
// among float, double, uint32_t and uint64_t:
//   accumulateRows: out[row * pitch + n] += values[row][k] * weights[k * width + n], for k = 0 .. depth - 1
//   accumulateEach: out[n] += values[n] * weights[n]
#define LIMBECK_ACCUMULATE(T)                                                                                \
  void accumulateRows(const T *const *values, int64_t rows, const T *weights, int64_t depth, int64_t width,  \
                      T *out, int64_t pitch);                                                                \
  void accumulateEach(const T *values, const T *weights, int64_t width, T *out);
LIMBECK_ACCUMULATE(float)
LIMBECK_ACCUMULATE(double)
LIMBECK_ACCUMULATE(uint32_t)
LIMBECK_ACCUMULATE(uint64_t)
#undef LIMBECK_ACCUMULATE

} // namespace limbeck::reference
