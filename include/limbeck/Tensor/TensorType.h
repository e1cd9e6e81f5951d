// The type of a tensor in a graph: element type, shape with unknown dimensions, and quantization parameters if it has them.
#pragma once
#include "limbeck/Tensor/Tensor.h"
#include <memory>

namespace limbeck {

/// Uniform quantization: real = (stored - zeroPoint) * scale. Per tensor (axis = -1, one scale) or per axis.
struct Quantization {
  DType expressed = DType::F32; ///< the real type it stands for: f32, f16 or bf16
  int64_t axis = -1;
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints;   ///< as many as scales
  int64_t lowest = 0, highest = 255; ///< admissible stored values, inside the range of the storage type
  bool operator==(const Quantization &) const = default;
};

struct TensorType {
  DType dtype = DType::F32; ///< storage type when quantized
  Shape shape;              ///< kUnknown where not known
  std::shared_ptr<const Quantization> quantization;

  bool isStatic() const;
  /// The type that arithmetic sees: the expressed float type when quantized, else dtype.
  DType expressed() const { return quantization ? quantization->expressed : dtype; }
  bool operator==(const TensorType &other) const;
  /// `f32[1x3x?]`, `u8[1x3]:f32{0.5:128}`.
  std::string text() const;
};

} // namespace limbeck
