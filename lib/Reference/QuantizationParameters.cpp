// Checks of scale and zero point operands.
#include "QuantizationParameters.h"
#include <cmath>

namespace limbeck::reference {

bool isPerTensor(std::span<const int64_t> shape) {
  return shape.empty() || (shape.size() == 1 && shape[0] == 1);
}

Status checkParameterShape(std::span<const int64_t> x, std::span<const int64_t> parameter, int64_t axis,
                           int64_t block) {
  if (block < 0)
    return error(Code::QuantizedAxis, "expected a block size of at least 0, found ", block);
  if (block == 0 && isPerTensor(parameter))
    return {};
  if (axis < 0 || axis >= static_cast<int64_t>(x.size()))
    return error(Code::QuantizedAxis, "expected a quantized axis in [0, ", x.size(), "), found ", axis);
  if (parameter.size() != (block > 0 ? x.size() : 1))
    return error(Code::QuantizedAxis, "expected parameters of rank ", block > 0 ? x.size() : 1, ", found ",
                 shapeText(parameter));
  for (size_t i = 0; i < parameter.size(); ++i) {
    bool alongAxis = block == 0 || static_cast<int64_t>(i) == axis;
    int64_t wanted = x[alongAxis ? static_cast<size_t>(axis) : i];
    if (wanted == kUnknown || parameter[i] == kUnknown)
      continue;
    if (alongAxis && block > 0)
      wanted = ceilDivide(wanted, block);
    if (parameter[i] != wanted)
      return error(Code::QuantizedAxis, "expected ", wanted, " parameters along dimension ", i, ", found ",
                   shapeText(parameter), " for ", shapeText(x));
  }
  return {};
}

Expected<ParameterMap> operandParameters(std::span<const int64_t> x, std::span<const int64_t> parameter,
                                         int64_t axis, int64_t block) {
  LIMBECK_TRY(checkParameterShape(x, parameter, axis, block));
  if (block > 0)
    return ParameterMap(x, axis, /*perAxis=*/false, block);
  return isPerTensor(parameter) ? ParameterMap() : ParameterMap(x, axis, /*perAxis=*/true);
}

Status checkScaleValues(const Tensor *scale) {
  for (int64_t i = 0; scale && i < scale->size(); ++i)
    if (double value = scale->asDouble(i); !std::isfinite(value) || value <= 0)
      return error(Code::Scale, "expected a finite positive scale, found ", value);
  return {};
}

Status checkZeroPointValues(const Tensor *zeroPoint, DType storage) {
  if (!zeroPoint)
    return {};
  for (int64_t value : zeroPoint->asIndices())
    if (value < lowest(storage) || value > highest(storage))
      return error(Code::ZeroPoint, "expected a zero point inside [", lowest(storage), ", ", highest(storage),
                   "] of ", name(storage), ", found ", value);
  return {};
}

Status checkQuantizableFloat(std::string_view what, DType dtype) {
  if (isFloat(dtype) && dtype != DType::F64)
    return {};
  return error(Code::DataType, "expected ", what, " of f32, f16 or bf16, found ", name(dtype));
}

} // namespace limbeck::reference
