// Where an axis goes: MovementOpInterface of the ops that move elements.
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Support/Checked.h"
#include "llvm/ADT/STLExtras.h"

namespace limbeck::graph {

using OptionalAxis = std::optional<int64_t>;

static bool sameKnownDim(int64_t a, int64_t b) {
  return !mlir::ShapedType::isDynamic(a) && a == b;
}

static OptionalAxis keepIf(bool kept, int64_t axis) {
  return kept ? OptionalAxis(axis) : std::nullopt;
}

/// Slices along `axis` survive a reshape as those of a dimension of the same size with as many elements before it.
OptionalAxis ReshapeOp::mapAxis(int64_t axis) {
  llvm::ArrayRef<int64_t> from = getX().getType().getShape(), to = getResult().getType().getShape();
  auto outer = elementCount(from.take_front(axis), INT64_MAX);
  if (!outer || mlir::ShapedType::isDynamicShape(from.take_front(axis + 1)))
    return std::nullopt;
  for (int64_t i = 0, end = static_cast<int64_t>(to.size()); i < end; ++i) {
    if (mlir::ShapedType::isDynamic(to[i]))
      return std::nullopt;
    auto before = elementCount(to.take_front(i), INT64_MAX);
    if (before && *before == *outer && to[i] == from[axis])
      return i;
  }
  return std::nullopt;
}

OptionalAxis TransposeOp::mapAxis(int64_t axis) {
  const int64_t *found = llvm::find(getPerm(), axis);
  return keepIf(found != getPerm().end(), found - getPerm().begin());
}

OptionalAxis ExpandOp::mapAxis(int64_t axis) {
  int64_t moved = axis + getResult().getType().getRank() - getX().getType().getRank();
  return keepIf(sameKnownDim(getX().getType().getDimSize(axis), getResult().getType().getDimSize(moved)),
                moved);
}

OptionalAxis TileOp::mapAxis(int64_t axis) {
  return keepIf(getRepeats()[axis] == 1, axis);
}

OptionalAxis ConcatOp::mapAxis(int64_t axis) {
  return keepIf(axis != getAxis(), axis);
}

OptionalAxis SliceOp::mapAxis(int64_t axis) {
  bool sameSize = sameKnownDim(getX().getType().getDimSize(axis), getResult().getType().getDimSize(axis));
  bool untouched = getStarts()[axis] == 0 && getEnds()[axis] == INT64_MAX;
  return keepIf(getSteps()[axis] == 1 && (sameSize || untouched), axis);
}

mlir::OperandRange GatherOp::getDataOperands() {
  return getODSOperands(0);
}

OptionalAxis GatherOp::mapAxis(int64_t axis) {
  if (axis < getAxis())
    return axis;
  return keepIf(axis > getAxis(), axis + getIndices().getType().getRank() - 1);
}

OptionalAxis PadOp::mapAxis(int64_t axis) {
  llvm::ArrayRef<int64_t> pads = getPads();
  return keepIf(pads[axis] == 0 && pads[axis + pads.size() / 2] == 0, axis);
}

} // namespace limbeck::graph
