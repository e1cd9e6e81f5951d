// Type rules, accumulator width and requantization of quantized contractions.
#include "QuantizedContraction.h"
#include "limbeck/Reference/Quantize.h"
#include <algorithm>

namespace limbeck::reference {

/// The bias counts in units of sx * sw; tools compute that product in f32 or f64, so a few units in the last
/// place of slack are given.
static Status checkBiasScales(const Quantization &bias, const Quantization &x, const Quantization &weights) {
  constexpr float relativeSlack = 1e-6f;
  size_t count = std::max(bias.scales.size(), weights.scales.size());
  for (size_t i = 0; i < count; ++i) {
    float wanted = x.scales[0] * weights.scales[i % weights.scales.size()];
    float found = bias.scales[i % bias.scales.size()];
    if (!(std::fabs(found - wanted) <= relativeSlack * wanted + std::numeric_limits<float>::denorm_min()))
      return error(Code::QuantizedConv, "expected a bias scale of ", wanted, ", found ", found,
                   " for channel ", i)
          .withHint("the scale of a quantized bias is the product of the input's and the weights' scales");
  }
  return {};
}

static Status checkQuantizedBias(std::span<const TensorType> operands) {
  const TensorType &bias = operands[2];
  if (bias.dtype != DType::S32)
    return error(Code::QuantizedConv, "expected an s32 bias beside quantized operands, found ", bias.text());
  if (!bias.quantization)
    return {};
  LIMBECK_TRY(checkQuantization(bias));
  const std::vector<int64_t> &zeroPoints = bias.quantization->zeroPoints;
  if (std::any_of(zeroPoints.begin(), zeroPoints.end(), [](int64_t zeroPoint) { return zeroPoint != 0; }))
    return error(Code::QuantizedConv, "expected a bias with zero point 0, found ", bias.text());
  return checkBiasScales(*bias.quantization, *operands[0].quantization, *operands[1].quantization);
}

Status checkQuantizedContraction(std::span<const TensorType> operands, int64_t weightAxis) {
  bool bias = operands.size() > 2;
  if (!operands[0].quantization && !operands[1].quantization && !(bias && operands[2].quantization))
    return {};
  if (!operands[0].quantization || !operands[1].quantization)
    return error(Code::QuantizedConv, "expected both operands quantized or none, found ", operands[0].text(),
                 " and ", operands[1].text())
        .withHint("dequantize the quantized one first");
  for (const TensorType &type : operands.first(2)) {
    LIMBECK_TRY(checkQuantization(type));
    if (bitWidth(type.dtype) > 16)
      return error(Code::QuantizedConv, "expected operands of at most 16 bits, found ", type.text());
  }
  if (operands[0].quantization->axis >= 0)
    return error(Code::QuantizedConv, "expected a first operand with one scale, found one per index of axis ",
                 operands[0].quantization->axis);
  int64_t axis = operands[1].quantization->axis;
  if (axis >= 0 && axis != weightAxis)
    return error(Code::QuantizedConv, "expected weights with one scale, or one per index of axis ",
                 weightAxis, ", found axis ", axis);
  return bias ? checkQuantizedBias(operands) : Status();
}

Expected<DType> contractionResult(const Call &call, int64_t weightAxis) {
  DType type = call.operands[0].dtype, weights = call.operands[1].dtype;
  bool half = weights == DType::F16 || weights == DType::BF16;
  bool halfWeights = call.attributes.has("accumulate") && type == DType::F32 && half;
  if (!isFloat(type) || (weights != type && !halfWeights))
    return error(Code::DataType, "expected two operands of one float type, found ", name(type), " and ",
                 name(weights));
  std::span<const TensorType> types = call.quantizedOperands;
  if (!types.empty())
    LIMBECK_TRY(checkQuantizedContraction(types, weightAxis));
  bool quantized = !types.empty() && types[0].quantization;
  if (call.attributes.has("accumulate")) {
    DType wide = call.attributes.dtype("accumulate");
    if (quantized || wide != DType::F32 || !half)
      return error(Code::DataType, "expected operands of f16 or bf16 to accumulate in f32, found ",
                   types.empty() ? call.operands[0].text() : types[0].text(), " and ", name(wide))
          .atAttribute("accumulate");
    type = wide;
  }
  // A quantized bias is presented as its expressed type; a plain s32 one counts in units of the product of
  // scales.
  bool plainBias = call.hasOperand(2) && call.operands[2].dtype != type;
  if (plainBias && !(quantized && call.operands[2].dtype == DType::S32))
    return error(Code::DataType, "expected a bias of ", name(type), ", found ", name(call.operands[2].dtype));
  return type;
}

/// max |q - zp| over the storage range.
static int64_t largestMagnitude(const TensorType &type) {
  int64_t largest = 0;
  for (int64_t zeroPoint : type.quantization->zeroPoints)
    largest = std::max({largest, highest(type.dtype) - zeroPoint, zeroPoint - lowest(type.dtype)});
  return largest;
}

Expected<bool> fitsNarrowAccumulator(const Evaluation &evaluation, int64_t depth) {
  int64_t product =
      largestMagnitude(evaluation.operandTypes[0]) * largestMagnitude(evaluation.operandTypes[1]);
  auto bound = checkedMultiply(product, depth);
  if (!bound || *bound > std::numeric_limits<int64_t>::max() / 2)
    return error(Code::SizeOverflow, "the sum of ", depth, " products exceeds 64 bits");
  return *bound <= std::numeric_limits<int32_t>::max();
}

/// sx * sw, one per scale of the weights.
static std::vector<float> accumulatorScales(const Evaluation &evaluation) {
  std::vector<float> scales = evaluation.operandTypes[1].quantization->scales;
  for (float &scale : scales)
    scale = evaluation.operandTypes[0].quantization->scales[0] * scale;
  return scales;
}

Expected<std::vector<Tensor>> finishContraction(const Evaluation &evaluation, const ContractionSizes &sizes,
                                                const Tensor &sums) {
  std::span<const int32_t> bias;
  if (evaluation.operands.size() > 2)
    bias = evaluation.operands[2].values<int32_t>();
  bool narrow = sums.dtype() == DType::U32;
  auto accumulator = [&](size_t i, size_t channel) {
    int64_t sum = narrow ? int64_t(static_cast<int32_t>(sums.values<uint32_t>()[i]))
                         : static_cast<int64_t>(sums.values<uint64_t>()[i]);
    return sum + (bias.empty() ? 0 : bias[channel]);
  };
  auto channelOf = [&](size_t i) {
    return i / static_cast<size_t>(sizes.channelStride) % static_cast<size_t>(sizes.channels);
  };
  std::vector<float> multipliers = accumulatorScales(evaluation);
  const TensorType &type = evaluation.resultTypes[0];
  size_t count = static_cast<size_t>(sums.size());
  if (!type.quantization) {
    LIMBECK_ASSIGN(Tensor real, Tensor::zeros(DType::F32, sums.shape()));
    for (size_t i = 0; i < count; ++i) {
      size_t channel = channelOf(i);
      real.mutableValues<float>()[i] =
          static_cast<float>(accumulator(i, channel)) * multipliers[channel % multipliers.size()];
    }
    LIMBECK_ASSIGN(real, convertFloat(real, type.dtype));
    return std::vector<Tensor>{real};
  }
  LIMBECK_TRY(checkQuantization(type));
  const Quantization &result = *type.quantization;
  if (result.axis >= 0)
    return error(Code::QuantizedConv, "expected a result with one scale, found ", type.text());
  for (float &multiplier : multipliers)
    multiplier = multiplier / result.scales[0];
  LIMBECK_ASSIGN(Tensor stored, Tensor::zeros(type.dtype, sums.shape()));
  dispatch(type.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      for (size_t i = 0; i < count; ++i) {
        size_t channel = channelOf(i);
        stored.mutableValues<T>()[i] =
            static_cast<T>(requantize(accumulator(i, channel), multipliers[channel % multipliers.size()],
                                      result.zeroPoints[0], result.lowest, result.highest));
      }
  });
  return std::vector<Tensor>{stored};
}

} // namespace limbeck::reference
