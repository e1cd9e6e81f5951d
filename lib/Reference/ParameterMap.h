// Which scale and zero point belong to an element: one for all, one per index of an axis, or one per block
// along it.
#pragma once
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::reference {

class ParameterMap {
public:
  /// One parameter for the whole tensor.
  ParameterMap() = default;
  /// One parameter per `block` neighbours along `axis`; `perAxis` when parameters run along that axis only,
  /// else they have the rank of the tensor.
  ParameterMap(std::span<const int64_t> shape, int64_t axis, bool perAxis, int64_t block = 1)
      : single(false), perAxis(perAxis), block(block), length(shape[static_cast<size_t>(axis)]) {
    for (size_t i = static_cast<size_t>(axis) + 1; i < shape.size(); ++i)
      inner *= shape[i];
  }

  size_t operator()(int64_t element) const {
    if (single)
      return 0;
    int64_t outer = element / inner, index = outer % length / block;
    if (perAxis)
      return static_cast<size_t>(index);
    return static_cast<size_t>((outer / length * ceilDivide(length, block) + index) * inner +
                               element % inner);
  }

private:
  bool single = true, perAxis = true;
  int64_t block = 1, length = 1, inner = 1;
};

} // namespace limbeck::reference
