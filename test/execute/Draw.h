// Random choices of the property test: a stream of numbers that depends on its seed alone, on every machine.
#pragma once
#include "limbeck/Tensor/TensorType.h"
#include <initializer_list>

namespace limbeck::test {

class Draw {
public:
  explicit Draw(uint64_t seed) : state(seed) {}

  uint64_t bits();
  int64_t between(int64_t low, int64_t high); ///< both included
  bool oneIn(int64_t count) { return between(1, count) == 1; }
  double unit(); ///< in [0, 1)
  template <class T> T pick(std::initializer_list<T> choices) {
    return choices.begin()[between(0, static_cast<int64_t>(choices.size()) - 1)];
  }
  template <class T> const T &pick(const std::vector<T> &choices) {
    return choices[static_cast<size_t>(between(0, static_cast<int64_t>(choices.size()) - 1))];
  }

  /// A dimension, often just before or behind a whole number of vectors; at most `most`.
  int64_t dimension(int64_t most = 70);
  /// Dimensions with at most `elements` elements together.
  Shape shape(int64_t leastRank, int64_t mostRank, int64_t elements = 2100);
  /// The shape, seldom with one dimension of 0.
  Shape maybeEmpty(Shape shape);
  /// A shape that broadcasts to `shape`.
  Shape broadcastable(const Shape &shape);

  /// Values of one of several kinds; where `special`, some tensors have NaN, infinities, -0 and denormals among them.
  Tensor values(DType dtype, const Shape &shape, bool special = true);
  /// Floats in [low, high).
  Tensor floats(DType dtype, const Shape &shape, double low, double high);
  Tensor integers(DType dtype, const Shape &shape, int64_t low, int64_t high);
  /// Parameters for storage `dtype`: per tensor, or per slice of `axis`. Zero points that are not 0 unless `symmetric`.
  TensorType quantized(DType dtype, const Shape &shape, double scale, int64_t axis = -1,
                       bool symmetric = false);

private:
  Tensor integerValues(DType dtype, const Shape &shape);
  uint64_t state;
};

} // namespace limbeck::test
