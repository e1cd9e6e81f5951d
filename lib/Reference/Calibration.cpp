// calib.observe (identity) and calib.fake_quant (quantize, then dequantize).
#include "QuantizationParameters.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Reference/Registry.h"

namespace limbeck::reference {

static Expected<std::vector<TensorType>> inferObserve(const Call &call) {
  return std::vector<TensorType>{call.operands[0]};
}

static Expected<std::vector<Tensor>> evaluateObserve(const Evaluation &evaluation) {
  return std::vector<Tensor>{evaluation.operands[0]};
}

/// One scale and zero point, or with `axis` >= 0 one per index of it.
static Status checkFakeQuantShape(const Call &call, size_t index, int64_t axis) {
  const Shape &shape = call.operands[index].shape;
  if (axis < 0 && !isPerTensor(shape))
    return error(Code::QuantizedAxis, "expected one parameter without an axis, found ", shapeText(shape));
  return axis < 0 ? Status() : checkParameterShape(call.operands[0].shape, shape, axis, 0);
}

static Expected<std::vector<TensorType>> inferFakeQuant(const Call &call) {
  const TensorType &x = call.operands[0];
  DType storage = call.attributes.dtype("storage");
  int64_t lo = call.attributes.integer("lowest"), hi = call.attributes.integer("highest"),
          axis = call.attributes.integer("axis");
  LIMBECK_TRY(checkQuantizableFloat("values", x.dtype));
  LIMBECK_TRY(checkQuantizableFloat("a scale", call.operands[1].dtype));
  if (call.operands[2].dtype != DType::S32)
    return error(Code::ZeroPoint, "expected a zero point of s32, found ", name(call.operands[2].dtype));
  if (!isInteger(storage) || bitWidth(storage) > 32)
    return error(Code::DataType, "expected integer storage of at most 32 bits, found ", name(storage));
  if (lo > hi || lo < lowest(storage) || hi > highest(storage))
    return error(Code::AttributeRange, "expected bounds inside [", lowest(storage), ", ", highest(storage),
                 "], found [", lo, ", ", hi, "]");
  LIMBECK_TRY(checkFakeQuantShape(call, 1, axis));
  LIMBECK_TRY(checkFakeQuantShape(call, 2, axis));
  LIMBECK_TRY(checkScaleValues(call.constant(1)));
  LIMBECK_TRY(checkZeroPointValues(call.constant(2), storage));
  return std::vector<TensorType>{x};
}

static Expected<std::vector<Tensor>> evaluateFakeQuant(const Evaluation &evaluation) {
  const Tensor &x = evaluation.operands[0], &scale = evaluation.operands[1],
               &zeroPoint = evaluation.operands[2];
  int64_t lo = evaluation.attributes.integer("lowest"), hi = evaluation.attributes.integer("highest"),
          axis = evaluation.attributes.integer("axis");
  LIMBECK_ASSIGN(ParameterMap scaleOf, operandParameters(x.shape(), scale.shape(), axis, 0));
  LIMBECK_ASSIGN(ParameterMap zeroPointOf, operandParameters(x.shape(), zeroPoint.shape(), axis, 0));
  LIMBECK_ASSIGN(Tensor y, Tensor::zeros(DType::F32, x.shape()));
  std::span<float> out = y.mutableValues<float>();
  for (size_t i = 0; i < out.size(); ++i) {
    float s = scale.values<float>()[scaleOf(static_cast<int64_t>(i))];
    int64_t z = zeroPoint.values<int32_t>()[zeroPointOf(static_cast<int64_t>(i))];
    out[i] = dequantize(quantize(x.values<float>()[i], s, z, lo, hi), s, z);
  }
  return std::vector<Tensor>{y};
}

void defineCalibration(DefinitionList &list) {
  list.push_back({"calib.observe", Kind::Movement, 1, 1, inferObserve, evaluateObserve});
  list.push_back({"calib.fake_quant", Kind::Compute, 3, 3, inferFakeQuant, evaluateFakeQuant});
}

} // namespace limbeck::reference
