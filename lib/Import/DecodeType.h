// TypeProto to element type and shape.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Tensor/TensorType.h"
#include <onnx.pb.h>

namespace limbeck::importer {

struct DecodedType {
  DType dtype = DType::F32;
  std::optional<Shape> shape;       ///< absent when the file leaves even the rank open
  std::vector<std::string> symbols; ///< as long as the shape, "" where a dimension has no symbol
};

/// The symbol of a dimension, "" where it has none.
std::string symbolOf(const onnx::TensorShapeProto_Dimension &dim);

/// E-DIM, E-RANK, E-SIZE-OVERFLOW, E-DTYPE; E-UNSUPPORTED-TYPE for anything but a tensor. With `ignoreShape`
/// the shape is not looked at, because the user gives another one.
Expected<DecodedType> decodeType(const onnx::TypeProto &type, const Limits &limits, bool ignoreShape = false);

} // namespace limbeck::importer
