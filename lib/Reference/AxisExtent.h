// A tensor seen along one axis, and the checks of axes and element types that families share.
#pragma once
#include "DispatchFloat.h"
#include "limbeck/Reference/Elementwise.h"

namespace limbeck::reference {

/// A row-major tensor as [outer, length, inner], `length` being the dimension of the axis.
struct AxisExtent {
  int64_t outer = 1, length = 1, inner = 1;
  AxisExtent(std::span<const int64_t> shape, int64_t axis) {
    for (int64_t d = 0; d < static_cast<int64_t>(shape.size()); ++d)
      (d < axis ? outer : d == axis ? length : inner) *= shape[static_cast<size_t>(d)];
  }
  /// Calls `body(offset)` with the offset of the first element of every line along the axis; its step is
  /// `inner`.
  template <class Body> void forEachLine(Body &&body) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        body(o * length * inner + i);
  }
};

/// E-AXIS unless 0 <= axis < rank.
inline Status checkAxis(int64_t axis, size_t rank) {
  if (axis >= 0 && axis < static_cast<int64_t>(rank))
    return {};
  return error(Code::Axis, "expected an axis below the rank ", rank, ", found ", axis);
}
/// E-DTYPE unless the op takes elements of this type.
inline Status checkElementType(ElementwiseTypes types, DType found) {
  constexpr std::string_view expected[] = {
      "a float type", "a float type or an integer type of at least 8 bits", "bool", "any type"};
  if (accepts(types, found))
    return {};
  return error(Code::DataType, "expected ", expected[static_cast<size_t>(types)], ", found ", name(found));
}
/// E-DTYPE unless all operands have the element type of the first.
inline Status checkSameElementType(std::span<const TensorType> operands) {
  for (const TensorType &operand : operands)
    if (operand.dtype != operands[0].dtype)
      return error(Code::DataType, "expected operands of one element type, found ", name(operands[0].dtype),
                   " and ", name(operand.dtype));
  return {};
}

} // namespace limbeck::reference
