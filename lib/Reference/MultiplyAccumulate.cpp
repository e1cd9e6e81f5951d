// The innermost loops, compiled once per x86-64 level so that a machine with fused multiply-add uses it;
// without one, std::fma computes the same bits in software.
#include "MultiplyAccumulate.h"
#include <algorithm>
#include <cmath>
#include <type_traits>

#if defined(__x86_64__) && defined(__linux__)
#define LIMBECK_PER_LEVEL __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define LIMBECK_PER_LEVEL
#endif
// Inlined into each level's copy: a call would leave that level.
#define LIMBECK_INLINE [[gnu::always_inline]] inline

namespace limbeck::reference {

template <class T> LIMBECK_INLINE static T multiplyAdd(T a, T b, T accumulator) {
  if constexpr (std::is_floating_point_v<T>)
    return std::fma(a, b, accumulator);
  else
    return accumulator + a * b;
}

/// `rows` x `columns` accumulators stay in registers over the whole depth.
template <int64_t rows, int64_t columns, class T>
LIMBECK_INLINE static void accumulateBlock(const T *const *values, const T *weights, int64_t depth,
                                           int64_t width, T *out, int64_t pitch) {
  T sums[rows][columns];
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(out + row * pitch, columns, sums[row]);
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t n = 0; n < columns; ++n)
        sums[row][n] = multiplyAdd(values[row][k], weights[k * width + n], sums[row][n]);
  for (int64_t row = 0; row < rows; ++row)
    std::copy_n(sums[row], columns, out + row * pitch);
}

template <int64_t rows, class T>
LIMBECK_INLINE static void accumulateColumns(const T *const *values, const T *weights, int64_t depth,
                                             int64_t width, T *out, int64_t pitch) {
  int64_t n = 0;
  for (; n + 32 <= width; n += 32)
    accumulateBlock<rows, 32>(values, weights + n, depth, width, out + n, pitch);
  for (; n + 8 <= width; n += 8)
    accumulateBlock<rows, 8>(values, weights + n, depth, width, out + n, pitch);
  for (; n < width; ++n)
    accumulateBlock<rows, 1>(values, weights + n, depth, width, out + n, pitch);
}

template <class T>
LIMBECK_INLINE static void accumulateAllRows(const T *const *values, int64_t rows, const T *weights,
                                             int64_t depth, int64_t width, T *out, int64_t pitch) {
  int64_t row = 0;
  for (; row + kAccumulatedRows <= rows; row += kAccumulatedRows)
    accumulateColumns<kAccumulatedRows>(values + row, weights, depth, width, out + row * pitch, pitch);
  for (; row < rows; ++row)
    accumulateColumns<1>(values + row, weights, depth, width, out + row * pitch, pitch);
}

template <class T>
LIMBECK_INLINE static void accumulateAllOfEach(const T *values, const T *weights, int64_t width, T *out) {
  for (int64_t n = 0; n < width; ++n)
    out[n] = multiplyAdd(values[n], weights[n], out[n]);
}

#define LIMBECK_ACCUMULATE(T)                                                                                \
  LIMBECK_PER_LEVEL void accumulateRows(const T *const *values, int64_t rows, const T *weights,              \
                                        int64_t depth, int64_t width, T *out, int64_t pitch) {               \
    accumulateAllRows(values, rows, weights, depth, width, out, pitch);                                      \
  }                                                                                                          \
  LIMBECK_PER_LEVEL void accumulateEach(const T *values, const T *weights, int64_t width, T *out) {          \
    accumulateAllOfEach(values, weights, width, out);                                                        \
  }
LIMBECK_ACCUMULATE(float)
LIMBECK_ACCUMULATE(double)
LIMBECK_ACCUMULATE(uint32_t)
LIMBECK_ACCUMULATE(uint64_t)
#undef LIMBECK_ACCUMULATE

} // namespace limbeck::reference
