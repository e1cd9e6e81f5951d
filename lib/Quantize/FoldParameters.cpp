// Scales and zero points that are constant move from operands into types.
#include "TypedParameters.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_FOLDPARAMETERSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

struct FoldQuantizeBy : mlir::OpRewritePattern<graph::QuantizeByOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::QuantizeByOp op,
                                      mlir::PatternRewriter &rewriter) const override {
    auto type = typedBy(op.getResult().getType(), op.getX().getType().getElementType(),
                        {op.getScale(), op.getZeroPoint(), op.getAxis(), op.getBlockSize()});
    if (!type)
      return rewriter.notifyMatchFailure(op, type.diagnostic().message);
    mlir::Value typed = graph::QuantizeOp::create(rewriter, op.getLoc(), *type, op.getX());
    rewriter.replaceOpWithNewOp<graph::StorageCastOp>(op, op.getType(), typed);
    return llvm::success();
  }
};

struct FoldDequantizeBy : mlir::OpRewritePattern<graph::DequantizeByOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::DequantizeByOp op,
                                      mlir::PatternRewriter &rewriter) const override {
    auto type = typedBy(op.getX().getType(), op.getResult().getType().getElementType(),
                        {op.getScale(), op.getZeroPoint(), op.getAxis(), op.getBlockSize()});
    if (!type)
      return rewriter.notifyMatchFailure(op, type.diagnostic().message);
    mlir::Value typed = graph::StorageCastOp::create(rewriter, op.getLoc(), *type, op.getX());
    rewriter.replaceOpWithNewOp<graph::DequantizeOp>(op, op.getType(), typed);
    return llvm::success();
  }
};

struct FoldRequantizedContraction : mlir::OpRewritePattern<graph::RequantizeByOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::RequantizeByOp op,
                                      mlir::PatternRewriter &rewriter) const override {
    auto typed = typedContraction(op);
    if (!typed)
      return rewriter.notifyMatchFailure(op, typed.diagnostic().message);
    mlir::Location location = rewriter.getFusedLoc({typed->integerOp->getLoc(), op.getLoc()});
    auto cast = [&](mlir::Value value, mlir::Type type) -> mlir::Value {
      return graph::StorageCastOp::create(rewriter, value.getLoc(), type, value);
    };
    llvm::SmallVector<mlir::Value> operands = {cast(typed->input, typed->inputType),
                                               cast(typed->weights, typed->weightsType)};
    if (typed->bias)
      operands.push_back(typed->bias);
    mlir::OperationState state(location, typed->name, operands, {typed->resultType},
                               typed->integerOp->getAttrs());
    rewriter.replaceOpWithNewOp<graph::StorageCastOp>(op, op.getType(), rewriter.create(state)->getResult(0));
    return llvm::success();
  }
};

struct FoldParametersPass : impl::FoldParametersPassBase<FoldParametersPass> {
  void runOnOperation() override {
    // It has been read by now, and would keep apart what is equal.
    getOperation()->walk([](mlir::Operation *op) { op->removeAttr(kChosenAttribute); });
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<FoldQuantizeBy, FoldDequantizeBy, FoldRequantizedContraction>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
