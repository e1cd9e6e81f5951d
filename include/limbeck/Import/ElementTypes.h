// ONNX element types: ours, and the field of TensorProto that holds their values.
#pragma once
#include "limbeck/Support/Status.h"
#include "limbeck/Tensor/DType.h"
#include <cstdint>

namespace limbeck::importer {

enum class DataField : uint8_t { Float, Int32, Int64, Double, UInt64 };

struct ElementType {
  int32_t onnx;
  DType dtype;
  DataField field;
};

/// E-DTYPE for a number that means nothing, E-UNSUPPORTED-TYPE for strings, complex numbers and small floats.
Expected<ElementType> elementType(int32_t onnx);
/// The number that ONNX files have for a type.
int32_t onnxElementType(DType dtype);

} // namespace limbeck::importer
