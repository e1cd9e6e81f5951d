// A tensor in memory: dense, row-major, one storage element per value.
#pragma once
#include "limbeck/Support/Checked.h"
#include "limbeck/Support/Limits.h"
#include "limbeck/Tensor/DType.h"
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace limbeck {

using Shape = std::vector<int64_t>;

/// `1x3x?x320`, or `scalar`.
std::string shapeText(std::span<const int64_t> shape);
/// Row-major strides in elements.
std::vector<int64_t> rowMajorStrides(std::span<const int64_t> shape);

/// Shared, immutable once handed out: copies are cheap and refer to the same bytes. Bytes are aligned to 64.
class Tensor {
public:
  Tensor() = default;
  /// Zero-filled; E-DIM, E-SIZE-OVERFLOW or E-MEMORY when the shape is not representable.
  static Expected<Tensor> zeros(DType dtype, Shape shape, int64_t maximumElements = Limits().elements);
  template <class T> static Tensor scalar(DType dtype, T value) {
    Tensor tensor = std::move(*zeros(dtype, {}));
    tensor.mutableValues<T>()[0] = value;
    return tensor;
  }
  /// A rank-1 s64 tensor, the form in which ONNX passes shapes and axes.
  static Tensor fromIndices(std::span<const int64_t> values);

  DType dtype() const { return elementType; }
  const Shape &shape() const { return dims; }
  int64_t rank() const { return static_cast<int64_t>(dims.size()); }
  int64_t size() const { return count; }
  size_t byteSize() const { return static_cast<size_t>(count) * storageBytes(elementType); }

  const std::byte *bytes() const { return buffer.get(); }
  /// Only for the maker of the tensor, before it is shared.
  std::byte *mutableBytes() { return buffer.get(); }
  template <class T> std::span<const T> values() const {
    return {reinterpret_cast<const T *>(buffer.get()), static_cast<size_t>(count)};
  }
  template <class T> std::span<T> mutableValues() {
    return {reinterpret_cast<T *>(buffer.get()), static_cast<size_t>(count)};
  }
  /// Same bytes under another shape with the same number of elements.
  Tensor reshaped(Shape shape) const;
  /// Any integer or bool tensor as int64 values.
  std::vector<int64_t> asIndices() const;
  /// Any numeric element as double (exact for all but large 64-bit integers).
  double asDouble(int64_t index) const;

  /// Same type, shape and bits.
  bool identical(const Tensor &other) const;

private:
  DType elementType = DType::F32;
  Shape dims;
  int64_t count = 0;
  std::shared_ptr<std::byte[]> buffer;
};

} // namespace limbeck
