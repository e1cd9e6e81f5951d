// A border around a concat becomes a border around each of its operands.
//
// Whoever computes an operand then writes its part of the border, and the concat may be joined in place.
#include "Regions.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_SPLITBORDERSPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

struct SplitBorder : mlir::OpRewritePattern<graph::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::PadOp pad, mlir::PatternRewriter &rewriter) const override {
    auto concat = pad.getX().getDefiningOp<graph::ConcatOp>();
    if (!concat || !graph::addsBorder(pad))
      return rewriter.notifyMatchFailure(pad, "no border around a concat");
    auto axis = static_cast<size_t>(concat.getAxis()), rank = pad.getPads().size() / 2;
    if (pad.getPads()[axis] != 0 || pad.getPads()[rank + axis] != 0)
      return rewriter.notifyMatchFailure(pad, "the border has elements along the axis of the concat");
    if (!llvm::all_of(concat.getInputs(), [](mlir::Value value) { return computedByKernel(value); }))
      return rewriter.notifyMatchFailure(pad, "an operand has no kernel that could write a border");
    llvm::SmallVector<mlir::Value> parts;
    for (mlir::Value operand : concat.getInputs()) {
      auto type = mlir::cast<mlir::RankedTensorType>(operand.getType());
      llvm::SmallVector<int64_t> shape(pad.getType().getShape());
      shape[axis] = type.getDimSize(static_cast<unsigned>(axis));
      auto padded = graph::withShape(type, shape, graph::quantizationAxis(type));
      parts.push_back(graph::PadOp::create(rewriter, pad.getLoc(), padded, operand, mlir::Value(),
                                           pad.getPads(), pad.getMode()));
    }
    rewriter.replaceOpWithNewOp<graph::ConcatOp>(pad, pad.getType(), parts, concat.getAxis());
    return llvm::success();
  }
};

struct SplitBordersPass : impl::SplitBordersPassBase<SplitBordersPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<SplitBorder>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::fuse
