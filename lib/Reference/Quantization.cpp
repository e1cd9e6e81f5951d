// Quantize and dequantize ops: parameters as operands (quantize_by and its kin), or in the types (quantize,
// ...).
#include "QuantizationParameters.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>
#include <limits>

namespace limbeck::reference {

static Status checkQuantizedStorage(DType dtype) {
  if (isInteger(dtype) && bitWidth(dtype) <= 32)
    return {};
  return error(Code::DataType, "expected quantized values of at most 32 bits, found ", name(dtype));
}

/// Scale and zero point, operands 1 and 2 of quantize_by and dequantize_by.
static Status checkScaleAndZeroPoint(const Call &call) {
  const TensorType &x = call.operands[0], &scale = call.operands[1], &zeroPoint = call.operands[2];
  LIMBECK_TRY(checkQuantizableFloat("a scale", scale.dtype));
  int64_t axis = call.attributes.integer("axis"), block = call.attributes.integer("block_size");
  LIMBECK_TRY(checkParameterShape(x.shape, scale.shape, axis, block));
  LIMBECK_TRY(checkParameterShape(x.shape, zeroPoint.shape, axis, block));
  LIMBECK_ASSIGN(int64_t scales, elementCount(scale.shape, Limits().elements));
  LIMBECK_ASSIGN(int64_t zeroPoints, elementCount(zeroPoint.shape, Limits().elements));
  if (scales != kUnknown && zeroPoints != kUnknown && scales != zeroPoints)
    return error(Code::QuantizedAxis, "expected as many zero points as scales, found ", zeroPoints, " and ",
                 scales);
  LIMBECK_TRY(checkScaleValues(call.constant(1)));
  return checkZeroPointValues(call.constant(2), zeroPoint.dtype);
}

static Expected<std::vector<TensorType>> inferQuantizeBy(const Call &call) {
  const TensorType &x = call.operands[0];
  DType storage = call.operands[2].dtype;
  LIMBECK_TRY(checkQuantizableFloat("values", x.dtype));
  if (!isInteger(storage) || bitWidth(storage) > 32)
    return error(Code::ZeroPoint, "expected an integer zero point of at most 32 bits, found ", name(storage));
  LIMBECK_TRY(checkScaleAndZeroPoint(call));
  const Tensor *scale = call.constant(1);
  for (int64_t i = 0; scale && i < scale->size(); ++i)
    if (scale->asDouble(i) < static_cast<double>(std::numeric_limits<float>::min()))
      return error(Code::ScaleRange, "expected a scale of at least 2^-126, found a denormal one")
          .withHint("x / scale overflows");
  return std::vector<TensorType>{{storage, x.shape, nullptr}};
}

static Expected<std::vector<TensorType>> inferDequantizeBy(const Call &call) {
  const TensorType &x = call.operands[0], &zeroPoint = call.operands[2];
  DType to = call.attributes.dtype("to");
  LIMBECK_TRY(checkQuantizedStorage(x.dtype));
  LIMBECK_TRY(checkQuantizableFloat("a result", to));
  if (zeroPoint.dtype != x.dtype)
    return error(Code::ZeroPoint, "expected a zero point of ", name(x.dtype), ", found ",
                 name(zeroPoint.dtype));
  LIMBECK_TRY(checkScaleAndZeroPoint(call));
  return std::vector<TensorType>{{to, x.shape, nullptr}};
}

/// Operand values in the types of the formulas: f32 scales, int64 zero points, and where they belong.
struct OperandQuantization {
  Tensor scales;
  std::vector<int64_t> zeroPoints;
  ParameterMap scaleOf, zeroPointOf;
};

static Expected<OperandQuantization> operandQuantization(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0], &scale = evaluation.operands[1],
               &zeroPoint = evaluation.operands[2];
  int64_t axis = evaluation.attributes.integer("axis"), block = evaluation.attributes.integer("block_size");
  OperandQuantization parameters;
  LIMBECK_ASSIGN(parameters.scales, convertFloat(scale, DType::F32));
  parameters.zeroPoints = zeroPoint.asIndices();
  LIMBECK_ASSIGN(parameters.scaleOf, operandParameters(x.shape(), scale.shape(), axis, block));
  LIMBECK_ASSIGN(parameters.zeroPointOf, operandParameters(x.shape(), zeroPoint.shape(), axis, block));
  return parameters;
}

/// Fills an integer tensor with `valueOf(i)`.
template <class Value>
static Expected<Tensor> integerTensor(DType dtype, const Shape &shape, Value &&valueOf) {
  LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(dtype, shape));
  dispatch(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>) {
      std::span<T> out = tensor.mutableValues<T>();
      for (size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<T>(valueOf(i));
    }
  });
  return tensor;
}

static Expected<std::vector<Tensor>> evaluateQuantizeBy(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(OperandQuantization parameters, operandQuantization(evaluation));
  LIMBECK_ASSIGN(Tensor real, convertFloat(evaluation.operands[0], DType::F32));
  DType storage = evaluation.operands[2].dtype();
  std::span<const float> in = real.values<float>(), scales = parameters.scales.values<float>();
  LIMBECK_ASSIGN(Tensor stored, integerTensor(storage, real.shape(), [&](size_t i) {
                   int64_t element = static_cast<int64_t>(i);
                   return quantize(in[i], scales[parameters.scaleOf(element)],
                                   parameters.zeroPoints[parameters.zeroPointOf(element)], lowest(storage),
                                   highest(storage));
                 }));
  return std::vector<Tensor>{stored};
}

static Expected<std::vector<Tensor>> evaluateDequantizeBy(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(OperandQuantization parameters, operandQuantization(evaluation));
  const Tensor &stored = evaluation.operands[0];
  LIMBECK_ASSIGN(Tensor real, Tensor::zeros(DType::F32, stored.shape()));
  std::span<float> out = real.mutableValues<float>();
  std::span<const float> scales = parameters.scales.values<float>();
  dispatch(stored.dtype(), [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (size_t i = 0; i < out.size(); ++i) {
        int64_t element = static_cast<int64_t>(i);
        out[i] = dequantize(static_cast<int64_t>(stored.values<T>()[i]), scales[parameters.scaleOf(element)],
                            parameters.zeroPoints[parameters.zeroPointOf(element)]);
      }
  });
  LIMBECK_ASSIGN(real, convertFloat(real, evaluation.attributes.dtype("to")));
  return std::vector<Tensor>{real};
}

// requantize_by: accumulator, then these.
enum RequantizeOperand : size_t { kScaleX = 1, kScaleWeights, kScaleResult, kZeroPointResult };

static float largestScale(const Tensor &scales) {
  float largest = 0;
  for (int64_t i = 0; i < scales.size(); ++i)
    largest = std::max(largest, static_cast<float>(scales.asDouble(i)));
  return largest;
}

static Expected<std::vector<TensorType>> inferRequantizeBy(const Call &call) {
  const TensorType &accumulator = call.operands[0], &zeroPoint = call.operands[kZeroPointResult];
  int64_t axis = call.attributes.integer("axis");
  if (accumulator.dtype != DType::S32)
    return error(Code::DataType, "expected an s32 accumulator, found ", name(accumulator.dtype));
  if (!isInteger(zeroPoint.dtype) || bitWidth(zeroPoint.dtype) > 32)
    return error(Code::ZeroPoint, "expected an integer zero point of at most 32 bits, found ",
                 name(zeroPoint.dtype));
  for (size_t i : {kScaleX, kScaleWeights, kScaleResult}) {
    LIMBECK_TRY(checkQuantizableFloat("a scale", call.operands[i].dtype));
    LIMBECK_TRY(checkScaleValues(call.constant(i)));
  }
  LIMBECK_TRY(checkZeroPointValues(call.constant(kZeroPointResult), zeroPoint.dtype));
  LIMBECK_TRY(checkParameterShape(accumulator.shape, call.operands[kScaleX].shape, axis - 1, 0));
  LIMBECK_TRY(checkParameterShape(accumulator.shape, call.operands[kScaleWeights].shape, axis, 0));
  for (size_t i : {kScaleResult, kZeroPointResult})
    if (!isPerTensor(call.operands[i].shape))
      return error(Code::QuantizedAxis, "expected one scale and zero point for the result, found ",
                   shapeText(call.operands[i].shape));
  const Tensor *x = call.constant(kScaleX), *weights = call.constant(kScaleWeights),
               *result = call.constant(kScaleResult);
  if (x && weights && result && result->size() == 1 &&
      !std::isfinite(largestScale(*x) * largestScale(*weights) / largestScale(*result)))
    return error(Code::ScaleRange, "the multiplier of the requantization, sx * sw / sy, overflows f32");
  return std::vector<TensorType>{{zeroPoint.dtype, accumulator.shape, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateRequantizeBy(const Evaluation &evaluation) {
  const Tensor &accumulator = evaluation.operands[0], &zeroPoint = evaluation.operands[kZeroPointResult];
  int64_t axis = evaluation.attributes.integer("axis");
  LIMBECK_ASSIGN(Tensor scaleX, convertFloat(evaluation.operands[kScaleX], DType::F32));
  LIMBECK_ASSIGN(Tensor scaleWeights, convertFloat(evaluation.operands[kScaleWeights], DType::F32));
  LIMBECK_ASSIGN(Tensor scaleResult, convertFloat(evaluation.operands[kScaleResult], DType::F32));
  LIMBECK_ASSIGN(ParameterMap rowOf, operandParameters(accumulator.shape(), scaleX.shape(), axis - 1, 0));
  LIMBECK_ASSIGN(ParameterMap channelOf,
                 operandParameters(accumulator.shape(), scaleWeights.shape(), axis, 0));
  if (scaleResult.size() != 1 || zeroPoint.size() != 1)
    return error(Code::QuantizedAxis, "expected one scale and zero point for the result, found ",
                 scaleResult.size(), " and ", zeroPoint.size());
  DType storage = zeroPoint.dtype();
  float result = scaleResult.values<float>()[0];
  int64_t zero = zeroPoint.asIndices()[0];
  LIMBECK_ASSIGN(Tensor stored, integerTensor(storage, accumulator.shape(), [&](size_t i) {
                   int64_t element = static_cast<int64_t>(i);
                   float product = scaleX.values<float>()[rowOf(element)] *
                                   scaleWeights.values<float>()[channelOf(element)];
                   return requantize(accumulator.values<int32_t>()[i], product / result, zero,
                                     lowest(storage), highest(storage));
                 }));
  return std::vector<Tensor>{stored};
}

static Expected<std::vector<TensorType>> inferDynamicQuantize(const Call &call) {
  const TensorType &x = call.operands[0];
  if (x.dtype != DType::F32)
    return error(Code::DataType, "expected f32 values, found ", name(x.dtype));
  return std::vector<TensorType>{
      {DType::U8, x.shape, nullptr}, {DType::F32, {}, nullptr}, {DType::U8, {}, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateDynamicQuantize(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0];
  float least = 0, greatest = 0; // the range always holds 0; NaN does not count
  for (float value : x.values<float>()) {
    least = std::fmin(least, value);
    greatest = std::fmax(greatest, value);
  }
  float scale = least == greatest ? 1.0f : (greatest - least) / 255.0f;
  int64_t zeroPoint = clampAndRound(0.0f - least / scale, 0, 0, 255);
  LIMBECK_ASSIGN(Tensor stored, integerTensor(DType::U8, x.shape(), [&](size_t i) {
                   return quantize(x.values<float>()[i], scale, zeroPoint, 0, 255);
                 }));
  return std::vector<Tensor>{stored, Tensor::scalar(DType::F32, scale),
                             Tensor::scalar(DType::U8, static_cast<uint8_t>(zeroPoint))};
}

static Expected<std::vector<TensorType>> inferQuantize(const Call &call) {
  const TensorType &x = call.operands[0];
  if (x.quantization)
    return error(Code::DataType, "expected floats to quantize, found ", x.text());
  LIMBECK_TRY(checkQuantizableFloat("values", x.dtype));
  return std::vector<TensorType>{x};
}

static Expected<std::vector<Tensor>> evaluateQuantize(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(Tensor stored, quantizeTensor(evaluation.operands[0], evaluation.resultTypes[0]));
  return std::vector<Tensor>{stored};
}

/// dequantize and requantize: the expressed type; for requantize the caller knows the quantized one.
static Expected<std::vector<TensorType>> inferFromQuantized(const Call &call) {
  const TensorType &x = call.operands[0];
  if (!x.quantization)
    return error(Code::DataType, "expected a quantized operand, found ", x.text());
  LIMBECK_TRY(checkQuantization(x));
  return std::vector<TensorType>{{x.expressed(), x.shape, nullptr}};
}

static Expected<std::vector<Tensor>> evaluateDequantize(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(Tensor real, dequantizeTensor(evaluation.operands[0], evaluation.operandTypes[0]));
  return std::vector<Tensor>{real};
}

static Expected<std::vector<Tensor>> evaluateRequantize(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(Tensor real, dequantizeTensor(evaluation.operands[0], evaluation.operandTypes[0]));
  LIMBECK_ASSIGN(Tensor stored, quantizeTensor(real, evaluation.resultTypes[0]));
  return std::vector<Tensor>{stored};
}

void defineQuantization(DefinitionList &list) {
  list.push_back({"quantize_by", Kind::Exact, 3, 3, inferQuantizeBy, evaluateQuantizeBy});
  list.push_back({"dequantize_by", Kind::Exact, 3, 3, inferDequantizeBy, evaluateDequantizeBy});
  list.push_back({"requantize_by", Kind::Exact, 5, 5, inferRequantizeBy, evaluateRequantizeBy});
  list.push_back({"dynamic_quantize", Kind::Exact, 1, 1, inferDynamicQuantize, evaluateDynamicQuantize});
  list.push_back({"quantize", Kind::Exact, 1, 1, inferQuantize, evaluateQuantize});
  list.push_back({"dequantize", Kind::Exact, 1, 1, inferFromQuantized, evaluateDequantize});
  list.push_back({"requantize", Kind::Exact, 1, 1, inferFromQuantized, evaluateRequantize});
}

} // namespace limbeck::reference
