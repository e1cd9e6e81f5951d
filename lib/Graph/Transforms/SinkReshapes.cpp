// A reshape that adds or drops dimensions of 1 moves behind the element-wise ops that read it.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::graph {
#define GEN_PASS_DEF_SINKRESHAPESPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

using mlir::RankedTensorType;
/// For each dimension in front of a reshape, the one behind it with the same slices; -1 for a 1 that it drops.
using Dimensions = llvm::SmallVector<int64_t>;

/// Nothing for a reshape that does more than to add or drop dimensions of 1.
std::optional<Dimensions> dimensionsBehind(ReshapeOp reshape) {
  llvm::ArrayRef<int64_t> from = reshape.getX().getType().getShape(), to = reshape.getType().getShape();
  // Two open ones could share their elements out anew.
  if (llvm::count_if(from, mlir::ShapedType::isDynamic) > 1 ||
      llvm::count_if(to, mlir::ShapedType::isDynamic) > 1)
    return std::nullopt;
  Dimensions behind;
  auto next = static_cast<int64_t>(0), end = static_cast<int64_t>(to.size());
  for (int64_t size : from) {
    if (size == 1) {
      bool kept = next < end && to[next] == 1;
      behind.push_back(kept ? next++ : -1);
      continue;
    }
    while (next < end && to[next] == 1)
      ++next;
    if (next == end || to[next] != size)
      return std::nullopt;
    behind.push_back(next++);
  }
  return std::all_of(to.begin() + next, to.end(), [](int64_t size) { return size == 1; })
             ? std::optional(std::move(behind))
             : std::nullopt;
}

/// The shape of a constant, which is broadcast behind a reshape to `rank` dimensions, in front of it.
Shape shapeInFront(const Shape &shape, int64_t rank, const Dimensions &behind) {
  int64_t missing = rank - static_cast<int64_t>(shape.size());
  Shape result;
  for (int64_t dim : behind)
    result.push_back(dim < missing ? 1 : shape[static_cast<size_t>(dim - missing)]);
  return result;
}

bool isQuantized(mlir::Value value) {
  return mlir::isa<mlir::quant::QuantizedType>(mlir::getElementTypeOrSelf(value));
}

struct SinkThroughElementwise : mlir::OpTraitRewritePattern<Elementwise> {
  using OpTraitRewritePattern::OpTraitRewritePattern;

  llvm::LogicalResult matchAndRewrite(mlir::Operation *op, mlir::PatternRewriter &rewriter) const override {
    ReshapeOp reshape;
    for (mlir::Value operand : op->getOperands()) {
      auto own = operand.getDefiningOp<ReshapeOp>();
      if (!own && !operand.getDefiningOp<ConstOp>())
        return rewriter.notifyMatchFailure(op, "an operand is neither reshaped nor constant");
      if (own && reshape &&
          (own.getX().getType().getShape() != reshape.getX().getType().getShape() ||
           own.getType().getShape() != reshape.getType().getShape()))
        return rewriter.notifyMatchFailure(op, "operands are reshaped in different ways");
      reshape = own ? own : reshape;
    }
    if (!reshape || op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "no reshape in front of it");
    if (isQuantized(op->getResult(0)) || llvm::any_of(op->getOperands(), isQuantized))
      return rewriter.notifyMatchFailure(op, "parameters along an axis would have to move");
    auto type = mlir::cast<RankedTensorType>(op->getResult(0).getType());
    auto behind = dimensionsBehind(reshape);
    if (!behind || type.getShape() != reshape.getType().getShape())
      return rewriter.notifyMatchFailure(op, "the reshape mixes dimensions, or the op repeats its result");
    llvm::SmallVector<mlir::Value> operands;
    for (mlir::Value operand : op->getOperands()) {
      auto own = operand.getDefiningOp<ReshapeOp>();
      mlir::Value moved = own ? mlir::Value(own.getX()) : inFront(rewriter, operand, type.getRank(), *behind);
      if (!moved)
        return rewriter.notifyMatchFailure(op, "a constant cannot be reshaped");
      operands.push_back(moved);
    }
    llvm::ArrayRef<int64_t> shape = reshape.getX().getType().getShape();
    mlir::Operation *sunk =
        cloneWith(rewriter, op, operands, {RankedTensorType::get(shape, type.getElementType())});
    rewriter.replaceOp(
        op, ReshapeOp::create(rewriter, op->getLoc(), type, sunk->getResult(0), reshape.getShape()));
    return llvm::success();
  }

private:
  static mlir::Value inFront(mlir::PatternRewriter &rewriter, mlir::Value constant, int64_t rank,
                             const Dimensions &behind) {
    auto type = mlir::cast<RankedTensorType>(constant.getType());
    if (type.getRank() == 0)
      return constant;
    auto value = constantOf(constant);
    if (!value)
      return nullptr;
    Shape shape = shapeInFront(value->shape(), rank, behind);
    auto moved =
        createConstant(rewriter, constant.getLoc(), value->reshaped(shape), withShape(type, shape, -1));
    return moved ? *moved : mlir::Value();
  }
};

struct SinkThroughBatchNorm : mlir::OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(BatchNormOp norm, mlir::PatternRewriter &rewriter) const override {
    auto reshape = norm.getX().getDefiningOp<ReshapeOp>();
    auto behind = reshape ? dimensionsBehind(reshape) : std::nullopt;
    auto channels = behind ? llvm::find(*behind, static_cast<int64_t>(norm.getAxis())) : nullptr;
    if (!behind || channels == behind->end())
      return rewriter.notifyMatchFailure(norm, "no reshape in front of it that keeps the channels");
    auto sunk = mlir::cast<BatchNormOp>(rewriter.clone(*norm));
    sunk.setAxis(channels - behind->begin());
    sunk.getXMutable().assign(reshape.getX());
    sunk.getResult().setType(reshape.getX().getType());
    rewriter.replaceOp(norm, ReshapeOp::create(rewriter, norm.getLoc(), norm.getType(), sunk.getResult(),
                                               reshape.getShape()));
    return llvm::success();
  }
};

struct SinkReshapesPass : impl::SinkReshapesPassBase<SinkReshapesPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<SinkThroughElementwise, SinkThroughBatchNorm>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::graph
