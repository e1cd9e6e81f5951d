// Reads constant parameters into quantized types, and proves that an integer contraction does not wrap.
#include "TypedParameters.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Support/Checked.h"

namespace limbeck::quantize {

static Expected<Tensor> constantParameter(mlir::Value value, std::string_view what) {
  auto tensor = graph::constantOf(value);
  if (!tensor)
    return error(Code::Unsupported, "the ", what, " is not constant");
  return std::move(*tensor);
}

/// One scale and zero point, or as many as there are indices along `axis`: a single one serves all.
static Expected<mlir::RankedTensorType> typedByValues(mlir::RankedTensorType stored, mlir::Type expressed,
                                                      const Tensor &scales, const Tensor &zeroPoints,
                                                      int64_t axis) {
  LIMBECK_ASSIGN(TensorType type, graph::toTensorType(stored));
  LIMBECK_ASSIGN(Tensor wide, reference::convertFloat(scales, DType::F32));
  int64_t count = std::max(scales.size(), zeroPoints.size());
  Quantization quantization;
  LIMBECK_ASSIGN(quantization.expressed, graph::toDType(expressed));
  quantization.axis = count == 1 ? -1 : axis;
  quantization.scales.assign(wide.values<float>().begin(), wide.values<float>().end());
  quantization.zeroPoints = zeroPoints.asIndices();
  if (quantization.scales.empty() || quantization.zeroPoints.empty())
    return error(Code::QuantizedAxis, "there are no scales");
  quantization.scales.resize(count, quantization.scales.front());
  quantization.zeroPoints.resize(count, quantization.zeroPoints.front());
  quantization.lowest = lowest(type.dtype);
  quantization.highest = highest(type.dtype);
  type.quantization = std::make_shared<const Quantization>(std::move(quantization));
  LIMBECK_TRY(reference::checkQuantization(type));
  return graph::fromTensorType(stored.getContext(), type);
}

Expected<mlir::RankedTensorType> typedBy(mlir::RankedTensorType stored, mlir::Type expressed,
                                         const OperandParameters &parameters) {
  LIMBECK_ASSIGN(Tensor scales, constantParameter(parameters.scale, "scale"));
  LIMBECK_ASSIGN(Tensor zeroPoints, constantParameter(parameters.zeroPoint, "zero point"));
  if (parameters.blockSize != 0 && scales.size() != 1)
    return error(Code::Unsupported, "the scales are block-wise");
  return typedByValues(stored, expressed, scales, zeroPoints, parameters.axis);
}

namespace {
/// What both integer contractions have in common.
struct IntegerContraction {
  mlir::Operation *op;
  llvm::StringRef name;
  mlir::Value input, weights, inputZeroPoint, weightsZeroPoint, bias;
  int64_t depth;       ///< products in a sum; kUnknown where a dimension is
  int64_t weightsAxis; ///< of the output channels, in the weights
  int64_t channelAxis; ///< the same, in the result
};
} // namespace

static Expected<IntegerContraction> integerContraction(mlir::Value accumulator) {
  if (auto conv = accumulator.getDefiningOp<graph::ConvIntegerOp>()) {
    auto shape = conv.getWeights().getType().getShape();
    auto depth = mlir::ShapedType::isDynamicShape(shape) ? Expected<int64_t>(kUnknown)
                                                         : elementCount(shape.drop_front(), INT64_MAX);
    return IntegerContraction{conv,
                              graph::ConvOp::getOperationName(),
                              conv.getInput(),
                              conv.getWeights(),
                              conv.getInputZeroPoint(),
                              conv.getWeightsZeroPoint(),
                              conv.getBias(),
                              depth ? *depth : kUnknown,
                              0,
                              conv.getLayout() == "NHWC" ? 3 : 1};
  }
  if (auto matmul = accumulator.getDefiningOp<graph::MatmulIntegerOp>()) {
    mlir::RankedTensorType type = matmul.getRhs().getType();
    int64_t depth = type.getDimSize(type.getRank() - 2);
    return IntegerContraction{matmul,
                              graph::MatmulOp::getOperationName(),
                              matmul.getLhs(),
                              matmul.getRhs(),
                              matmul.getLhsZeroPoint(),
                              matmul.getRhsZeroPoint(),
                              matmul.getBias(),
                              mlir::ShapedType::isDynamic(depth) ? kUnknown : depth,
                              type.getRank() - 1,
                              matmul.getResult().getType().getRank() - 1};
  }
  return error(Code::Unsupported, "the accumulator does not come from an integer contraction");
}

/// max |q - zero point| over all that the storage can hold.
static int64_t largestStored(DType dtype, const Tensor &zeroPoints) {
  int64_t largest = 0;
  for (int64_t zeroPoint : zeroPoints.asIndices())
    largest = std::max({largest, highest(dtype) - zeroPoint, zeroPoint - lowest(dtype)});
  return largest;
}

/// max |w - zero point| over the weights that there are; over the storage where they are not constant.
static Expected<int64_t> largestWeight(const IntegerContraction &contraction, const Tensor &zeroPoints) {
  auto weights = graph::constantOf(contraction.weights);
  if (!weights) {
    auto type = mlir::cast<mlir::RankedTensorType>(contraction.weights.getType());
    LIMBECK_ASSIGN(DType dtype, graph::toDType(type.getElementType()));
    return largestStored(dtype, zeroPoints);
  }
  int64_t inner = 1, count = zeroPoints.size();
  for (int64_t dim = contraction.weightsAxis + 1; dim < weights->rank(); ++dim)
    inner *= weights->shape()[dim];
  std::vector<int64_t> values = weights->asIndices(), zeros = zeroPoints.asIndices();
  int64_t largest = 0;
  for (size_t i = 0; i < values.size(); ++i)
    largest = std::max(largest, std::abs(values[i] - zeros[i / inner % count]));
  return largest;
}

/// Succeeds when no sum of products and bias reaches 2^31, whatever the input.
static Status checkNoWrap(const IntegerContraction &contraction, const Tensor &inputZero,
                          const Tensor &weightsZero) {
  if (contraction.depth == kUnknown)
    return error(Code::Unsupported, "the number of products is not known");
  int64_t largestBias = 0;
  if (contraction.bias) {
    LIMBECK_ASSIGN(Tensor bias, constantParameter(contraction.bias, "bias"));
    for (int64_t value : bias.asIndices())
      largestBias = std::max(largestBias, std::abs(value));
  }
  LIMBECK_ASSIGN(int64_t weight, largestWeight(contraction, weightsZero));
  auto product = checkedMultiply(largestStored(inputZero.dtype(), inputZero) * weight, contraction.depth);
  auto bound = product ? checkedAdd(*product, largestBias) : std::nullopt;
  if (!bound || *bound > std::numeric_limits<int32_t>::max())
    return error(Code::SizeOverflow, "a sum may reach 2^31 and wrap");
  return {};
}

Expected<TypedContraction> typedContraction(graph::RequantizeByOp op) {
  LIMBECK_ASSIGN(IntegerContraction contraction, integerContraction(op.getAccumulator()));
  if (!op.getAccumulator().hasOneUse())
    return error(Code::Unsupported, "the accumulator has other users");
  LIMBECK_ASSIGN(Tensor inputScale, constantParameter(op.getInputScale(), "input's scale"));
  LIMBECK_ASSIGN(Tensor inputZero, constantParameter(contraction.inputZeroPoint, "input's zero point"));
  if (inputScale.size() != 1 || inputZero.size() != 1)
    return error(Code::QuantizedAxis, "the input has one scale per row");
  LIMBECK_ASSIGN(Tensor weightsScale, constantParameter(op.getWeightsScale(), "weights' scale"));
  LIMBECK_ASSIGN(Tensor weightsZero, constantParameter(contraction.weightsZeroPoint, "weights' zero point"));
  if (weightsScale.size() != 1 && op.getAxis() != contraction.channelAxis)
    return error(Code::QuantizedAxis, "the weights' scales do not run over the output channels");
  LIMBECK_TRY(checkNoWrap(contraction, inputZero, weightsZero));

  TypedContraction typed{
      contraction.op, contraction.name, contraction.input, contraction.weights, contraction.bias, {}, {}, {}};
  auto f32 = mlir::Float32Type::get(op.getContext());
  auto typeOf = [](mlir::Value value) { return mlir::cast<mlir::RankedTensorType>(value.getType()); };
  LIMBECK_ASSIGN(typed.inputType, typedByValues(typeOf(typed.input), f32, inputScale, inputZero, -1));
  LIMBECK_ASSIGN(typed.weightsType, typedByValues(typeOf(typed.weights), f32, weightsScale, weightsZero,
                                                  contraction.weightsAxis));
  LIMBECK_ASSIGN(typed.resultType,
                 typedBy(op.getResult().getType(), f32, {op.getResultScale(), op.getResultZeroPoint()}));
  return typed;
}

} // namespace limbeck::quantize
