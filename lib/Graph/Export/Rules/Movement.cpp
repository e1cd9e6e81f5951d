// Ops that move elements, and those that compute on shapes: what the dialect has as attributes are operands of ONNX.
#include "../ExportRules.h"
#include "Gemm.h"
#include "limbeck/Graph/IR/Conversion.h"
#include <limits>

namespace limbeck::graph::exporter {

/// `op(x, list)`.
static Status exportWithList(mlir::Operation *op, GraphWriter &writer, llvm::StringRef what,
                             llvm::ArrayRef<int64_t> list) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  return writer.finish(op, Node(findExportRule(op)->onnx, {x, writer.indices(op, what, list)}));
}

static Diagnostic openShape(const Shape &shape) {
  return error(Code::Unsupported, "expected a shape that ONNX can hold as a constant, found ",
               shapeText(shape))
      .withHint("set dimensions with --shape NAME=1x3x224x224 or --dim SYMBOL=VALUE");
}

/// A 0 copies the dimension of the operand in its place; one other may be inferred. Nothing where that does not say it.
static std::optional<Shape> targetWithCopies(const Shape &shape, llvm::ArrayRef<int64_t> kept) {
  Shape target = shape;
  for (size_t i = 0; i < kept.size(); ++i)
    if (shape[i] == kUnknown && kept[i] == static_cast<int64_t>(i))
      target[i] = 0;
  bool says = llvm::count(target, kUnknown) <= 1 && !llvm::is_contained(shape, 0);
  return says ? std::optional(std::move(target)) : std::nullopt;
}

/// The target picked from the operand's shape and the sizes that are known.
static Expected<Edge> targetFromShape(ReshapeOp op, GraphWriter &writer, const Edge &x, const Shape &shape) {
  int64_t rank = op.getX().getType().getRank();
  llvm::SmallVector<int64_t> sizes, picks;
  for (auto [size, from] : llvm::zip_equal(shape, *op.getKept())) {
    bool known = size != kUnknown || from == -1;
    picks.push_back(known ? rank + static_cast<int64_t>(sizes.size()) : from);
    if (known)
      sizes.push_back(size);
  }
  LIMBECK_ASSIGN(Edge own, writer.intermediate(op, Node("Shape", {x}), "own_shape", DType::S64));
  if (!sizes.empty()) {
    Node joined("Concat", {own, writer.indices(op, "sizes", sizes)});
    joined.integer("axis", 0);
    LIMBECK_ASSIGN(own, writer.intermediate(op, std::move(joined), "all_sizes", DType::S64));
  }
  Node picked("Gather", {own, writer.indices(op, "picks", picks)});
  return writer.intermediate(op, std::move(picked), "shape", DType::S64);
}

static Status exportReshape(mlir::Operation *op, GraphWriter &writer) {
  auto reshape = llvm::cast<ReshapeOp>(op);
  LIMBECK_ASSIGN(TensorType result, toTensorType(reshape.getType()));
  LIMBECK_ASSIGN(Edge x, writer.operand(reshape.getX()));
  llvm::ArrayRef<int64_t> kept = reshape.getKept().value_or(llvm::ArrayRef<int64_t>());
  if (llvm::count(result.shape, kUnknown) <= 1) {
    Node node("Reshape", {x, writer.indices(op, "shape", result.shape)});
    // Else a 0 would copy a dimension.
    if (llvm::is_contained(result.shape, 0))
      node.integer("allowzero", 1);
    return writer.finish(op, std::move(node));
  }
  if (std::optional<Shape> target = targetWithCopies(result.shape, kept))
    return writer.finish(op, Node("Reshape", {x, writer.indices(op, "shape", *target)}));
  auto inferred = [&](size_t i) { return result.shape[i] == kUnknown && (kept.empty() || kept[i] == -1); };
  if (llvm::count_if(llvm::seq<size_t>(0, result.shape.size()), inferred) > 1)
    return openShape(result.shape);
  LIMBECK_ASSIGN(Edge target, targetFromShape(reshape, writer, x, result.shape));
  return writer.finish(op, Node("Reshape", {x, target}));
}

static Status exportTranspose(mlir::Operation *op, GraphWriter &writer) {
  if (isPartOfGemm(llvm::cast<TransposeOp>(op)))
    return {};
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  Node node("Transpose", {x});
  node.integers("perm", llvm::cast<TransposeOp>(op).getPerm());
  return writer.finish(op, std::move(node));
}

/// ONNX broadcasts both ways, so that 1 keeps a dimension that is not known.
static Status exportExpand(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(TensorType from, toTensorType(op->getOperand(0).getType()));
  LIMBECK_ASSIGN(TensorType to, toTensorType(op->getResult(0).getType()));
  Shape shape = to.shape;
  size_t added = to.shape.size() - from.shape.size();
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] != kUnknown)
      continue;
    if (axis < added || from.shape[axis - added] == 1)
      return openShape(to.shape);
    shape[axis] = 1;
  }
  return exportWithList(op, writer, "shape", shape);
}

static Status exportTile(mlir::Operation *op, GraphWriter &writer) {
  return exportWithList(op, writer, "repeats", llvm::cast<TileOp>(op).getRepeats());
}

static Status exportConcat(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("Concat", std::move(operands));
  node.integer("axis", llvm::cast<ConcatOp>(op).getAxis());
  return writer.finish(op, std::move(node));
}

/// Only the axes that are cut are named.
static Status exportSlice(mlir::Operation *op, GraphWriter &writer) {
  auto slice = llvm::cast<SliceOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(slice.getX()));
  llvm::SmallVector<int64_t> starts, ends, axes, steps;
  for (auto [axis, start, end, step] : llvm::zip(llvm::seq<int64_t>(0, slice.getStarts().size()),
                                                 slice.getStarts(), slice.getEnds(), slice.getSteps())) {
    if (start == 0 && end == std::numeric_limits<int64_t>::max() && step == 1)
      continue;
    starts.push_back(start);
    ends.push_back(end);
    axes.push_back(axis);
    steps.push_back(step);
  }
  if (axes.empty())
    return writer.finish(op, Node("Identity", {x}));
  std::vector<Edge> operands = {x, writer.indices(op, "starts", starts), writer.indices(op, "ends", ends),
                                writer.indices(op, "axes", axes)};
  if (llvm::any_of(steps, [](int64_t step) { return step != 1; }))
    operands.push_back(writer.indices(op, "steps", steps));
  return writer.finish(op, Node("Slice", std::move(operands)));
}

static Status exportGather(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("Gather", std::move(operands));
  node.integer("axis", llvm::cast<GatherOp>(op).getAxis());
  return writer.finish(op, std::move(node));
}

static Status exportPad(mlir::Operation *op, GraphWriter &writer) {
  auto pad = llvm::cast<PadOp>(op);
  LIMBECK_ASSIGN(TensorType type, toTensorType(pad.getX().getType()));
  LIMBECK_ASSIGN(Edge x, writer.operand(pad.getX()));
  std::vector<Edge> operands = {x, writer.indices(op, "pads", pad.getPads())};
  if (pad.getValue()) {
    LIMBECK_ASSIGN(Edge value, writer.operand(pad.getValue()));
    operands.push_back(value);
  } else if (type.quantization && pad.getMode() == "constant") {
    // The real 0 is stored as the zero point.
    int64_t zero = type.quantization->zeroPoints.front();
    if (llvm::any_of(type.quantization->zeroPoints, [&](int64_t each) { return each != zero; }))
      return error(Code::Unsupported, "expected one zero point to pad with, found several");
    operands.push_back(
        writer.scalar(writer.nameOf(pad.getResult()) + "_value", type.dtype, static_cast<double>(zero)));
  }
  Node node("Pad", std::move(operands));
  node.text("mode", pad.getMode());
  if (pad.getMode() == "wrap")
    writer.require(19);
  return writer.finish(op, std::move(node));
}

static Status exportShape(mlir::Operation *op, GraphWriter &writer) {
  auto shape = llvm::cast<ShapeOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(shape.getX()));
  Node node("Shape", {x});
  // Older opsets have the whole shape only.
  if (shape.getStart() != 0)
    node.integer("start", shape.getStart());
  if (shape.getEnd() < llvm::cast<mlir::RankedTensorType>(shape.getX().getType()).getRank())
    node.integer("end", shape.getEnd());
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> movementRules() {
  static constexpr ExportRule rules[] = {
      {"reshape", "Reshape", exportReshape}, {"transpose", "Transpose", exportTranspose},
      {"expand", "Expand", exportExpand},    {"tile", "Tile", exportTile},
      {"concat", "Concat", exportConcat},    {"slice", "Slice", exportSlice},
      {"gather", "Gather", exportGather},    {"pad", "Pad", exportPad},
      {"shape", "Shape", exportShape},       {"size", "Size", exportRenamed},
      {"range", "Range", exportRenamed},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
