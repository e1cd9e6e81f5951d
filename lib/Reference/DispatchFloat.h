// From the element type of a widened compute op to the C++ type of its loops.
#pragma once
#include "limbeck/Support/Status.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::reference {

/// Calls `f.template operator()<T>()` with float or double; E-DTYPE for another type.
template <class F> Expected<std::vector<Tensor>> dispatchFloat(DType type, F &&f) {
  if (type == DType::F32)
    return f.template operator()<float>();
  if (type == DType::F64)
    return f.template operator()<double>();
  return error(Code::DataType, "expected f32 or f64 values, found ", name(type));
}

} // namespace limbeck::reference
