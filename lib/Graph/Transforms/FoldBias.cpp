// A constant added to every channel of a contraction is its bias.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::graph {
#define GEN_PASS_DEF_FOLDBIASPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

/// Whether a tensor, broadcast against one of this rank, has one element per index of `axis` and no other extent.
bool runsAlong(mlir::RankedTensorType type, int64_t rank, int64_t axis, int64_t channels) {
  int64_t missing = rank - type.getRank();
  if (missing < 0 || axis < missing || mlir::ShapedType::isDynamic(channels))
    return false;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    if (type.getDimSize(dim) != (dim + missing == axis ? channels : 1))
      return false;
  return true;
}

struct FoldAddIntoContraction : mlir::OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(AddOp add, mlir::PatternRewriter &rewriter) const override {
    bool constantFirst = add.getLhs().getDefiningOp<ConstOp>() != nullptr;
    mlir::Value sum = constantFirst ? add.getRhs() : add.getLhs(),
                constant = constantFirst ? add.getLhs() : add.getRhs();
    auto anchor = sum.getDefiningOp<AnchorOpInterface>();
    auto bias = constant.getDefiningOp<ConstOp>();
    if (!anchor || !bias || anchor.getAnchorBias() || !sum.hasOneUse())
      return rewriter.notifyMatchFailure(add,
                                         "no contraction without a bias before it that only this op reads");
    auto type = mlir::cast<mlir::RankedTensorType>(sum.getType()), biasType = bias.getType();
    if (!type.getElementType().isF32() || add.getType() != type)
      return rewriter.notifyMatchFailure(add, "the sum is not f32, or of another shape");
    int64_t axis = anchor.getChannelAxis(), channels = type.getDimSize(axis);
    if (!runsAlong(biasType, type.getRank(), axis, channels))
      return rewriter.notifyMatchFailure(add, "the constant does not have one element per channel");
    auto value = constantOf(constant);
    auto flat = value ? createConstant(rewriter, bias.getLoc(), value->reshaped({channels}),
                                       mlir::RankedTensorType::get({channels}, type.getElementType()))
                      : Expected<mlir::Value>(error(Code::Internal, "no value"));
    if (!flat)
      return rewriter.notifyMatchFailure(add, "the constant has no value here");
    mlir::OperationState state(rewriter.getFusedLoc({anchor->getLoc(), add.getLoc()}), anchor->getName());
    state.addOperands({anchor.getAnchorInput(), anchor.getAnchorWeights(), *flat});
    state.addTypes(type);
    state.addAttributes(anchor->getAttrs());
    rewriter.replaceOp(add, rewriter.create(state));
    return llvm::success();
  }
};

struct FoldBiasPass : impl::FoldBiasPassBase<FoldBiasPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<FoldAddIntoContraction>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::graph
