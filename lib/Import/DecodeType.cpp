// Types of graph inputs and outputs.
#include "DecodeType.h"
#include "limbeck/Import/ElementTypes.h"

namespace limbeck::importer {

std::string symbolOf(const onnx::TensorShapeProto_Dimension &dim) {
  return dim.dim_param() == "?" ? "" : dim.dim_param();
}

Expected<DecodedType> decodeType(const onnx::TypeProto &type, const Limits &limits, bool ignoreShape) {
  if (type.value_case() == onnx::TypeProto::VALUE_NOT_SET)
    return error(Code::DataType, "expected a type, found none");
  if (!type.has_tensor_type())
    return error(Code::UnsupportedType,
                 "only tensors are supported, found a sequence, map, optional or sparse type");
  const onnx::TypeProto_Tensor &tensor = type.tensor_type();
  LIMBECK_ASSIGN(ElementType element, elementType(tensor.elem_type()));
  DecodedType decoded{.dtype = element.dtype, .shape = std::nullopt, .symbols = {}};
  if (!tensor.has_shape() || ignoreShape)
    return decoded;
  if (tensor.shape().dim_size() > limits.rank)
    return error(Code::Rank, "expected at most ", limits.rank, " dimensions, found ",
                 tensor.shape().dim_size());
  decoded.shape.emplace();
  for (const onnx::TensorShapeProto_Dimension &dim : tensor.shape().dim()) {
    if (dim.has_dim_value() && dim.dim_value() < kUnknown)
      return error(Code::Dim, "expected a dimension of at least 0, found ", dim.dim_value())
          .withHint("name an open dimension with dim_param");
    // Some exporters write -1 for an open dimension, and "?" for one without a symbol.
    decoded.shape->push_back(dim.has_dim_value() ? dim.dim_value() : kUnknown);
    decoded.symbols.push_back(symbolOf(dim));
  }
  LIMBECK_TRY(elementCount(*decoded.shape, limits.elements));
  return decoded;
}

} // namespace limbeck::importer
