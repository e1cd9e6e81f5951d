// Weights become integers now, activations when the model runs.
#include "Decision.h"
#include "RoundBlocks.h"
#include "RoundWeights.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_QUANTIZEDYNAMICALLYPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// A tensor with one element per channel, shaped so that it runs along the channels of the contraction's result.
Expected<mlir::Value> perChannel(mlir::OpBuilder &b, graph::AnchorOpInterface anchor, const Tensor &values) {
  auto result = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  Shape shape = values.shape();
  if (values.size() != 1)
    shape.resize(static_cast<size_t>(result.getRank() - anchor.getChannelAxis()), 1);
  else
    shape.clear();
  Tensor shaped = values.reshaped(shape);
  LIMBECK_ASSIGN(mlir::RankedTensorType type,
                 graph::fromTensorType(b.getContext(), {values.dtype(), shape, nullptr}));
  return graph::createConstant(b, anchor->getLoc(), shaped, type);
}

mlir::Value multiply(mlir::OpBuilder &b, mlir::Location location, mlir::Type type, mlir::Value lhs,
                     mlir::Value rhs) {
  return graph::MulOp::create(b, location, type, lhs, rhs, b.getStringAttr(""));
}

Expected<mlir::Value> constant(mlir::OpBuilder &b, mlir::Location location, const Tensor &tensor) {
  LIMBECK_ASSIGN(mlir::RankedTensorType type,
                 graph::fromTensorType(b.getContext(), {tensor.dtype(), tensor.shape(), nullptr}));
  return graph::createConstant(b, location, tensor, type);
}

/// An input in integers: its zero point, and its scale for all or, as a last dimension of 1, for each row.
struct RoundedInput {
  mlir::Value stored, scale, zeroPoint;
  bool perRow;
};

/// A block as long as a row gives each row a scale.
graph::DynamicQuantizeBlocksOp roundBlocksOf(mlir::OpBuilder &b, mlir::Value input, int64_t block,
                                             int64_t depth) {
  auto type = mlir::cast<mlir::RankedTensorType>(input.getType());
  llvm::SmallVector<int64_t> stored(type.getShape()), perBlock(type.getShape());
  perBlock.back() = ceilDivide(depth, block);
  stored.back() = perBlock.back() * block;
  auto f32 = b.getF32Type();
  auto s8 = b.getIntegerType(8, true), s32 = b.getIntegerType(32, true);
  return graph::DynamicQuantizeBlocksOp::create(
      b, input.getLoc(), mlir::RankedTensorType::get(stored, s8), mlir::RankedTensorType::get(perBlock, f32),
      mlir::RankedTensorType::get(perBlock, s32), input, b.getI64IntegerAttr(block));
}

Expected<RoundedInput> roundInput(mlir::OpBuilder &b, graph::AnchorOpInterface anchor, bool perRow) {
  mlir::Value input = anchor.getAnchorInput();
  auto type = mlir::cast<mlir::RankedTensorType>(input.getType());
  if (perRow) {
    auto weights = mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType());
    int64_t depth = weights.getDimSize(weights.getRank() - 2);
    auto rows = roundBlocksOf(b, input, depth, depth);
    LIMBECK_ASSIGN(Tensor zero, Tensor::zeros(DType::S8, {}));
    LIMBECK_ASSIGN(mlir::Value none, constant(b, anchor->getLoc(), zero));
    return RoundedInput{rows.getResult(), rows.getScale(), none, true};
  }
  auto u8 = b.getIntegerType(8, false);
  auto all = graph::DynamicQuantizeOp::create(b, input.getLoc(), type.clone(u8),
                                              mlir::RankedTensorType::get({}, b.getF32Type()),
                                              mlir::RankedTensorType::get({}, u8), input);
  return RoundedInput{all.getResult(), all.getScale(), all.getZeroPoint(), false};
}

/// The same op on integers: its attributes are those of the float one.
mlir::Value integerSum(mlir::OpBuilder &b, graph::AnchorOpInterface anchor, mlir::ValueRange operands) {
  llvm::StringRef name = mlir::isa<graph::ConvOp>(anchor) ? graph::ConvIntegerOp::getOperationName()
                                                          : graph::MatmulIntegerOp::getOperationName();
  mlir::OperationState state(anchor->getLoc(), name);
  state.addOperands(operands);
  state.addTypes(
      mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType()).clone(b.getIntegerType(32, true)));
  for (mlir::NamedAttribute attribute : anchor->getAttrs())
    if (attribute.getName() != kDecisionAttribute)
      state.addAttribute(attribute.getName(), attribute.getValue());
  return b.create(state)->getResult(0);
}

/// The product in integers, with one scale per output channel or for all weights.
Expected<mlir::Value> productPerChannel(mlir::OpBuilder &b, graph::AnchorOpInterface anchor,
                                        mlir::DictionaryAttr decision, const Tensor &weights) {
  LIMBECK_ASSIGN(WeightRounding rounding, roundingOf(anchor, decision));
  LIMBECK_ASSIGN(RoundedWeights rounded, roundWeights(weights, rounding));
  mlir::Location location = anchor->getLoc();
  bool perRow = mlir::isa<graph::MatmulOp>(anchor) && setting(decision, "activation_granularity") == "row";
  LIMBECK_ASSIGN(RoundedInput input, roundInput(b, anchor, perRow));
  auto weightType = mlir::RankedTensorType::get(weights.shape(), b.getIntegerType(8, true));
  LIMBECK_ASSIGN(mlir::Value stored,
                 graph::createConstant(b, anchor.getAnchorWeights().getLoc(), rounded.stored, weightType));
  LIMBECK_ASSIGN(Tensor zero, Tensor::zeros(DType::S8, {}));
  LIMBECK_ASSIGN(mlir::Value noZeroPoint, constant(b, location, zero));
  mlir::Value sum = integerSum(b, anchor, {input.stored, stored, input.zeroPoint, noZeroPoint});

  LIMBECK_ASSIGN(Tensor scales,
                 Tensor::zeros(DType::F32, {static_cast<int64_t>(rounded.parameters->scales.size())}));
  llvm::copy(rounded.parameters->scales, scales.mutableValues<float>().begin());
  LIMBECK_ASSIGN(mlir::Value weightScales, perChannel(b, anchor, scales));
  auto resultType = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  auto real = [&] {
    return graph::CastOp::create(b, location, resultType, sum, mlir::TypeAttr::get(b.getF32Type()));
  };
  if (input.perRow) // one after the other, as their product would be as large as the result
    return multiply(b, location, resultType, multiply(b, location, resultType, real(), input.scale),
                    weightScales);
  mlir::Value scale = multiply(b, location, weightScales.getType(), input.scale, weightScales);
  return multiply(b, location, resultType, real(), scale);
}

/// The product in integers of blocks, each of which has scales of its own.
Expected<mlir::Value> productInBlocks(mlir::OpBuilder &b, graph::AnchorOpInterface anchor,
                                      mlir::DictionaryAttr decision, const Tensor &weights) {
  int64_t depth = weights.shape()[0];
  LIMBECK_ASSIGN(BlockRounding rounding, blockRoundingOf(decision, depth));
  LIMBECK_ASSIGN(RoundedBlocks rounded, roundBlocks(weights, rounding));
  mlir::Location location = anchor.getAnchorWeights().getLoc();
  LIMBECK_ASSIGN(mlir::Value stored, constant(b, location, rounded.stored));
  LIMBECK_ASSIGN(mlir::Value scales, constant(b, location, rounded.scales));
  LIMBECK_ASSIGN(mlir::Value zeroPoints, constant(b, location, rounded.zeroPoints));
  auto input = roundBlocksOf(b, anchor.getAnchorInput(), rounding.block, depth);
  return mlir::Value(graph::MatmulIntegerBlocksOp::create(
      b, anchor->getLoc(), mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType()),
      input.getResult(), input.getScale(), input.getSum(), stored, scales, zeroPoints,
      b.getI64IntegerAttr(rounding.block)));
}

Status quantizeDynamically(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  if (setting(decision, "quantize") != "dynamic")
    return {};
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  bool blocks = mlir::isa<graph::MatmulOp>(anchor) && setting(decision, "granularity") == "block";
  if (!weights || mlir::isa<graph::ConvTransposeOp>(anchor) ||
      (blocks && (weights->rank() != 2 || weights->size() == 0)))
    return {}; // reported where the decision was made
  mlir::OpBuilder b(anchor);
  mlir::Location location = anchor->getLoc();
  auto resultType = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  LIMBECK_ASSIGN(mlir::Value result, blocks ? productInBlocks(b, anchor, decision, *weights)
                                            : productPerChannel(b, anchor, decision, *weights));
  if (mlir::Value bias = anchor.getAnchorBias()) {
    auto value = graph::constantOf(bias);
    LIMBECK_ASSIGN(mlir::Value shaped, value ? perChannel(b, anchor, *value) : Expected<mlir::Value>(bias));
    result = graph::AddOp::create(b, location, resultType, result, shaped, b.getStringAttr(""));
  }
  anchor->getResult(0).replaceAllUsesWith(result);
  anchor->erase();
  return {};
}

struct QuantizeDynamicallyPass : impl::QuantizeDynamicallyPassBase<QuantizeDynamicallyPass> {
  void runOnOperation() override {
    llvm::SmallVector<graph::AnchorOpInterface> anchors;
    getOperation()->walk([&](graph::AnchorOpInterface anchor) {
      if (anchor->hasAttr(kDecisionAttribute))
        anchors.push_back(anchor);
    });
    for (graph::AnchorOpInterface anchor : anchors) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (Status status = quantizeDynamically(anchor, decision); !status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace limbeck::quantize
