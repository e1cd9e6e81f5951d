// The canonicalizer of every stage: MLIR's, but with our own two patterns for scf.if.
//
// Upstream's patterns turn an scf.if into arith.select and join conditions by arith.andi, which is right for loops over numbers.
// Here an scf.if chooses between parts of a graph, reads its condition from a tensor, and stays what it is up to the artifact.
#include "limbeck/Graph/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::graph {
#define GEN_PASS_DEF_CANONICALIZEPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

/// The branch that a constant condition takes stands in place of the op.
struct TakeKnownBranch : mlir::OpRewritePattern<mlir::scf::IfOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(mlir::scf::IfOp choice,
                                      mlir::PatternRewriter &rewriter) const override {
    llvm::APInt condition;
    if (!mlir::matchPattern(choice.getCondition(), mlir::m_ConstantInt(&condition)))
      return llvm::failure();
    mlir::Region &taken = condition.isZero() ? choice.getElseRegion() : choice.getThenRegion();
    if (taken.empty()) {
      rewriter.eraseOp(choice);
      return llvm::success();
    }
    mlir::Block &block = taken.front();
    mlir::Operation *yield = block.getTerminator();
    rewriter.inlineBlockBefore(&block, choice);
    rewriter.replaceOp(choice, yield->getOperands());
    rewriter.eraseOp(yield);
    return llvm::success();
  }
};

/// Results that nothing reads go, so that what computes them alone can go as well.
struct DropUnusedResults : mlir::OpRewritePattern<mlir::scf::IfOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(mlir::scf::IfOp choice,
                                      mlir::PatternRewriter &rewriter) const override {
    llvm::BitVector unused(choice.getNumResults());
    llvm::SmallVector<mlir::Value> kept;
    for (mlir::OpResult result : choice.getResults()) {
      unused[result.getResultNumber()] = result.use_empty();
      if (!result.use_empty())
        kept.push_back(result);
    }
    if (unused.none())
      return llvm::failure();
    auto narrowed =
        mlir::scf::IfOp::create(rewriter, choice.getLoc(), mlir::TypeRange(mlir::ValueRange(kept)),
                                choice.getCondition(), /*addThenBlock=*/false,
                                /*addElseBlock=*/false);
    for (auto [from, to] : llvm::zip(choice->getRegions(), narrowed->getRegions())) {
      rewriter.inlineRegionBefore(from, to, to.end());
      mlir::Operation *yield = to.front().getTerminator();
      rewriter.modifyOpInPlace(yield, [&] { yield->eraseOperands(unused); });
    }
    for (auto [result, replacement] : llvm::zip(kept, narrowed.getResults()))
      rewriter.replaceAllUsesWith(result, replacement);
    rewriter.eraseOp(choice);
    return llvm::success();
  }
};

struct CanonicalizePass : impl::CanonicalizePassBase<CanonicalizePass> {
  llvm::LogicalResult initialize(mlir::MLIRContext *context) override {
    mlir::RewritePatternSet set(context);
    for (mlir::Dialect *dialect : context->getLoadedDialects())
      dialect->getCanonicalizationPatterns(set);
    for (mlir::RegisteredOperationName op : context->getRegisteredOperations())
      if (op.getStringRef() != mlir::scf::IfOp::getOperationName())
        op.getCanonicalizationPatterns(set, context);
    set.add<TakeKnownBranch, DropUnusedResults>(context);
    patterns = std::move(set);
    return llvm::success();
  }

  void runOnOperation() override {
    // What is not simplified to the end is as right as what is.
    (void)mlir::applyPatternsGreedily(getOperation(), patterns);
  }

private:
  mlir::FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace limbeck::graph
