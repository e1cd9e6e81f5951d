// Moves a transpose behind the op that uses it: the op then works on the order before the transpose.
#include "Patterns.h"
#include "Permutation.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Reference/Operation.h"

namespace limbeck::layout {

namespace {

/// What an attribute says about dimensions.
enum class Meaning {
  Axis,             ///< one dimension
  Axes,             ///< a set of dimensions, ascending
  PerDimension,     ///< a list with one entry per dimension
  PerDimensionTwice ///< two such lists, one behind the other
};

struct DimensionAttribute {
  llvm::StringRef op, name;
  Meaning meaning;
};

constexpr DimensionAttribute dimensionAttributes[] = {
    {"limbeck.arg_max", "axis", Meaning::Axis},
    {"limbeck.batch_norm", "axis", Meaning::Axis},
    {"limbeck.concat", "axis", Meaning::Axis},
    {"limbeck.expand", "shape", Meaning::PerDimension},
    {"limbeck.log_softmax", "axis", Meaning::Axis},
    {"limbeck.lrn", "axis", Meaning::Axis},
    {"limbeck.pad", "pads", Meaning::PerDimensionTwice},
    {"limbeck.reduce_max", "axes", Meaning::Axes},
    {"limbeck.reduce_mean", "axes", Meaning::Axes},
    {"limbeck.reduce_min", "axes", Meaning::Axes},
    {"limbeck.reduce_prod", "axes", Meaning::Axes},
    {"limbeck.reduce_sum", "axes", Meaning::Axes},
    {"limbeck.resize", "roi", Meaning::PerDimensionTwice},
    {"limbeck.resize", "scales", Meaning::PerDimension},
    {"limbeck.resize", "sizes", Meaning::PerDimension},
    {"limbeck.slice", "ends", Meaning::PerDimension},
    {"limbeck.slice", "starts", Meaning::PerDimension},
    {"limbeck.slice", "steps", Meaning::PerDimension},
    {"limbeck.softmax", "axis", Meaning::Axis},
    {"limbeck.tile", "repeats", Meaning::PerDimension},
};

bool hasDimensionAttributes(mlir::Operation *op) {
  return llvm::any_of(dimensionAttributes, [&](const DimensionAttribute &entry) {
    return entry.op == op->getName().getStringRef();
  });
}

/// The entries of a list for the dimensions of y, in the order of those of x; `copies` lists one behind the
/// other.
template <class T>
llvm::SmallVector<T> entriesBefore(llvm::ArrayRef<T> list, llvm::ArrayRef<int64_t> perm, size_t copies) {
  llvm::SmallVector<T> result;
  for (size_t copy = 0; copy < copies && !list.empty(); ++copy)
    result.append(permuted(list.slice(copy * perm.size(), perm.size()), inverse(perm)));
  return result;
}

/// The attribute for x, given that for y = transpose(x, perm).
mlir::Attribute attributeBefore(mlir::Attribute attribute, Meaning meaning, llvm::ArrayRef<int64_t> perm) {
  mlir::Builder builder(attribute.getContext());
  if (meaning == Meaning::Axis)
    return builder.getI64IntegerAttr(perm[mlir::cast<mlir::IntegerAttr>(attribute).getInt()]);
  if (meaning == Meaning::Axes) {
    auto axes = permuted(perm, mlir::cast<mlir::DenseI64ArrayAttr>(attribute).asArrayRef());
    llvm::sort(axes);
    return builder.getDenseI64ArrayAttr(axes);
  }
  size_t copies = meaning == Meaning::PerDimensionTwice ? 2 : 1;
  if (auto numbers = mlir::dyn_cast<mlir::DenseF32ArrayAttr>(attribute))
    return builder.getDenseF32ArrayAttr(entriesBefore(numbers.asArrayRef(), perm, copies));
  return builder.getDenseI64ArrayAttr(
      entriesBefore(mlir::cast<mlir::DenseI64ArrayAttr>(attribute).asArrayRef(), perm, copies));
}

/// The dimensions that an op folds together in row-major order, so that another order would add in another
/// order.
Permutation orderedDimensions(mlir::Operation *op) {
  if (mlir::isa<graph::ReduceSumOp, graph::ReduceMeanOp, graph::ReduceProdOp>(op))
    return Permutation(op->getAttrOfType<mlir::DenseI64ArrayAttr>("axes").asArrayRef());
  auto resize = mlir::dyn_cast<graph::ResizeOp>(op);
  if (!resize || resize.getMode() != "linear")
    return {};
  Permutation changed;
  for (int64_t dim = 0; dim < resize.getX().getType().getRank(); ++dim)
    if (resize.getX().getType().getDimSize(dim) != resize.getResult().getType().getDimSize(dim) ||
        mlir::ShapedType::isDynamic(resize.getX().getType().getDimSize(dim)) ||
        (!resize.getScales().empty() && resize.getScales()[dim] != 1.0f))
      changed.push_back(dim);
  return changed;
}

/// The dimensions of the operand that the result does not have.
Permutation droppedDimensions(mlir::Operation *op) {
  auto keeps = op->getAttrOfType<mlir::BoolAttr>("keepdims");
  if (!keeps || keeps.getValue())
    return {};
  if (auto argMax = mlir::dyn_cast<graph::ArgMaxOp>(op))
    return {argMax.getAxis()};
  return Permutation(op->getAttrOfType<mlir::DenseI64ArrayAttr>("axes").asArrayRef());
}

/// The transpose of what is left without the dropped dimensions of y.
Permutation permutationWithout(llvm::ArrayRef<int64_t> perm, llvm::ArrayRef<int64_t> dropped) {
  Permutation kept, result;
  for (int64_t dim = 0; dim < static_cast<int64_t>(perm.size()); ++dim)
    if (!llvm::is_contained(dropped, dim))
      kept.push_back(perm[dim]);
  for (int64_t dim : kept)
    result.push_back(llvm::count_if(kept, [&](int64_t other) { return other < dim; }));
  return result;
}

/// `shape` with leading dimensions of 1, as broadcasting reads it.
llvm::SmallVector<int64_t> alignedShape(llvm::ArrayRef<int64_t> shape, size_t rank) {
  llvm::SmallVector<int64_t> aligned(rank - shape.size(), 1);
  aligned.append(shape.begin(), shape.end());
  return aligned;
}

/// An operand of an op on y, as the op on x takes it.
class OperandBefore {
public:
  /// `perm` of y = transpose(x, perm). Null where a transpose at run time would be needed.
  static mlir::Value of(mlir::OpBuilder &builder, mlir::Value operand, llvm::ArrayRef<int64_t> perm) {
    if (graph::TransposeOp transpose = channelsFirstTranspose(operand);
        transpose && transpose.getPerm() == perm)
      return transpose.getX();
    auto type = mlir::cast<mlir::RankedTensorType>(operand.getType());
    if (!type.hasStaticShape() || type.getRank() > static_cast<int64_t>(perm.size()))
      return {};
    if (type.getNumElements() == 1)
      return operand;
    int64_t axis = graph::quantizationAxis(type);
    auto shift = static_cast<int64_t>(perm.size()) - type.getRank();
    auto aligned =
        graph::withShape(type, alignedShape(type.getShape(), perm.size()), axis < 0 ? -1 : axis + shift);
    auto wanted = permutedType(aligned, inverse(perm));
    if (auto tensor = graph::constantOf(operand))
      return transposedConstant(builder, operand, *tensor, aligned, wanted, inverse(perm));
    if (axis >= 0 || !movesOnlySizeOne(aligned.getShape(), inverse(perm)))
      return {};
    return createReshape(builder, operand.getLoc(), operand, wanted);
  }

private:
  static mlir::Value transposedConstant(mlir::OpBuilder &builder, mlir::Value operand, const Tensor &tensor,
                                        mlir::RankedTensorType aligned, mlir::RankedTensorType wanted,
                                        llvm::ArrayRef<int64_t> perm) {
    reference::Attributes attributes = {{"perm", std::vector<int64_t>(perm.begin(), perm.end())}};
    Tensor operands[] = {tensor.reshaped(Shape(aligned.getShape().begin(), aligned.getShape().end()))};
    TensorType operandTypes[] = {{tensor.dtype(), operands[0].shape(), nullptr}};
    TensorType resultTypes[] = {
        {tensor.dtype(), Shape(wanted.getShape().begin(), wanted.getShape().end()), nullptr}};
    auto result = reference::evaluate(*reference::findOp("transpose"),
                                      {attributes, operandTypes, operands, resultTypes});
    if (!result)
      return {};
    auto constant = graph::createConstant(builder, operand.getLoc(), result->front(), wanted);
    return constant ? *constant : mlir::Value();
  }
};

/// The operands for x of the ops that see several tensors of one order; fails where one of them cannot be
/// had.
llvm::LogicalResult operandsBefore(mlir::PatternRewriter &rewriter, mlir::OperandRange operands,
                                   llvm::ArrayRef<int64_t> perm, llvm::SmallVectorImpl<mlir::Value> &result) {
  for (mlir::Value operand : operands) {
    mlir::Value before = OperandBefore::of(rewriter, operand, perm);
    if (!before)
      return llvm::failure();
    result.push_back(before);
  }
  return llvm::success();
}

graph::TransposeOp anyTransposed(mlir::OperandRange operands) {
  for (mlir::Value operand : operands)
    if (graph::TransposeOp transpose = channelsFirstTranspose(operand))
      return transpose;
  return {};
}

struct SinkBehindPointwise : mlir::OpInterfaceRewritePattern<graph::ReferenceOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::ReferenceOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    graph::TransposeOp transpose =
        graph::isPointwise(op) ? anyTransposed(op->getOperands()) : graph::TransposeOp();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "not pointwise on a transposed operand");
    Permutation perm(transpose.getPerm());
    auto type = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    if (type.getRank() != static_cast<int64_t>(perm.size()))
      return rewriter.notifyMatchFailure(op, "the result has another rank");
    llvm::SmallVector<mlir::Value> operands;
    if (mlir::failed(operandsBefore(rewriter, op->getOperands(), perm, operands)))
      return rewriter.notifyMatchFailure(op, "another operand would have to be transposed");
    mlir::Operation *before = graph::cloneWith(rewriter, op, operands, {permutedType(type, inverse(perm))});
    rewriter.replaceOp(op, createTranspose(rewriter, transpose.getLoc(), before->getResult(0), perm));
    return llvm::success();
  }
};

struct SinkBehindDimensions : mlir::OpInterfaceRewritePattern<graph::ReferenceOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::ReferenceOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    if (!hasDimensionAttributes(op))
      return rewriter.notifyMatchFailure(op, "no attribute names dimensions");
    bool isConcat = mlir::isa<graph::ConcatOp>(op);
    graph::TransposeOp transpose =
        isConcat ? anyTransposed(op->getOperands()) : channelsFirstTranspose(op->getOperand(0));
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "no transposed operand");
    Permutation perm(transpose.getPerm());
    if (!llvm::is_sorted(permuted<int64_t>(perm, orderedDimensions(op))))
      return rewriter.notifyMatchFailure(op, "it would add in another order");
    auto type = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    Permutation left = permutationWithout(perm, droppedDimensions(op));
    if (type.getRank() != static_cast<int64_t>(left.size()))
      return rewriter.notifyMatchFailure(op, "the result has another rank");
    llvm::SmallVector<mlir::Value> operands = {transpose.getX()};
    llvm::append_range(operands, op->getOperands().drop_front());
    if (isConcat) {
      operands.clear();
      // A single element is no operand of any shape here, as it is where operands broadcast.
      if (llvm::any_of(op->getOperands(),
                       [](mlir::Value value) { return !channelsFirstTranspose(value) && isSingle(value); }) ||
          mlir::failed(operandsBefore(rewriter, op->getOperands(), perm, operands)))
        return rewriter.notifyMatchFailure(op, "another operand would have to be transposed");
    }
    mlir::Operation *before = graph::cloneWith(rewriter, op, operands, {permutedType(type, inverse(left))});
    for (const DimensionAttribute &entry : dimensionAttributes)
      if (entry.op == op->getName().getStringRef())
        before->setAttr(entry.name, attributeBefore(op->getAttr(entry.name), entry.meaning, perm));
    rewriter.replaceOp(op, createTranspose(rewriter, transpose.getLoc(), before->getResult(0), left));
    return llvm::success();
  }

private:
  static bool isSingle(mlir::Value value) {
    auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
    return type.hasStaticShape() && type.getNumElements() == 1;
  }
};

/// The range of a tensor does not depend on the order of its elements.
struct SinkBehindDynamicQuantize : mlir::OpRewritePattern<graph::DynamicQuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::DynamicQuantizeOp op,
                                      mlir::PatternRewriter &rewriter) const override {
    graph::TransposeOp transpose = channelsFirstTranspose(op.getX());
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "no transposed operand");
    Permutation perm(transpose.getPerm());
    auto before = graph::DynamicQuantizeOp::create(
        rewriter, op.getLoc(), permutedType(op.getResult().getType(), inverse(perm)), op.getScale().getType(),
        op.getZeroPoint().getType(), transpose.getX());
    mlir::Value after = createTranspose(rewriter, transpose.getLoc(), before.getResult(), perm);
    rewriter.replaceOp(op, {after, before.getScale(), before.getZeroPoint()});
    return llvm::success();
  }
};

} // namespace

void populateSinkTransposePatterns(mlir::RewritePatternSet &patterns) {
  patterns.add<SinkBehindPointwise, SinkBehindDimensions, SinkBehindDynamicQuantize>(patterns.getContext());
}

} // namespace limbeck::layout
