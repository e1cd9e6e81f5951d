// TensorProto and SparseTensorProto to Tensor.
#pragma once
#include "ExternalData.h"
#include "limbeck/Tensor/Tensor.h"
#include <onnx.pb.h>
#include <unordered_map>

namespace limbeck::importer {

/// Decodes tensors until their bytes exceed the limit for all constants together.
class TensorDecoder {
public:
  TensorDecoder(const Limits &limits, const ExternalData &external)
      : limits(limits), external(external), bytesLeft(limits.initializerBytes) {}

  /// The same proto yields the same bytes: what an unrolled loop or a repeated call refers to is kept once.
  Expected<Tensor> decode(const onnx::TensorProto &proto);
  Expected<Tensor> decode(const onnx::SparseTensorProto &proto);

private:
  Expected<Tensor> decodeDense(const onnx::TensorProto &proto);
  Expected<Tensor> decodeSparse(const onnx::SparseTensorProto &proto);
  template <class Dims> Expected<Shape> decodeShape(const Dims &dims) const;
  Expected<Tensor> allocate(DType dtype, Shape shape);
  Expected<Tensor> decodeRaw(DType dtype, Shape shape, int64_t count, const std::string &raw);
  Expected<Tensor> decodeField(const onnx::TensorProto &proto, DType dtype, Shape shape, int64_t count);
  Expected<Tensor> decodeExternal(const onnx::TensorProto &proto, DType dtype, Shape shape, int64_t count);

  const Limits &limits;
  const ExternalData &external;
  int64_t bytesLeft;
  std::unordered_map<const void *, Tensor> decoded; ///< by address of the proto
};

} // namespace limbeck::importer
