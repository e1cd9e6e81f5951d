// Comparison and text of tensor types.
#include "limbeck/Tensor/TensorType.h"
#include <algorithm>

namespace limbeck {

bool TensorType::isStatic() const {
  return std::find(shape.begin(), shape.end(), kUnknown) == shape.end();
}

bool TensorType::operator==(const TensorType &other) const {
  if (dtype != other.dtype || shape != other.shape || !quantization != !other.quantization)
    return false;
  return !quantization || *quantization == *other.quantization;
}

std::string TensorType::text() const {
  std::string out = std::string(name(dtype)) + "[" + shapeText(shape) + "]";
  if (!quantization)
    return out;
  out += ":" + std::string(name(quantization->expressed)) + "{";
  if (quantization->axis >= 0)
    return out + "axis " + std::to_string(quantization->axis) + "}";
  return out + std::to_string(quantization->scales[0]) + ":" + std::to_string(quantization->zeroPoints[0]) +
         "}";
}

} // namespace limbeck
