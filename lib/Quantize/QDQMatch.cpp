// Recognises dequantize, op, quantize, and asks lib/Reference whether the op exists on the quantized types.
#include "QDQMatch.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Reference/Operation.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/IR/TypeUtilities.h"

namespace limbeck::quantize {

static bool isFloatTensor(mlir::Value value) {
  return mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(value));
}

bool hasDequantizedOperand(mlir::Operation *op) {
  return llvm::any_of(op->getOperands(),
                      [](mlir::Value value) { return value.getDefiningOp<graph::DequantizeOp>(); });
}

/// An op that computes in float and has one result that is used.
static Status checkComputes(mlir::Operation *op) {
  auto reference = mlir::dyn_cast<graph::ReferenceOpInterface>(op);
  if (!reference || op->getName().getDialectNamespace() != "limbeck" || !reference.getDefinition() ||
      reference.getDefinition()->kind != reference::Kind::Compute || !isFloatTensor(op->getResult(0)))
    return error(Code::Unsupported, "it is no op that computes floats");
  if (llvm::any_of(op->getResults().drop_front(), [](mlir::Value result) { return !result.use_empty(); }))
    return error(Code::Unsupported, "more than its first result is used");
  return {};
}

/// Whether every result is a number, so that a range of integers says the same as relu or clip.
static bool neverGivesNaN(mlir::Operation *op) {
  if (mlir::isa<graph::AnchorOpInterface>(op))
    return true;
  return mlir::isa<graph::AddOp, graph::SubOp, graph::MulOp>(op) &&
         llvm::all_of(op->getOperands(),
                      [](mlir::Value value) { return value.getDefiningOp<graph::DequantizeOp>(); });
}

/// Goes on to the quantize behind the op, over an activation if there is one.
static Status findQuantize(QDQMatch &match) {
  mlir::Value result = match.op->getResult(0);
  if (result.use_empty())
    return error(Code::Unsupported, "its result is not used");
  if (!result.hasOneUse())
    return error(Code::Unsupported, "its float result has several users");
  mlir::Operation *user = *result.user_begin();
  if (mlir::isa<graph::ReluOp, graph::ClipOp>(user) && neverGivesNaN(match.op) &&
      user->getResult(0).hasOneUse()) {
    match.activation = user;
    user = *user->getResult(0).user_begin();
  }
  match.quantize = mlir::dyn_cast<graph::QuantizeOp>(user);
  if (!match.quantize)
    return error(Code::Unsupported, "no quantize behind it");
  match.resultType = match.quantize.getType();
  if (graph::quantizationAxis(match.resultType) >= 0)
    return error(Code::Unsupported, "its result is quantized per axis");
  return {};
}

/// Operands and bias of a convolution or matrix product.
static Status matchAnchorOperands(QDQMatch &match) {
  for (auto [index, operand] : llvm::enumerate(match.op->getOperands())) {
    auto dequantize = operand.getDefiningOp<graph::DequantizeOp>();
    if (!dequantize && index == 2) {
      match.floatBias = operand;
      continue;
    }
    if (!dequantize)
      return error(Code::Unsupported, "operand ", index, " is not dequantized");
    if (!dequantize.getType().getElementType().isF32())
      return error(Code::Unsupported, "it computes in half precision");
    match.operands.push_back(dequantize.getX());
  }
  return {};
}

/// Operands of the ops that compute in float whatever their operands are: each may be quantized or a
/// constant.
static Status matchFloatOperands(QDQMatch &match) {
  bool anyQuantized = false;
  for (auto [index, operand] : llvm::enumerate(match.op->getOperands())) {
    auto dequantize = operand.getDefiningOp<graph::DequantizeOp>();
    if (dequantize && graph::quantizationAxis(dequantize.getX().getType()) >= 0)
      return error(Code::Unsupported, "operand ", index, " is quantized per axis");
    if (!dequantize && isFloatTensor(operand) && !operand.getDefiningOp<graph::ConstOp>())
      return error(Code::Unsupported, "operand ", index, " is neither dequantized nor constant");
    anyQuantized |= dequantize != nullptr;
    match.operands.push_back(dequantize ? mlir::Value(dequantize.getX()) : operand);
  }
  if (!anyQuantized)
    return error(Code::Unsupported, "no operand is dequantized");
  return {};
}

/// Whether lib/Reference defines the op on these types.
static Status checkDefined(const QDQMatch &match) {
  auto reference = mlir::cast<graph::ReferenceOpInterface>(match.op);
  LIMBECK_ASSIGN(reference::Attributes attributes, graph::toAttributes(match.op));
  LIMBECK_ASSIGN(std::vector<TensorType> types,
                 graph::toTensorTypes(mlir::ValueRange(match.operands).getTypes()));
  return reference::infer(*reference.getDefinition(), attributes, types, {}).status();
}

/// The float range of a relu or clip as bounds on stored integers: rounding is monotone.
static Status applyActivation(QDQMatch &match) {
  if (!match.activation)
    return {};
  LIMBECK_ASSIGN(TensorType type, graph::toTensorType(match.resultType));
  Quantization range = *type.quantization;
  auto stored = [&](float bound) {
    return reference::quantize(bound, range.scales[0], range.zeroPoints[0], type.quantization->lowest,
                               type.quantization->highest);
  };
  auto clip = mlir::dyn_cast<graph::ClipOp>(match.activation);
  float lowest = clip ? clip.getMin().convertToFloat() : 0.0f;
  range.lowest = stored(lowest);
  if (clip) {
    float highest = clip.getMax().convertToFloat();
    if (!(lowest <= highest))
      return error(Code::Unsupported, "the clip behind it has no range");
    range.highest = stored(highest);
  }
  type.quantization = std::make_shared<const Quantization>(range);
  LIMBECK_ASSIGN(match.resultType, graph::fromTensorType(match.resultType.getContext(), type));
  if (!graph::toTensorType(match.resultType))
    return error(Code::Unsupported, "the range of the activation behind it does not hold the zero point");
  return {};
}

Expected<QDQMatch> matchQDQ(mlir::Operation *op) {
  LIMBECK_TRY(checkComputes(op));
  QDQMatch match;
  match.op = op;
  LIMBECK_TRY(match.isAnchor() ? matchAnchorOperands(match) : matchFloatOperands(match));
  LIMBECK_TRY(checkDefined(match));
  Status rounded = findQuantize(match);
  if (rounded.ok())
    rounded = applyActivation(match);
  if (!rounded.ok() && !match.isAnchor())
    return rounded.diagnostic();
  // Sums of integers that are read as floats, or have a bias that is one.
  if (!rounded.ok() || match.floatBias) {
    match.activation = nullptr;
    match.quantize = nullptr;
    match.resultType = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
  }
  return match;
}

} // namespace limbeck::quantize
