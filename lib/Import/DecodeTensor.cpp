// Every way in which ONNX stores the values of a dense tensor. The amount of data is compared with the shape
// before memory is taken, so that a few bytes cannot ask for terabytes.
#include "DecodeTensor.h"
#include "limbeck/Import/ElementTypes.h"
#include <bit>
#include <utility>

namespace limbeck::importer {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian and copied as it is");

/// Bytes in the file: two 4-bit values share one.
static int64_t packedBytes(DType dtype, int64_t count) {
  return bitWidth(dtype) == 4 ? count / 2 + count % 2 : count * static_cast<int64_t>(storageBytes(dtype));
}

/// Low half first; the unused half of the last byte must be 0.
static Status unpackNibbles(std::span<const uint8_t> packed, Tensor &tensor) {
  auto values = tensor.mutableValues<uint8_t>();
  bool isSignedType = isSigned(tensor.dtype());
  for (size_t i = 0; i < values.size(); ++i) {
    uint8_t nibble = packed[i / 2] >> (i % 2 * 4) & 0xf;
    values[i] = isSignedType && nibble > 7 ? static_cast<uint8_t>(nibble | 0xf0) : nibble;
  }
  if (values.size() % 2 != 0 && packed.back() >> 4 != 0)
    return error(Code::Pack, "expected the unused half of the last byte to be 0, found ", packed.back() >> 4);
  return {};
}

static Status checkBools(std::span<const std::byte> bytes) {
  for (std::byte byte : bytes)
    if (byte > std::byte(1))
      return error(Code::Value, "expected bool values to be 0 or 1, found ", static_cast<int>(byte));
  return {};
}

/// Stores one value of a typed field, or says that the element type cannot hold it.
template <class Element, class Source> static bool storeValue(Source source, Element &element) {
  if constexpr (std::is_same_v<Element, bool>) {
    element = source == Source(1);
    return source == Source(0) || source == Source(1);
  } else if constexpr (std::is_same_v<Element, Float16> || std::is_same_v<Element, BFloat16>) {
    element.bits = static_cast<uint16_t>(source);
    return source >= 0 && source <= 0xffff;
  } else if constexpr (std::is_integral_v<Element> && std::is_integral_v<Source>) {
    element = static_cast<Element>(source);
    return std::in_range<Element>(source);
  } else {
    element = static_cast<Element>(source);
    return true;
  }
}

template <class Field> static Status storeField(const Field &field, Tensor &tensor) {
  return dispatch(tensor.dtype(), [&]<class T>() -> Status {
    if constexpr (std::is_floating_point_v<T> || std::is_integral_v<typename Field::value_type>) {
      auto values = tensor.mutableValues<T>();
      for (size_t i = 0; i < values.size(); ++i)
        if (!storeValue(field.Get(static_cast<int>(i)), values[i]))
          return error(Code::Value, "expected values of ", name(tensor.dtype()), ", found ",
                       field.Get(static_cast<int>(i)), " at index ", i);
      return {};
    } else {
      return error(Code::DataField, "the data field does not fit ", name(tensor.dtype()));
    }
  });
}

template <class Dims> Expected<Shape> TensorDecoder::decodeShape(const Dims &dims) const {
  if (dims.size() > limits.rank)
    return error(Code::Rank, "expected at most ", limits.rank, " dimensions, found ", dims.size());
  for (int64_t dim : dims)
    if (dim < 0)
      return error(Code::Dim, "expected a dimension of at least 0, found ", dim);
  return Shape(dims.begin(), dims.end());
}

Expected<Tensor> TensorDecoder::allocate(DType dtype, Shape shape) {
  LIMBECK_ASSIGN(int64_t count, elementCount(shape, limits.elements));
  auto bytes = checkedMultiply(count, static_cast<int64_t>(storageBytes(dtype)));
  if (!bytes || *bytes > bytesLeft)
    return error(Code::LimitMemory, "the constants take more than ", limits.initializerBytes, " bytes");
  bytesLeft -= *bytes;
  return Tensor::zeros(dtype, std::move(shape), limits.elements);
}

Expected<Tensor> TensorDecoder::decodeRaw(DType dtype, Shape shape, int64_t count, const std::string &raw) {
  int64_t expected = packedBytes(dtype, count);
  bool packed = bitWidth(dtype) == 4;
  if (static_cast<int64_t>(raw.size()) != expected)
    return error(packed ? Code::Pack : Code::DataSize, "expected ", expected, " bytes of raw_data for shape ",
                 shapeText(shape), " of ", name(dtype), ", found ", raw.size());
  LIMBECK_ASSIGN(Tensor tensor, allocate(dtype, std::move(shape)));
  if (count == 0)
    return tensor;
  if (packed) {
    LIMBECK_TRY(unpackNibbles({reinterpret_cast<const uint8_t *>(raw.data()), raw.size()}, tensor));
    return tensor;
  }
  std::memcpy(tensor.mutableBytes(), raw.data(), raw.size());
  if (dtype == DType::Bool)
    LIMBECK_TRY(checkBools({tensor.bytes(), tensor.byteSize()}));
  return tensor;
}

Expected<Tensor> TensorDecoder::decodeField(const onnx::TensorProto &proto, DType dtype, Shape shape,
                                            int64_t count) {
  LIMBECK_ASSIGN(ElementType element, elementType(proto.data_type()));
  auto decode = [&](const auto &field) -> Expected<Tensor> {
    bool packed = bitWidth(dtype) == 4;
    int64_t expected = packed ? packedBytes(dtype, count) : count;
    if (field.size() != expected)
      return error(packed ? Code::Pack : Code::DataSize, "expected ", expected, " values for shape ",
                   shapeText(shape), " of ", name(dtype), ", found ", field.size());
    LIMBECK_ASSIGN(Tensor tensor, allocate(dtype, std::move(shape)));
    if (!packed) {
      LIMBECK_TRY(storeField(field, tensor));
      return tensor;
    }
    LIMBECK_ASSIGN(Tensor bytes, Tensor::zeros(DType::U8, {expected}));
    LIMBECK_TRY(storeField(field, bytes));
    LIMBECK_TRY(unpackNibbles(bytes.values<uint8_t>(), tensor));
    return tensor;
  };
  switch (element.field) {
  case DataField::Float:
    return decode(proto.float_data());
  case DataField::Int32:
    return decode(proto.int32_data());
  case DataField::Int64:
    return decode(proto.int64_data());
  case DataField::Double:
    return decode(proto.double_data());
  case DataField::UInt64:
    return decode(proto.uint64_data());
  }
  return error(Code::Internal, "unknown data field");
}

Expected<Tensor> TensorDecoder::decodeExternal(const onnx::TensorProto &proto, DType dtype, Shape shape,
                                               int64_t count) {
  int64_t expected = packedBytes(dtype, count);
  LIMBECK_ASSIGN(ExternalRange range, external.open(proto, expected));
  if (bitWidth(dtype) == 4) {
    LIMBECK_ASSIGN(Tensor packed, allocate(DType::U8, {expected}));
    LIMBECK_TRY(range.read({packed.mutableBytes(), packed.byteSize()}));
    LIMBECK_ASSIGN(Tensor tensor, allocate(dtype, std::move(shape)));
    if (count != 0)
      LIMBECK_TRY(unpackNibbles(packed.values<uint8_t>(), tensor));
    return tensor;
  }
  LIMBECK_ASSIGN(Tensor tensor, allocate(dtype, std::move(shape)));
  LIMBECK_TRY(range.read({tensor.mutableBytes(), tensor.byteSize()}));
  if (dtype == DType::Bool)
    LIMBECK_TRY(checkBools({tensor.bytes(), tensor.byteSize()}));
  return tensor;
}

/// E-DATA-FIELD unless the values are in one place, and in the one that the element type calls for.
static Status checkSources(const onnx::TensorProto &proto, DataField wanted) {
  if (proto.has_segment())
    return error(Code::DataField, "tensor segments are not part of the format any more");
  bool external = proto.data_location() == onnx::TensorProto::EXTERNAL;
  struct Source {
    std::string_view name;
    bool present, allowed;
  };
  const Source sources[] = {
      {"external_data", external || proto.external_data_size() > 0, external},
      {"raw_data", proto.has_raw_data() && (!external || !proto.raw_data().empty()), true},
      {"float_data", proto.float_data_size() > 0, wanted == DataField::Float},
      {"int32_data", proto.int32_data_size() > 0, wanted == DataField::Int32},
      {"int64_data", proto.int64_data_size() > 0, wanted == DataField::Int64},
      {"double_data", proto.double_data_size() > 0, wanted == DataField::Double},
      {"uint64_data", proto.uint64_data_size() > 0, wanted == DataField::UInt64},
      {"string_data", proto.string_data_size() > 0, false},
  };
  std::string_view first;
  for (const Source &source : sources) {
    if (!source.present)
      continue;
    if (!first.empty())
      return error(Code::DataField, "expected the values in one field, found ", first, " and ", source.name);
    if (!source.allowed)
      return error(Code::DataField, "element type ", proto.data_type(), " does not keep its values in ",
                   source.name);
    first = source.name;
  }
  return {};
}

Expected<Tensor> TensorDecoder::decode(const onnx::TensorProto &proto) {
  if (auto found = decoded.find(&proto); found != decoded.end())
    return found->second;
  LIMBECK_ASSIGN(Tensor tensor, decodeDense(proto));
  return decoded.emplace(&proto, std::move(tensor)).first->second;
}

Expected<Tensor> TensorDecoder::decode(const onnx::SparseTensorProto &proto) {
  if (auto found = decoded.find(&proto); found != decoded.end())
    return found->second;
  LIMBECK_ASSIGN(Tensor tensor, decodeSparse(proto));
  return decoded.emplace(&proto, std::move(tensor)).first->second;
}

Expected<Tensor> TensorDecoder::decodeDense(const onnx::TensorProto &proto) {
  LIMBECK_ASSIGN(ElementType element, elementType(proto.data_type()));
  LIMBECK_ASSIGN(Shape shape, decodeShape(proto.dims()));
  LIMBECK_ASSIGN(int64_t count, elementCount(shape, limits.elements));
  LIMBECK_TRY(checkSources(proto, element.field));
  if (proto.data_location() == onnx::TensorProto::EXTERNAL)
    return decodeExternal(proto, element.dtype, std::move(shape), count);
  if (proto.has_raw_data())
    return decodeRaw(element.dtype, std::move(shape), count, proto.raw_data());
  return decodeField(proto, element.dtype, std::move(shape), count);
}

/// Where a non-zero of a sparse tensor goes: indices are linear, or one row of coordinates each.
static Expected<int64_t> sparsePosition(std::span<const int64_t> coordinates, const Shape &shape,
                                        int64_t count) {
  int64_t position = 0;
  if (coordinates.size() == 1 && shape.size() != 1)
    position = coordinates[0];
  else
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (coordinates[axis] < 0 || coordinates[axis] >= shape[axis])
        return error(Code::Sparse, "index ", coordinates[axis], " is outside dimension ", axis, " of ",
                     shapeText(shape));
      position = position * shape[axis] + coordinates[axis];
    }
  if (position < 0 || position >= count)
    return error(Code::Sparse, "index ", position, " is outside a tensor of ", count, " elements");
  return position;
}

Expected<Tensor> TensorDecoder::decodeSparse(const onnx::SparseTensorProto &proto) {
  LIMBECK_ASSIGN(Shape shape, decodeShape(proto.dims()));
  LIMBECK_ASSIGN(int64_t count, elementCount(shape, limits.elements));
  LIMBECK_ASSIGN(Tensor values, decodeDense(proto.values()));
  LIMBECK_ASSIGN(Tensor indices, decodeDense(proto.indices()));
  int64_t nonZeros = values.size();
  bool linear = indices.shape() == Shape{nonZeros};
  if (values.rank() != 1 || indices.dtype() != DType::S64 ||
      (!linear && indices.shape() != Shape{nonZeros, static_cast<int64_t>(shape.size())}))
    return error(Code::Sparse, "expected values of shape n and s64 indices of shape n or n x ", shape.size(),
                 ", found ", shapeText(values.shape()), " and ", shapeText(indices.shape()));
  // A sparse tensor is the one constant that is larger in memory than in the file.
  if (count > limits.foldBytes / static_cast<int64_t>(storageBytes(values.dtype())))
    return error(Code::LimitMemory, "a sparse tensor of shape ", shapeText(shape), " takes more than ",
                 limits.foldBytes, " bytes when dense");
  LIMBECK_ASSIGN(Tensor dense, allocate(values.dtype(), shape));
  size_t width = linear ? 1 : shape.size(), bytes = storageBytes(values.dtype());
  int64_t previous = -1;
  for (int64_t i = 0; i < nonZeros; ++i) {
    auto row = indices.values<int64_t>().subspan(static_cast<size_t>(i) * width, width);
    LIMBECK_ASSIGN(int64_t position, sparsePosition(row, shape, count));
    if (position <= previous)
      return error(Code::Sparse, "expected ascending indices, found ", position, " after ", previous);
    std::memcpy(dense.mutableBytes() + static_cast<size_t>(position) * bytes,
                values.bytes() + static_cast<size_t>(i) * bytes, bytes);
    previous = position;
  }
  return dense;
}

} // namespace limbeck::importer
