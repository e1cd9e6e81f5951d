// What the ops that only move elements share: copies between strided views, and gathers with one index table
// per axis.
#pragma once
#include "limbeck/Tensor/TensorType.h"

namespace limbeck::reference {

/// The result list of an op with one result.
inline std::vector<TensorType> oneType(DType dtype, Shape shape) {
  return {{dtype, std::move(shape), nullptr}};
}

/// Element (i, j, ..) of a view lies `offset + i * strides[0] + j * strides[1] + ..` elements from the start.
/// A stride of 0 repeats an element, a negative one runs backwards.
struct StridedView {
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

/// Copies `sizes` elements from a view of one tensor to a view of another of the same element type. Both
/// views must lie inside their tensors.
void copyView(std::span<const int64_t> sizes, const Tensor &source, const StridedView &from, Tensor &target,
              const StridedView &to);

/// For every index along an axis of the result, the index along the same axis of the source.
using AxisTable = std::vector<int64_t>;
constexpr int64_t kOutside = -1; ///< an entry of an AxisTable: the fill value instead of an element

/// 0, 1, .., size - 1
AxisTable identityTable(int64_t size);

/// Fills `result`, in row-major order, with the elements that the tables pick from `source`: one table per
/// axis of the source, the product of their lengths the size of the result. `fill` holds one element of the
/// same type, or is null when no table has kOutside.
void gatherByTables(const Tensor &source, std::span<const AxisTable> tables, const std::byte *fill,
                    Tensor &result);

} // namespace limbeck::reference
