// Folds that are exact whatever the values: identities and pairs. Everything that computes is a pass.
#include "limbeck/Graph/IR/Limbeck.h"
#include "llvm/ADT/STLExtras.h"

namespace limbeck::graph {

mlir::OpFoldResult ConstOp::fold(FoldAdaptor) {
  return getValue();
}

/// Types with unknown dimensions may be equal while the shapes differ.
static bool isIdentity(mlir::RankedTensorType from, mlir::RankedTensorType to) {
  return from == to && from.hasStaticShape();
}

using Dimensions = llvm::SmallVector<int64_t>;

/// Dimensions that have to be inferred; one can.
static int64_t countInferred(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> kept) {
  return llvm::count_if(llvm::zip_equal(shape, kept), [](auto pair) {
    return mlir::ShapedType::isDynamic(std::get<0>(pair)) && std::get<1>(pair) == -1;
  });
}

/// Which dimensions of the operand of `inner` those of the result of `outer` are; nothing where that is not known of those that `outer`
/// keeps.
static std::optional<Dimensions> keptThrough(ReshapeOp inner, ReshapeOp outer) {
  llvm::ArrayRef<int64_t> before = *outer.getKept(), shape = outer.getType().getShape();
  Dimensions kept(before.size(), -1);
  for (auto [to, from] : llvm::zip_equal(kept, before))
    if (from != -1 && inner.getKept())
      to = (*inner.getKept())[from];
  int64_t inferred = countInferred(shape, kept);
  return inferred <= std::max<int64_t>(1, countInferred(shape, before)) ? std::optional(kept) : std::nullopt;
}

mlir::OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (isIdentity(getX().getType(), getType()))
    return getX();
  auto inner = getX().getDefiningOp<ReshapeOp>();
  if (!inner)
    return {};
  if (getKept()) {
    std::optional<Dimensions> kept = keptThrough(inner, *this);
    if (!kept)
      return {};
    setKept(*kept);
  }
  getXMutable().assign(inner.getX());
  return getResult();
}

mlir::OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (getX().getType() == getType() && llvm::equal(getPerm(), llvm::seq<int64_t>(0, getPerm().size())))
    return getX();
  auto inner = getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  llvm::SmallVector<int64_t> perm;
  for (int64_t dim : getPerm())
    perm.push_back(inner.getPerm()[dim]);
  setPerm(perm);
  getXMutable().assign(inner.getX());
  return getResult();
}

mlir::OpFoldResult StorageCastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<StorageCastOp>();
  if (!inner)
    return {};
  getXMutable().assign(inner.getX());
  return getResult();
}

mlir::OpFoldResult HistogramOp::fold(FoldAdaptor) {
  mlir::Operation *moving = getX().getDefiningOp();
  if (!mlir::isa_and_nonnull<TransposeOp, ReshapeOp>(moving))
    return {};
  getXMutable().assign(moving->getOperand(0));
  return getResult();
}

/// Exact: the error of dequantize is far below half a step for the widths that storage has. The opposite pair is never folded.
mlir::OpFoldResult QuantizeOp::fold(FoldAdaptor) {
  auto inner = getX().getDefiningOp<DequantizeOp>();
  if (!inner || inner.getX().getType() != getType())
    return {};
  return inner.getX();
}

} // namespace limbeck::graph
