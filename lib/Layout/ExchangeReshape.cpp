// Transposes past reshapes: possible where the reshape splits and merges only dimensions that are neighbours
// in both orders.
//
//   y = transpose(x) : NxHxWxC -> NxCxHxW, reshape(y) : NxCxHxW -> NxCxHW
//   the groups are N | C | HW: reshape(x) : NxHWxC, and the transpose behind it is [0, 2, 1]
#include "Patterns.h"
#include "Permutation.h"

namespace limbeck::layout {

namespace {

/// reshape(transpose(x, ..)) as transpose(reshape(x, shape), perm).
struct ExchangedReshape {
  llvm::SmallVector<int64_t> shape;
  Permutation perm;
};

/// Dimensions before and behind a reshape that hold the same elements; without those of size 1.
struct ReshapeGroup {
  Permutation before, behind;
};

Permutation dimensionsLargerThanOne(llvm::ArrayRef<int64_t> shape) {
  Permutation dims;
  for (auto [dim, size] : llvm::enumerate(shape))
    if (size != 1)
      dims.push_back(static_cast<int64_t>(dim));
  return dims;
}

/// The smallest groups, in row-major order. Shapes are static, of the same number of elements, and not empty.
llvm::SmallVector<ReshapeGroup> reshapeGroups(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) {
  llvm::SmallVector<ReshapeGroup> groups;
  Permutation before = dimensionsLargerThanOne(from), behind = dimensionsLargerThanOne(to);
  for (size_t i = 0, j = 0; i < before.size() && j < behind.size();) {
    ReshapeGroup group{{before[i]}, {behind[j]}};
    int64_t a = from[before[i++]], b = to[behind[j++]];
    while (a != b) {
      if (a < b) {
        a *= from[before[i]];
        group.before.push_back(before[i++]);
      } else {
        b *= to[behind[j]];
        group.behind.push_back(behind[j++]);
      }
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

/// `perm` of y = transpose(x, perm), where y has shape `from` and is reshaped to `to`.
std::optional<ExchangedReshape> exchangeReshape(llvm::ArrayRef<int64_t> perm, llvm::ArrayRef<int64_t> from,
                                                llvm::ArrayRef<int64_t> to) {
  if (mlir::ShapedType::isDynamicShape(from) || mlir::ShapedType::isDynamicShape(to) ||
      llvm::is_contained(from, 0))
    return std::nullopt;
  // Where each dimension of y lies among those of x that are larger than 1.
  llvm::SmallVector<int64_t> place(from.size());
  int64_t next = 0;
  for (int64_t dim : inverse(perm))
    place[dim] = from[dim] == 1 ? -1 : next++;

  llvm::SmallVector<ReshapeGroup> groups = reshapeGroups(from, to);
  for (const ReshapeGroup &group : groups)
    for (size_t i = 1; i < group.before.size(); ++i)
      if (place[group.before[i]] != place[group.before[i - 1]] + 1)
        return std::nullopt;
  llvm::sort(groups, [&](const ReshapeGroup &a, const ReshapeGroup &b) {
    return place[a.before.front()] < place[b.before.front()];
  });

  // Dimensions of size 1 stay behind the dimension they followed; those in front stay in front.
  Permutation order;
  auto take = [&](int64_t dim) {
    for (order.push_back(dim++); dim < static_cast<int64_t>(to.size()) && to[dim] == 1; ++dim)
      order.push_back(dim);
  };
  if (!to.empty() && to.front() == 1)
    take(0);
  for (const ReshapeGroup &group : groups)
    for (int64_t dim : group.behind)
      take(dim);
  return ExchangedReshape{permuted(to, order), inverse(order)};
}

struct SinkBehindReshape : mlir::OpRewritePattern<graph::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::ReshapeOp op, mlir::PatternRewriter &rewriter) const override {
    graph::TransposeOp transpose = channelsFirstTranspose(op.getX());
    if (!transpose || mlir::isa<mlir::quant::UniformQuantizedPerAxisType>(op.getType().getElementType()))
      return rewriter.notifyMatchFailure(op, "no transposed operand without a quantization axis");
    auto exchanged =
        exchangeReshape(transpose.getPerm(), op.getX().getType().getShape(), op.getType().getShape());
    if (!exchanged)
      return rewriter.notifyMatchFailure(op, "it mixes dimensions that the transpose parts");
    mlir::Value reshaped =
        createReshape(rewriter, op.getLoc(), transpose.getX(), op.getType().clone(exchanged->shape));
    rewriter.replaceOp(op, createTranspose(rewriter, transpose.getLoc(), reshaped, exchanged->perm));
    return llvm::success();
  }
};

/// transpose(reshape(transpose(x))) with one transpose, where the first cannot move behind the reshape.
struct HoistToTranspose : mlir::OpRewritePattern<graph::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::TransposeOp op, mlir::PatternRewriter &rewriter) const override {
    auto reshape = op.getX().getDefiningOp<graph::ReshapeOp>();
    if (!reshape || !reshape->hasOneUse() || !reshape.getX().getDefiningOp<graph::TransposeOp>() ||
        mlir::isa<mlir::quant::UniformQuantizedPerAxisType>(op.getType().getElementType()))
      return rewriter.notifyMatchFailure(op, "no transpose before a reshape before it");
    // Read backwards: the reshape's result is a transpose of ours, and its operand a reshape of that.
    auto exchanged = exchangeReshape(inverse(op.getPerm()), reshape.getType().getShape(),
                                     reshape.getX().getType().getShape());
    if (!exchanged)
      return rewriter.notifyMatchFailure(op, "it parts dimensions that the reshape mixes");
    mlir::Value hoisted = createTranspose(rewriter, op.getLoc(), reshape.getX(), inverse(exchanged->perm));
    rewriter.replaceOp(op, createReshape(rewriter, reshape.getLoc(), hoisted, op.getType()));
    return llvm::success();
  }
};

} // namespace

void populateExchangeReshapePatterns(mlir::RewritePatternSet &patterns) {
  patterns.add<SinkBehindReshape, HoistToTranspose>(patterns.getContext());
}

} // namespace limbeck::layout
