// Data movement on stored integers: dequantize moves forward through it, quantize moves back.
#include "ElementMovement.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_PROPAGATEQDQPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

struct MoveDequantizeForward : mlir::OpInterfaceRewritePattern<graph::ReferenceOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::ReferenceOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    auto movement = ElementMovement::of(op, Exchange::Forward);
    if (!movement || movement->dataOperands().empty())
      return rewriter.notifyMatchFailure(op, "looks at its elements");
    llvm::SmallVector<mlir::Value> stored;
    for (mlir::Value operand : movement->dataOperands()) {
      auto dequantize = operand.getDefiningOp<graph::DequantizeOp>();
      if (!dequantize || (!stored.empty() && elementOf(dequantize.getX()) != elementOf(stored.front())))
        return rewriter.notifyMatchFailure(op, "its operands are not dequantized with the same parameters");
      stored.push_back(dequantize.getX());
    }
    auto type = movement->forward(mlir::cast<mlir::RankedTensorType>(stored.front().getType()));
    if (!type)
      return rewriter.notifyMatchFailure(op, "it mixes the slices along the quantization axis");
    if (!movement->hasStoredBorder(*type, Exchange::Forward))
      return rewriter.notifyMatchFailure(op, "its border value has no stored form");
    mlir::Value moved = movement->move(rewriter, stored, *type);
    rewriter.replaceOpWithNewOp<graph::DequantizeOp>(op, op->getResult(0).getType(), moved);
    return llvm::success();
  }

private:
  static mlir::Type elementOf(mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); }
};

/// Whether quantizing the operands takes no more steps than quantizing the result.
bool quantizesNoMore(const ElementMovement &movement) {
  int64_t operands = 0;
  for (mlir::Value operand : movement.dataOperands()) {
    auto type = mlir::cast<mlir::RankedTensorType>(operand.getType());
    if (!type.hasStaticShape())
      return false;
    operands += type.getNumElements();
  }
  return movement.resultType().hasStaticShape() && operands <= movement.resultType().getNumElements();
}

struct MoveQuantizeBack : mlir::OpRewritePattern<graph::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::QuantizeOp op, mlir::PatternRewriter &rewriter) const override {
    auto movement = ElementMovement::of(op.getX().getDefiningOp(), Exchange::Back);
    if (!movement || !op.getX().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no data movement for it alone before it");
    bool sameCount =
        mlir::isa<graph::ReshapeOp, graph::TransposeOp, graph::ConcatOp>(op.getX().getDefiningOp());
    if (!sameCount && !quantizesNoMore(*movement))
      return rewriter.notifyMatchFailure(op, "more elements would be quantized");
    llvm::SmallVector<mlir::RankedTensorType> types;
    for (size_t i = 0; i < movement->dataOperands().size(); ++i) {
      auto type = movement->back(i, op.getType());
      if (!type)
        return rewriter.notifyMatchFailure(op, "the movement mixes the slices along the quantization axis");
      types.push_back(*type);
    }
    if (!movement->hasStoredBorder(op.getType(), Exchange::Back))
      return rewriter.notifyMatchFailure(op, "its border value has no stored form");
    rewriter.setInsertionPoint(op.getX().getDefiningOp());
    llvm::SmallVector<mlir::Value> stored;
    for (auto [operand, type] : llvm::zip_equal(movement->dataOperands(), types))
      stored.push_back(graph::QuantizeOp::create(rewriter, op.getLoc(), type, operand));
    rewriter.replaceOp(op, movement->move(rewriter, stored, op.getType()));
    return llvm::success();
  }
};

struct QuantizeConstant : mlir::OpRewritePattern<graph::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::QuantizeOp op, mlir::PatternRewriter &rewriter) const override {
    auto real = graph::constantOf(op.getX());
    if (!real)
      return rewriter.notifyMatchFailure(op, "not a constant");
    auto type = graph::toTensorType(op.getType());
    auto stored = type ? reference::quantizeTensor(*real, *type) : Expected<Tensor>(type.diagnostic());
    auto constant = stored ? graph::createConstant(rewriter, op.getLoc(), *stored, op.getType())
                           : Expected<mlir::Value>(stored.diagnostic());
    if (!constant)
      return rewriter.notifyMatchFailure(op, constant.diagnostic().message);
    rewriter.replaceOp(op, *constant);
    return llvm::success();
  }
};

struct PropagateQDQPass : impl::PropagateQDQPassBase<PropagateQDQPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<MoveDequantizeForward, MoveQuantizeBack, QuantizeConstant>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
