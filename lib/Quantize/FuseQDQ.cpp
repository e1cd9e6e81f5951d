// Ops between dequantize and quantize become the same ops on quantized types.
#include "QDQMatch.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_FUSEQDQPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

struct FuseDequantizeAndQuantize : mlir::OpInterfaceRewritePattern<graph::ReferenceOpInterface> {
  FuseDequantizeAndQuantize(mlir::MLIRContext *context, llvm::function_ref<void(const QDQMatch &)> count)
      : OpInterfaceRewritePattern(context), count(count) {}

  llvm::LogicalResult matchAndRewrite(graph::ReferenceOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    auto match = matchQDQ(op);
    if (!match)
      return rewriter.notifyMatchFailure(op, match.diagnostic().message);
    count(*match);
    // The bias counts in units of the product of scales, and is stored as such already.
    if (auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(match->op);
        anchor && anchor.getAnchorBias() && !match->floatBias)
      match->operands[2] = asStored(rewriter, match->operands[2]);
    llvm::SmallVector<mlir::Type> types(op->getResultTypes());
    types[0] = match->resultType;
    mlir::Operation *fused = graph::cloneWith(rewriter, op, match->operands, types);
    if (!match->quantize) {
      rewriter.replaceOp(op, withFloatBias(rewriter, fused, match->floatBias));
      return llvm::success();
    }
    llvm::SmallVector<mlir::Location> locations = {op->getLoc()};
    if (match->activation)
      locations.push_back(match->activation->getLoc());
    locations.push_back(match->quantize.getLoc());
    fused->setLoc(rewriter.getFusedLoc(locations));

    mlir::Value result = fused->getResult(0);
    if (result.getType() != match->quantize.getType())
      result = graph::StorageCastOp::create(rewriter, fused->getLoc(), match->quantize.getType(), result);
    rewriter.replaceOp(match->quantize, result);
    if (match->activation)
      rewriter.eraseOp(match->activation);
    rewriter.eraseOp(op);
    return llvm::success();
  }

private:
  static mlir::Value asStored(mlir::PatternRewriter &rewriter, mlir::Value value) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    return graph::StorageCastOp::create(rewriter, value.getLoc(), graph::storedType(type), value);
  }

  /// The result of a contraction, and a bias per channel added to it.
  static mlir::Value withFloatBias(mlir::PatternRewriter &rewriter, mlir::Operation *contraction,
                                   mlir::Value bias) {
    mlir::Value result = contraction->getResult(0);
    if (!bias)
      return result;
    auto type = mlir::cast<mlir::RankedTensorType>(bias.getType());
    int64_t behind = mlir::cast<mlir::RankedTensorType>(result.getType()).getRank() - 1 -
                     mlir::cast<graph::AnchorOpInterface>(contraction).getChannelAxis();
    if (behind > 0) {
      llvm::SmallVector<int64_t> shape(type.getShape());
      shape.append(static_cast<size_t>(behind), 1);
      bias = graph::ReshapeOp::create(rewriter, bias.getLoc(), type.clone(shape), bias, shape);
    }
    return graph::AddOp::create(rewriter, contraction->getLoc(), result.getType(), result, bias,
                                rewriter.getStringAttr(""));
  }

  llvm::function_ref<void(const QDQMatch &)> count;
};

struct FuseQDQPass : impl::FuseQDQPassBase<FuseQDQPass> {
  void runOnOperation() override {
    auto count = [this](const QDQMatch &match) { ++(match.isAnchor() ? fusedAnchors : fusedOps); };
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<FuseDequantizeAndQuantize>(&getContext(), count);
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    getOperation()->walk([this](graph::ReferenceOpInterface op) { remarkFloat(op); });
  }

private:
  void remarkFloat(mlir::Operation *op) {
    if (!hasDequantizedOperand(op))
      return;
    auto match = matchQDQ(op);
    if (match)
      return;
    ++keptFloat;
    mlir::remark::missed(op->getLoc(), mlir::remark::RemarkOpts::name("kept-float").category("quantize"))
        << mlir::remark::reason("{0} stays in float: {1}", op->getName().stripDialect().str(),
                                match.diagnostic().message);
  }
};

} // namespace
} // namespace limbeck::quantize
