// The table of ONNX element types.
#include "limbeck/Import/ElementTypes.h"
#include <onnx.pb.h>

namespace limbeck::importer {

static constexpr ElementType elementTypes[] = {
    {onnx::TensorProto::FLOAT, DType::F32, DataField::Float},
    {onnx::TensorProto::UINT8, DType::U8, DataField::Int32},
    {onnx::TensorProto::INT8, DType::S8, DataField::Int32},
    {onnx::TensorProto::UINT16, DType::U16, DataField::Int32},
    {onnx::TensorProto::INT16, DType::S16, DataField::Int32},
    {onnx::TensorProto::INT32, DType::S32, DataField::Int32},
    {onnx::TensorProto::INT64, DType::S64, DataField::Int64},
    {onnx::TensorProto::BOOL, DType::Bool, DataField::Int32},
    {onnx::TensorProto::FLOAT16, DType::F16, DataField::Int32},
    {onnx::TensorProto::DOUBLE, DType::F64, DataField::Double},
    {onnx::TensorProto::UINT32, DType::U32, DataField::UInt64},
    {onnx::TensorProto::UINT64, DType::U64, DataField::UInt64},
    {onnx::TensorProto::BFLOAT16, DType::BF16, DataField::Int32},
    {onnx::TensorProto::UINT4, DType::U4, DataField::Int32},
    {onnx::TensorProto::INT4, DType::S4, DataField::Int32},
};

Expected<ElementType> elementType(int32_t onnx) {
  for (const ElementType &type : elementTypes)
    if (type.onnx == onnx)
      return type;
  if (!onnx::TensorProto_DataType_IsValid(onnx) || onnx == onnx::TensorProto::UNDEFINED)
    return error(Code::DataType, "expected an ONNX element type, found the number ", onnx);
  return error(Code::UnsupportedType, "element type ",
               onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(onnx)),
               " is not supported");
}

int32_t onnxElementType(DType dtype) {
  for (const ElementType &type : elementTypes)
    if (type.dtype == dtype)
      return type.onnx;
  return onnx::TensorProto::UNDEFINED; // the table has all types that there are
}

} // namespace limbeck::importer
