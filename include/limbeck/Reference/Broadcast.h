// Numpy broadcasting of shapes, and one loop that walks several strided tensors together.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::reference {

/// The common shape of two shapes by numpy's rule, or E-SHAPE. An unknown dimension beside a known one other
/// than 1 becomes the known one; beside 1 or another unknown one it stays unknown.
Expected<Shape> broadcastShapes(std::span<const int64_t> a, std::span<const int64_t> b);

/// Strides in elements with which a row-major operand of static shape is read along `result`: 0 where it is
/// repeated. `operand` must broadcast to `result`.
std::vector<int64_t> broadcastStrides(std::span<const int64_t> operand, std::span<const int64_t> result);

/// Nested loops over `sizes` for several tensors with their own strides. Dimensions that every tensor walks
/// evenly are merged, so that the innermost one, the row, is as long as possible.
class StridedLoop {
public:
  /// `strides` holds one list per tensor, as long as `sizes`.
  StridedLoop(std::span<const int64_t> sizes, std::span<const std::vector<int64_t>> strides);

  int64_t rowLength() const { return length; }
  /// Step of tensor `index` along a row; 0 or 1 for the operands of a broadcast.
  int64_t rowStride(size_t index) const { return rowStrides[index]; }
  /// Calls `body(offsets)` with each tensor's offset of the first element of every row, rows in row-major
  /// order.
  template <class Body> void forEachRow(Body &&body) const;

private:
  struct Dimension {
    int64_t size;
    std::vector<int64_t> strides; ///< one per tensor
  };
  std::vector<Dimension> outer; ///< outermost first
  std::vector<int64_t> rowStrides;
  int64_t length = 1;
};

template <class Body> void StridedLoop::forEachRow(Body &&body) const {
  if (length == 0)
    return;
  for (const Dimension &dimension : outer)
    if (dimension.size == 0)
      return;
  std::vector<int64_t> offsets(rowStrides.size()), position(outer.size());
  while (true) {
    body(std::span<const int64_t>(offsets));
    size_t d = outer.size();
    while (d > 0) { // advances the innermost dimension that has not reached its end
      const Dimension &dimension = outer[--d];
      bool wraps = ++position[d] == dimension.size;
      for (size_t i = 0; i < offsets.size(); ++i)
        offsets[i] += wraps ? -dimension.strides[i] * (dimension.size - 1) : dimension.strides[i];
      if (!wraps)
        break;
      position[d] = 0;
      if (d == 0)
        return;
    }
    if (outer.empty())
      return;
  }
}

} // namespace limbeck::reference
