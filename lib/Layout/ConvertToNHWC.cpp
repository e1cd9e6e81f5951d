// Convolutions and pooling work on channels last. Transposes around them are moved behind the ops that follow
// until they cancel.
#include "Patterns.h"
#include "Permutation.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Layout/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::layout {
#define GEN_PASS_DEF_CONVERTTONHWCPASS
#include "limbeck/Layout/Passes.h.inc"

namespace {

struct WrapInTransposes : mlir::OpInterfaceRewritePattern<graph::LayoutOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::LayoutOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    if (op.getLayout() == "NHWC")
      return rewriter.notifyMatchFailure(op, "channels are last already");
    auto type = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    Permutation last = toChannelsLast(type.getRank());
    llvm::SmallVector<mlir::Value> operands(op->getOperands());
    operands[0] = createTranspose(rewriter, op.getLoc(), operands[0], last);
    mlir::Operation *converted = graph::cloneWith(rewriter, op, operands, {permutedType(type, last)});
    mlir::cast<graph::LayoutOpInterface>(converted).setLayout("NHWC");
    rewriter.replaceOp(op, createTranspose(rewriter, op.getLoc(), converted->getResult(0), inverse(last)));
    return llvm::success();
  }
};

struct ReshapeInsteadOfTranspose : mlir::OpRewritePattern<graph::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::TransposeOp op, mlir::PatternRewriter &rewriter) const override {
    if (!movesOnlySizeOne(op.getX().getType().getShape(), op.getPerm()))
      return rewriter.notifyMatchFailure(op, "elements move");
    if (op.getType().getNumDynamicDims() > 1 || graph::quantizationAxis(op.getType()) >= 0)
      return rewriter.notifyMatchFailure(op, "several unknown dimensions, or a quantization axis");
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), op.getX(), op.getType()));
    return llvm::success();
  }
};

struct ConvertToNHWCPass : impl::ConvertToNHWCPassBase<ConvertToNHWCPass> {
  void runOnOperation() override {
    transposesBefore = countTransposes();
    mlir::RewritePatternSet moving(&getContext()), simplifying(&getContext());
    moving.add<WrapInTransposes>(&getContext());
    populateSinkTransposePatterns(moving);
    populateExchangeReshapePatterns(moving);
    // Only behind the others: a reshape cannot cancel against a transpose.
    simplifying.add<ReshapeInsteadOfTranspose>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(moving))) ||
        mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(simplifying))))
      return signalPassFailure();
    transposesAfter = countTransposes();
  }

private:
  unsigned countTransposes() {
    unsigned count = 0;
    getOperation()->walk([&](graph::TransposeOp) { ++count; });
    return count;
  }
};

} // namespace
} // namespace limbeck::layout
