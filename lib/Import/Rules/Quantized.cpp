// Scales and zero points as operands: the checks that quantized ops of all kinds share, and the ops they
// become.
#include "Quantized.h"
#include <algorithm>
#include <cmath>

namespace limbeck::importer {

Status checkScale(const Builder &builder, ValueId scale) {
  const Tensor *known = builder.constant(scale);
  for (int64_t i = 0; known && i < known->size(); ++i) {
    double value = known->asDouble(i);
    if (!(value > 0) || !std::isfinite(value))
      return error(Code::Scale, "expected a scale that is positive and finite, found ", value);
  }
  return {};
}

Expected<ValueId> zeroPointOperand(const Node &node, Builder &builder, size_t index, std::string_view name,
                                   std::optional<DType> dtype) {
  if (!node.hasOperand(index))
    return scalarConstant(builder, dtype.value_or(DType::U8), 0);
  ValueId zeroPoint = *node.operands[index];
  DType found = dtypeOf(builder, zeroPoint);
  if (!isInteger(found) || (dtype && found != *dtype))
    return error(Code::ZeroPoint, "expected '", name, "' of type ",
                 dtype ? limbeck::name(*dtype) : "u8 or s8", ", found ", limbeck::name(found));
  return zeroPoint;
}

static bool hasOneElement(const Builder &builder, ValueId value) {
  const Shape &shape = shapeOf(builder, value);
  return std::all_of(shape.begin(), shape.end(), [](int64_t dim) { return dim == 1; });
}

/// One element becomes a scalar; anything else stays as it is.
static Expected<ValueId> scalarIfOne(Builder &builder, ValueId value) {
  if (!hasOneElement(builder, value))
    return value;
  return reshapeTo(builder, value, {});
}

Expected<ValueId> scalarZeroPoint(const Node &node, Builder &builder, size_t index, std::string_view name,
                                  std::optional<DType> dtype) {
  LIMBECK_ASSIGN(ValueId zeroPoint, zeroPointOperand(node, builder, index, name, dtype));
  return asScalar(builder, zeroPoint, name, Code::QuantizedAxis);
}

/// Only QLinearMatMul takes scales of half precision, from opset 21 on.
static bool acceptsHalfScales(const Node &node) {
  return node.opType == "QLinearMatMul" && node.opset >= 21;
}

Expected<ScaleAndZero> parameters(const Node &node, Builder &builder, size_t scaleIndex, size_t zeroIndex,
                                  std::optional<DType> storage) {
  LIMBECK_ASSIGN(ValueId scale, operand(node, scaleIndex, "scale"));
  DType dtype = dtypeOf(builder, scale);
  bool half = dtype == DType::F16 || dtype == DType::BF16;
  if (dtype != DType::F32 && !(half && acceptsHalfScales(node)))
    return error(Code::DataType, "expected scales of type f32, found ", name(dtype));
  LIMBECK_TRY(checkScale(builder, scale));
  LIMBECK_ASSIGN(scale, castTo(builder, scale, DType::F32));
  LIMBECK_ASSIGN(scale, scalarIfOne(builder, scale));
  LIMBECK_ASSIGN(ValueId zeroPoint, zeroPointOperand(node, builder, zeroIndex, "zero_point", storage));
  LIMBECK_ASSIGN(zeroPoint, scalarIfOne(builder, zeroPoint));
  return ScaleAndZero{scale, zeroPoint};
}

Expected<ScaleAndZero> scalarParameters(const Node &node, Builder &builder, size_t scaleIndex,
                                        size_t zeroIndex, std::optional<DType> storage) {
  LIMBECK_ASSIGN(ScaleAndZero result, parameters(node, builder, scaleIndex, zeroIndex, storage));
  LIMBECK_ASSIGN(result.scale, asScalar(builder, result.scale, "scale", Code::QuantizedAxis));
  LIMBECK_ASSIGN(result.zeroPoint, asScalar(builder, result.zeroPoint, "zero_point", Code::QuantizedAxis));
  return result;
}

Status checkIntegerBias(const Builder &builder, ValueId bias) {
  if (dtypeOf(builder, bias) != DType::S32)
    return error(Code::QuantizedConv, "expected a bias of type s32, found ", name(dtypeOf(builder, bias)));
  return {};
}

Expected<ValueId> dequantized(Builder &builder, ValueId value, ScaleAndZero by) {
  return builder.createOne("dequantize_by",
                           {{"axis", int64_t(0)}, {"block_size", int64_t(0)}, {"to", DType::F32}},
                           {value, by.scale, by.zeroPoint});
}

Expected<ValueId> quantized(Builder &builder, ValueId value, ScaleAndZero by) {
  return builder.createOne("quantize_by", {{"axis", int64_t(0)}, {"block_size", int64_t(0)}},
                           {value, by.scale, by.zeroPoint});
}

/// E-SCALE-RANGE when (scale * weightScale) / yScale overflows, for the channels that are known. It may vanish: quantizers
/// give channels without weights the least scale there is.
static Status checkMultiplier(const Builder &builder, ValueId scale, ValueId weightScale, ValueId yScale) {
  const Tensor *x = builder.constant(scale), *w = builder.constant(weightScale),
               *y = builder.constant(yScale);
  if (!x || !w || !y || x->size() != 1 || y->size() != 1)
    return {};
  for (float weight : w->values<float>()) {
    float multiplier = x->values<float>()[0] * weight / y->values<float>()[0];
    if (!std::isfinite(multiplier))
      return error(Code::ScaleRange, "expected a finite (x_scale * w_scale) / y_scale, found ", multiplier);
  }
  return {};
}

Expected<ValueId> requantized(Builder &builder, ValueId sum, ValueId scale, ValueId weightScale,
                              ScaleAndZero y, int64_t axis) {
  LIMBECK_TRY(checkMultiplier(builder, scale, weightScale, y.scale));
  return builder.createOne("requantize_by", {{"axis", axis}},
                           {sum, scale, weightScale, y.scale, y.zeroPoint});
}

} // namespace limbeck::importer
