// Tensor storage and the few views that every folder needs.
#include "limbeck/Tensor/Tensor.h"
#include <new>

namespace limbeck {

std::string shapeText(std::span<const int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t dim : shape)
    text += (text.empty() ? "" : "x") + (dim == kUnknown ? std::string("?") : std::to_string(dim));
  return text;
}

std::vector<int64_t> rowMajorStrides(std::span<const int64_t> shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i])
    strides[i] = step;
  return strides;
}

Expected<Tensor> Tensor::zeros(DType dtype, Shape shape, int64_t maximumElements) {
  LIMBECK_ASSIGN(int64_t count, elementCount(shape, maximumElements));
  if (count == kUnknown)
    return error(Code::Shape, "expected a static shape, found ", shapeText(shape));
  auto bytes = checkedMultiply(count, static_cast<int64_t>(storageBytes(dtype)));
  if (!bytes)
    return error(Code::SizeOverflow, "a tensor of shape ", shapeText(shape), " exceeds the address space");
  size_t padded = (static_cast<size_t>(*bytes) + 63) / 64 * 64 + 64;
  void *memory = ::operator new[](padded, std::align_val_t(64), std::nothrow);
  if (!memory)
    return error(Code::Memory, "no memory for a tensor of ", *bytes, " bytes");
  std::memset(memory, 0, padded);
  Tensor tensor;
  tensor.elementType = dtype;
  tensor.dims = std::move(shape);
  tensor.count = count;
  tensor.buffer = std::shared_ptr<std::byte[]>(static_cast<std::byte *>(memory), [](std::byte *pointer) {
    ::operator delete[](pointer, std::align_val_t(64));
  });
  return tensor;
}

Tensor Tensor::fromIndices(std::span<const int64_t> values) {
  Tensor tensor = std::move(*zeros(DType::S64, {static_cast<int64_t>(values.size())}));
  std::copy(values.begin(), values.end(), tensor.mutableValues<int64_t>().begin());
  return tensor;
}

Tensor Tensor::reshaped(Shape shape) const {
  Tensor tensor = *this;
  tensor.dims = std::move(shape);
  return tensor;
}

double Tensor::asDouble(int64_t index) const {
  return dispatch(elementType, [&]<class T>() -> double {
    T value = values<T>()[static_cast<size_t>(index)];
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
      return static_cast<double>(static_cast<float>(value));
    else
      return static_cast<double>(value);
  });
}

std::vector<int64_t> Tensor::asIndices() const {
  std::vector<int64_t> out(static_cast<size_t>(count));
  dispatch(elementType, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<int64_t>(values<T>()[i]);
  });
  return out;
}

bool Tensor::identical(const Tensor &other) const {
  return elementType == other.elementType && dims == other.dims &&
         (byteSize() == 0 || std::memcmp(bytes(), other.bytes(), byteSize()) == 0);
}

} // namespace limbeck
