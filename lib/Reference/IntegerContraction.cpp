// conv_integer and matmul_integer: plain 8-bit operands with zero points, s32 sums that wrap modulo 2^32.
#include "ConvolutionProblem.h"
#include "MatrixProduct.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

enum IntegerOperand : size_t { kIntegerX, kIntegerWeights, kIntegerZeroX, kIntegerZeroWeights, kIntegerBias };

/// A zero point has its operand's dtype and is a scalar or, where `axis` is given, a list along that axis.
static Status checkZeroPoint(const Call &call, size_t index, size_t zeroIndex, std::optional<int64_t> axis) {
  const TensorType &operand = call.operands[index], &zeroPoint = call.operands[zeroIndex];
  if (!isInteger(operand.dtype) || bitWidth(operand.dtype) > 8)
    return error(Code::DataType, "expected integer operands of at most 8 bits, found ", name(operand.dtype));
  if (zeroPoint.dtype != operand.dtype)
    return error(Code::ZeroPoint, "expected a zero point of ", name(operand.dtype), ", found ",
                 name(zeroPoint.dtype));
  if (zeroPoint.shape.size() > 1)
    return error(Code::QuantizedAxis, "expected a scalar or a list of zero points, found ",
                 shapeText(zeroPoint.shape));
  int64_t count = zeroPoint.shape.empty() ? 1 : zeroPoint.shape[0];
  int64_t wanted = axis ? operand.shape[static_cast<size_t>(*axis)] : 1;
  if (count != 1 && count != kUnknown && wanted != kUnknown && count != wanted)
    return error(Code::QuantizedAxis, "expected one zero point", axis ? message(" or ", wanted) : message(""),
                 ", found ", count);
  return {};
}

static Expected<std::vector<TensorType>> integerResult(const Call &call, Shape shape) {
  if (call.hasOperand(kIntegerBias) && call.operands[kIntegerBias].dtype != DType::S32)
    return error(Code::DataType, "expected a bias of s32, found ", name(call.operands[kIntegerBias].dtype));
  return std::vector<TensorType>{{DType::S32, std::move(shape), nullptr}};
}

static Expected<std::vector<TensorType>> inferConvInteger(const Call &call) {
  LIMBECK_ASSIGN(Shape shape, inferConvolution(call, Direction::Forward, kIntegerBias));
  LIMBECK_TRY(checkZeroPoint(call, kIntegerX, kIntegerZeroX, std::nullopt));
  LIMBECK_TRY(checkZeroPoint(call, kIntegerWeights, kIntegerZeroWeights, 0));
  return integerResult(call, std::move(shape));
}

static Expected<std::vector<TensorType>> inferMatmulInteger(const Call &call) {
  LIMBECK_ASSIGN(Shape shape, inferMatrixProduct(call, kIntegerBias));
  auto rank = [&](size_t index) { return static_cast<int64_t>(call.operands[index].shape.size()); };
  LIMBECK_TRY(checkZeroPoint(call, kIntegerX, kIntegerZeroX, rank(kIntegerX) - 2));
  LIMBECK_TRY(checkZeroPoint(call, kIntegerWeights, kIntegerZeroWeights, rank(kIntegerWeights) - 1));
  return integerResult(call, std::move(shape));
}

static Expected<Tensor> centredInteger(const Evaluation &evaluation, size_t index, size_t zeroIndex,
                                       int64_t axis) {
  const Tensor &stored = evaluation.operands[index];
  std::vector<int64_t> zeroPoints = evaluation.operands[zeroIndex].asIndices();
  if (zeroPoints.size() == 1)
    return centred<uint32_t>(stored, zeroPoints, ParameterMap());
  int64_t wanted = stored.shape()[static_cast<size_t>(axis)];
  if (static_cast<int64_t>(zeroPoints.size()) != wanted)
    return error(Code::QuantizedAxis, "expected 1 or ", wanted, " zero points, found ", zeroPoints.size());
  return centred<uint32_t>(stored, zeroPoints, ParameterMap(stored.shape(), axis, /*perAxis=*/true));
}

/// Adds the bias, and hands the sums out as s32.
static Expected<std::vector<Tensor>> integerSums(const Evaluation &evaluation, Tensor sums,
                                                 int64_t channelStride) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::S32, sums.shape()));
  std::span<uint32_t> values = result.mutableValues<uint32_t>();
  std::copy_n(sums.values<uint32_t>().begin(), values.size(), values.begin());
  if (evaluation.operands.size() > kIntegerBias)
    addBias(values, evaluation.operands[kIntegerBias].values<uint32_t>(), channelStride);
  return std::vector<Tensor>{result};
}

static Expected<std::vector<Tensor>> evaluateConvInteger(const Evaluation &evaluation) {
  LIMBECK_ASSIGN(Tensor x, centredInteger(evaluation, kIntegerX, kIntegerZeroX, 0));
  LIMBECK_ASSIGN(Tensor weights, centredInteger(evaluation, kIntegerWeights, kIntegerZeroWeights, 0));
  LIMBECK_ASSIGN(ConvolutionProblem problem,
                 convolutionProblem(evaluation.attributes, Direction::Forward, x.shape(), weights.shape()));
  LIMBECK_ASSIGN(Tensor sums, convolve<uint32_t>(problem, x, weights));
  return integerSums(evaluation, sums, problem.channelStride());
}

static Expected<std::vector<Tensor>> evaluateMatmulInteger(const Evaluation &evaluation) {
  auto rank = [&](size_t index) { return evaluation.operands[index].rank(); };
  LIMBECK_ASSIGN(Tensor a, centredInteger(evaluation, kIntegerX, kIntegerZeroX, rank(kIntegerX) - 2));
  LIMBECK_ASSIGN(Tensor b,
                 centredInteger(evaluation, kIntegerWeights, kIntegerZeroWeights, rank(kIntegerWeights) - 1));
  LIMBECK_ASSIGN(Tensor sums, multiplyMatrices<uint32_t>(a, b, evaluation.resultTypes[0].shape));
  return integerSums(evaluation, sums, 1);
}

void defineIntegerContraction(DefinitionList &list) {
  list.push_back({"conv_integer", Kind::Exact, 4, 5, inferConvInteger, evaluateConvInteger});
  list.push_back({"matmul_integer", Kind::Exact, 4, 5, inferMatmulInteger, evaluateMatmulInteger});
}

} // namespace limbeck::reference
