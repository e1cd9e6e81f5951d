// A dequantize and the quantize behind it are one requantize, or nothing.
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_FOLDREQUANTIZEPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// Types are different here: the fold of `quantize` has removed the pairs of equal ones.
struct JoinDequantizeAndQuantize : mlir::OpRewritePattern<graph::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::QuantizeOp op, mlir::PatternRewriter &rewriter) const override {
    auto dequantize = op.getX().getDefiningOp<graph::DequantizeOp>();
    if (!dequantize)
      return rewriter.notifyMatchFailure(op, "no dequantize before it");
    mlir::Location location = rewriter.getFusedLoc({dequantize.getLoc(), op.getLoc()});
    rewriter.replaceOpWithNewOp<graph::RequantizeOp>(op, op.getType(), dequantize.getX())->setLoc(location);
    return llvm::success();
  }
};

/// Whether every value of type `from` is one of type `to` with the same meaning.
bool onlyWidens(mlir::RankedTensorType from, mlir::RankedTensorType to) {
  namespace quant = mlir::quant;
  auto a = mlir::dyn_cast<quant::UniformQuantizedType>(from.getElementType());
  auto b = mlir::dyn_cast<quant::UniformQuantizedType>(to.getElementType());
  return a && b && a.getFlags() == b.getFlags() && a.getStorageType() == b.getStorageType() &&
         a.getExpressedType() == b.getExpressedType() && a.getScale() == b.getScale() &&
         a.getZeroPoint() == b.getZeroPoint() && b.getStorageTypeMin() <= a.getStorageTypeMin() &&
         b.getStorageTypeMax() >= a.getStorageTypeMax();
}

struct FoldRequantizeOfSameParameters : mlir::OpRewritePattern<graph::RequantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::RequantizeOp op,
                                      mlir::PatternRewriter &rewriter) const override {
    if (op.getX().getType() == op.getType()) {
      rewriter.replaceOp(op, op.getX());
      return llvm::success();
    }
    if (!onlyWidens(op.getX().getType(), op.getType()))
      return rewriter.notifyMatchFailure(op, "the parameters differ");
    rewriter.replaceOpWithNewOp<graph::StorageCastOp>(op, op.getType(), op.getX());
    return llvm::success();
  }
};

struct FoldRequantizePass : impl::FoldRequantizePassBase<FoldRequantizePass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<JoinDequantizeAndQuantize, FoldRequantizeOfSameParameters>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
