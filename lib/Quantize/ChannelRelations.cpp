// From the inputs and results of contractions over all that hands factors on.
#include "ChannelRelations.h"
#include "ChannelGroups.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Constants.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

namespace limbeck::quantize {

static mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

bool isFloatConstant(mlir::Value value) {
  return value && value.getDefiningOp<graph::ConstOp>() && mlir::getElementTypeOrSelf(value).isF32();
}

bool takesBothFactors(mlir::Operation *op) {
  return (mlir::isa<graph::MulOp>(op) &&
          (isFloatConstant(op->getOperand(0)) != isFloatConstant(op->getOperand(1)))) ||
         (mlir::isa<graph::DivOp>(op) && isFloatConstant(op->getOperand(1)) &&
          !isFloatConstant(op->getOperand(0)));
}

bool takesFactors(graph::AnchorOpInterface anchor) {
  mlir::Value weights = anchor.getAnchorWeights(), bias = anchor.getAnchorBias();
  size_t rank = mlir::isa<graph::MatmulOp>(anchor) ? 2 : 4;
  auto known = [](mlir::Value value, int64_t axis) {
    return typeOf(value).getElementType().isF32() &&
           !typeOf(value).isDynamicDim(static_cast<unsigned>(axis)) &&
           typeOf(value).getDimSize(static_cast<unsigned>(axis)) > 0;
  };
  return isFloatConstant(weights) && typeOf(weights).getRank() == static_cast<int64_t>(rank) &&
         typeOf(weights).getNumElements() > 0 && (!bias || isFloatConstant(bias)) &&
         !anchor.getAnchorInput().getDefiningOp<graph::ConstOp>() &&
         known(anchor.getAnchorInput(), static_cast<int64_t>(inputChannelAxis(anchor))) &&
         known(anchor->getResult(0), anchor.getChannelAxis());
}

size_t inputChannelAxis(graph::AnchorOpInterface anchor) {
  auto layout = mlir::dyn_cast<graph::LayoutOpInterface>(anchor.getOperation());
  return layout && layout.getLayout() == "NCHW"
             ? 1
             : static_cast<size_t>(typeOf(anchor.getAnchorInput()).getRank() - 1);
}

ChannelRelations::ChannelRelations(mlir::func::FuncOp function) : body(&function.getBody()) {
  for (auto anchor : body->getOps<graph::AnchorOpInterface>())
    if (takesFactors(anchor)) {
      seed(anchor.getAnchorInput(), inputChannelAxis(anchor));
      seed(anchor->getResult(0), static_cast<size_t>(anchor.getChannelAxis()));
    }
  while (!pending.empty()) {
    mlir::Value value = pending.pop_back_val();
    if (mlir::Operation *maker = value.getDefiningOp())
      relate(maker);
    else
      fix(value);
    for (mlir::Operation *user : value.getUsers()) {
      if (user->getParentRegion() == body)
        relate(user);
      else
        fix(value); // what a branch reads
    }
  }
}

void ChannelRelations::seed(mlir::Value value, size_t axis) {
  auto type = typeOf(value);
  join(value,
       sets.fresh(static_cast<size_t>(type.getRank()), axis, type.getDimSize(static_cast<unsigned>(axis))));
}

void ChannelRelations::join(mlir::Value value, ChannelField field) {
  // A constant is no place where factors pass; the op that reads it may take some into it.
  if (value.getDefiningOp<graph::ConstOp>()) {
    sets.fix(field);
    return;
  }
  auto [found, added] = fields.try_emplace(value, std::move(field));
  if (added)
    pending.push_back(value);
  else
    sets.unite(found->second, field);
}

void ChannelRelations::fix(mlir::Value value) {
  if (auto found = fields.find(value); found != fields.end())
    sets.fix(found->second);
}

void ChannelRelations::fixAll(mlir::Operation *op) {
  for (mlir::Value operand : op->getOperands())
    fix(operand);
  for (mlir::Value result : op->getResults())
    fix(result);
}

/// What differs along these dimensions only has one factor.
void ChannelRelations::uniteAlong(mlir::Value value, llvm::function_ref<bool(size_t)> dims) {
  auto found = fields.find(value);
  if (found == fields.end())
    return;
  std::vector<size_t> chosen;
  for (size_t dim = 0; dim < found->second.shape.size(); ++dim)
    if (dims(dim))
      chosen.push_back(dim);
  sets.collapsed(found->second, chosen);
}

/// Two values of one shape with the same factors.
void ChannelRelations::same(mlir::Value left, mlir::Value right) {
  for (auto [from, to] : {std::pair(left, right), std::pair(right, left)})
    if (auto found = fields.find(from); found != fields.end())
      join(to, ChannelField(found->second));
}

/// The same where the operand is broadcast.
void ChannelRelations::spread(mlir::Value operand, mlir::Value result) {
  if (auto found = fields.find(result); found != fields.end())
    join(operand, sets.ofOperand(found->second, typeOf(operand).getShape()));
  if (auto found = fields.find(operand); found != fields.end())
    join(result, ChannelSets::ofResult(found->second, static_cast<size_t>(typeOf(result).getRank())));
}

void ChannelRelations::relateReshape(graph::ReshapeOp op) {
  // Which dimension of x each of the result is, and the other way around.
  std::vector<int64_t> kept(typeOf(op.getResult()).getRank(), -1), back(typeOf(op.getX()).getRank(), -1);
  for (auto [dim, source] : llvm::enumerate(op.getKept().value_or(llvm::ArrayRef<int64_t>())))
    if (source >= 0) {
      kept[dim] = source;
      back[static_cast<size_t>(source)] = static_cast<int64_t>(dim);
    }
  auto move = [&](mlir::Value from, mlir::Value to, std::span<const int64_t> same) {
    auto found = fields.find(from);
    if (found == fields.end())
      return;
    auto unknown = [](int64_t size) { return mlir::ShapedType::isDynamic(size) ? -1 : size; };
    auto shapeFrom = llvm::map_to_vector(typeOf(from).getShape(), unknown),
         shapeTo = llvm::map_to_vector(typeOf(to).getShape(), unknown);
    if (auto moved = reshaped(found->second, shapeFrom, shapeTo, same))
      join(to, std::move(*moved));
    else
      fixAll(op);
  };
  move(op.getX(), op.getResult(), kept);
  move(op.getResult(), op.getX(), back);
}

void ChannelRelations::relateTranspose(graph::TransposeOp op) {
  llvm::ArrayRef<int64_t> perm = op.getPerm();
  std::vector<int64_t> back(perm.size());
  for (auto [i, dim] : llvm::enumerate(perm))
    back[static_cast<size_t>(dim)] = static_cast<int64_t>(i);
  if (auto found = fields.find(op.getX()); found != fields.end())
    join(op.getResult(), transposed(found->second, perm));
  if (auto found = fields.find(op.getResult()); found != fields.end())
    join(op.getX(), transposed(found->second, back));
}

void ChannelRelations::relateReduction(mlir::Operation *op, llvm::ArrayRef<int64_t> axes, bool keepdims) {
  mlir::Value x = op->getOperand(0), result = op->getResult(0);
  auto isReduced = [&](size_t dim) { return llvm::is_contained(axes, static_cast<int64_t>(dim)); };
  uniteAlong(x, isReduced);
  auto rank = static_cast<size_t>(typeOf(x).getRank());
  if (auto found = fields.find(x); found != fields.end()) {
    ChannelField field = sets.collapsed(found->second, std::vector<size_t>(axes.begin(), axes.end()));
    for (size_t dim = rank; !keepdims && dim-- > 0;)
      if (isReduced(dim))
        field.shape.erase(field.shape.begin() + static_cast<ptrdiff_t>(dim));
    join(result, std::move(field));
  }
  if (auto found = fields.find(result); found != fields.end()) {
    ChannelField field = found->second;
    for (size_t dim = 0; !keepdims && dim < rank; ++dim)
      if (isReduced(dim))
        field.shape.insert(field.shape.begin() + static_cast<ptrdiff_t>(dim), 1);
    join(x, std::move(field));
  }
}

void ChannelRelations::relateConcat(graph::ConcatOp op) {
  auto axis = static_cast<size_t>(op.getAxis());
  int64_t begin = 0;
  for (mlir::Value part : op.getInputs()) {
    int64_t size = typeOf(part).getDimSize(static_cast<unsigned>(axis));
    if (mlir::ShapedType::isDynamic(size) || size == 0)
      return fixAll(op);
    // A part that is known before the others brings channels for all of them.
    if (fields.contains(part) && !fields.contains(op.getResult())) {
      int64_t whole = typeOf(op.getResult()).getDimSize(static_cast<unsigned>(axis));
      ChannelField field = fields.find(part)->second;
      if (std::ranges::any_of(field.shape, [](int64_t length) { return length != 1; }) && !field.varies(axis))
        return fixAll(op);
      join(op.getResult(), sets.fresh(field.shape.size(), axis, whole));
    }
    if (auto found = fields.find(op.getResult()); found != fields.end()) {
      ChannelField piece = sliced(found->second, axis, begin, size);
      join(part, std::move(piece));
    }
    begin += size;
  }
}

/// Of two activations: columns of the right one are those of the result.
void ChannelRelations::relateProduct(graph::MatmulOp op) {
  mlir::Value right = op.getRhs(), result = op.getResult();
  auto rightRank = static_cast<size_t>(typeOf(right).getRank()),
       rank = static_cast<size_t>(typeOf(result).getRank());
  fix(op.getLhs());
  if (op.getBias())
    fix(result);
  uniteAlong(right, [&](size_t dim) { return dim + 2 == rightRank; });
  uniteAlong(result, [&](size_t dim) { return dim + 2 == rank; });
  auto withoutRows = [&](mlir::Value value) {
    ChannelField field = fields.find(value)->second;
    return sets.collapsed(field, std::array{field.shape.size() - 2});
  };
  if (fields.contains(right))
    join(result, ChannelSets::ofResult(withoutRows(right), rank));
  if (fields.contains(result)) {
    llvm::SmallVector<int64_t> shape(typeOf(right).getShape());
    shape[rightRank - 2] = 1;
    join(right, sets.ofOperand(withoutRows(result), shape));
  }
}

void ChannelRelations::relateNorm(mlir::Operation *op) {
  mlir::Value result = op->getResult(0);
  if (auto layer = mlir::dyn_cast<graph::LayerNormOp>(op)) {
    auto axis = static_cast<size_t>(layer.getAxis());
    fix(layer.getX());
    fix(layer.getMean());
    fix(layer.getInverseDeviation());
    if (!isFloatConstant(layer.getScale()) || (layer.getBias() && !isFloatConstant(layer.getBias())))
      fix(result);
    return uniteAlong(result, [&](size_t dim) { return dim < axis; });
  }
  auto batch = mlir::cast<graph::BatchNormOp>(op);
  for (mlir::Value parameter : batch->getOperands().drop_front())
    if (!isFloatConstant(parameter))
      return fixAll(op);
  for (mlir::Value value : {mlir::Value(batch.getX()), result})
    uniteAlong(value, [&](size_t dim) { return dim != static_cast<size_t>(batch.getAxis()); });
}

void ChannelRelations::relate(mlir::Operation *op) {
  auto first = [&] { return op->getOperand(0); };
  auto result = [&]() -> mlir::Value { return op->getResult(0); };
  if (auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op); anchor && takesFactors(anchor)) {
    // Input and result have their channels from the beginning.
    uniteAlong(anchor.getAnchorInput(), [&](size_t dim) { return dim != inputChannelAxis(anchor); });
    return uniteAlong(result(),
                      [&](size_t dim) { return dim != static_cast<size_t>(anchor.getChannelAxis()); });
  }
  llvm::TypeSwitch<mlir::Operation *>(op)
      .Case<calib::ObserveOp, graph::ReluOp, graph::LeakyReluOp, graph::AbsOp, graph::NegOp>(
          [&](auto) { same(first(), result()); })
      .Case([&](graph::PreluOp prelu) {
        fix(prelu.getSlope());
        spread(prelu.getX(), result());
      })
      .Case([&](graph::ReshapeOp reshape) { relateReshape(reshape); })
      .Case([&](graph::TransposeOp transpose) { relateTranspose(transpose); })
      .Case([&](graph::ConcatOp concat) { relateConcat(concat); })
      .Case<graph::MaxPoolOp, graph::AveragePoolOp>([&](auto pool) {
        size_t rank = static_cast<size_t>(typeOf(result()).getRank()),
               axis = pool.getLayout() == "NCHW" ? 1 : rank - 1;
        for (mlir::Value value : {first(), result()})
          uniteAlong(value, [&](size_t dim) { return dim != axis; });
        // What is the same along all but one dimension fits a tensor of other sizes, too.
        for (auto [from, to] : {std::pair(first(), result()), std::pair(result(), first())})
          if (auto found = fields.find(from); found != fields.end()) {
            std::vector<size_t> others;
            for (size_t dim = 0; dim < rank; ++dim)
              if (dim != axis)
                others.push_back(dim);
            join(to, sets.collapsed(found->second, others));
          }
      })
      .Case<graph::ResizeOp, graph::PadOp>([&](auto) {
        auto pad = mlir::dyn_cast<graph::PadOp>(op);
        auto resize = mlir::dyn_cast<graph::ResizeOp>(op);
        // A border that is no element has no factor.
        if ((pad && pad.getValue()) || (resize && resize.getCoordinateMode() == "tf_crop_and_resize"))
          return fixAll(op);
        std::vector<size_t> changed;
        for (auto [dim, sizes] :
             llvm::enumerate(llvm::zip_equal(typeOf(first()).getShape(), typeOf(result()).getShape())))
          if (std::get<0>(sizes) != std::get<1>(sizes) || mlir::ShapedType::isDynamic(std::get<0>(sizes)) ||
              (pad && (pad.getPads()[dim] || pad.getPads()[dim + typeOf(first()).getRank()])))
            changed.push_back(dim);
        for (auto [from, to] : {std::pair(first(), result()), std::pair(result(), first())})
          if (auto found = fields.find(from); found != fields.end())
            join(to, sets.collapsed(found->second, changed));
      })
      .Case<graph::ReduceMeanOp, graph::ReduceSumOp, graph::ReduceMaxOp, graph::ReduceMinOp>(
          [&](auto reduce) { relateReduction(op, reduce.getAxes(), reduce.getKeepdims()); })
      .Case<graph::AddOp, graph::SubOp, graph::MaxOp, graph::MinOp>([&](auto) {
        for (mlir::Value operand : op->getOperands())
          if (!isFloatConstant(operand))
            spread(operand, result());
      })
      .Case<graph::MulOp, graph::DivOp>([&](auto) {
        if (takesBothFactors(op))
          return;
        // One factor passes, from the operand that is not broadcast; a gate has none.
        mlir::Value left = op->getOperand(0), right = op->getOperand(1);
        bool first = mlir::isa<graph::DivOp>(op) || left.getType() == result().getType();
        fix(first ? right : left);
        if (left == right)
          return fixAll(op);
        spread(first ? left : right, result());
      })
      .Case([&](graph::MatmulOp product) { relateProduct(product); })
      .Case<graph::LayerNormOp, graph::BatchNormOp>([&](auto) { relateNorm(op); })
      .Default([&](auto) { fixAll(op); });
}

} // namespace limbeck::quantize
