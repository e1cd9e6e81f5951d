// Groups of channels, and the constants that take their factors.
#include "ChannelGroups.h"
#include "ChannelRelations.h"
#include "limbeck/Graph/IR/Constants.h"
#include <utility>

namespace limbeck::quantize {

WeightIndex::WeightIndex(graph::AnchorOpInterface anchor) {
  llvm::ArrayRef<int64_t> shape =
      mlir::cast<mlir::RankedTensorType>(anchor.getAnchorWeights().getType()).getShape();
  auto conv = mlir::dyn_cast<graph::ConvOp>(anchor.getOperation());
  auto spread = mlir::dyn_cast<graph::ConvTransposeOp>(anchor.getOperation());
  transposed = !conv;
  groups = static_cast<size_t>(conv ? conv.getGroups() : spread ? spread.getGroups() : 1);
  first = static_cast<size_t>(shape[0]);
  second = static_cast<size_t>(shape[1]);
  inner = 1;
  for (int64_t size : shape.drop_front(2))
    inner *= static_cast<size_t>(size);
}

size_t WeightIndex::input(int64_t element) const {
  size_t slice = static_cast<size_t>(element) / inner, row = slice / second;
  return transposed ? row : row / (first / groups) * second + slice % second;
}

size_t WeightIndex::output(int64_t element) const {
  size_t slice = static_cast<size_t>(element) / inner, row = slice / second;
  return transposed ? row / (first / groups) * second + slice % second : row;
}

ChannelGroups::ChannelGroups(mlir::func::FuncOp function) : function(function) {
  ChannelRelations relations(function);
  llvm::DenseMap<size_t, size_t> numbers;
  // In the order of the contractions, so that numbers do not depend on pointers.
  auto number = [&](mlir::Value value) {
    auto found = relations.fields.find(value);
    if (found == relations.fields.end() || fields.contains(value))
      return;
    ChannelField field = found->second;
    for (size_t &channel : field.channels) {
      auto [place, added] = numbers.try_emplace(relations.sets.find(channel), numbers.size());
      if (added)
        fixedGroups.push_back(relations.sets.isFixed(channel));
      channel = place->second;
    }
    fields[value] = std::move(field);
  };
  for (mlir::Value argument : function.getArguments())
    number(argument);
  for (mlir::Operation &op : function.getBody().front())
    for (mlir::Value result : op.getResults())
      number(result);
  groups = numbers.size();
}

std::vector<size_t> ChannelGroups::groupsAlong(mlir::Value value, size_t axis) const {
  const ChannelField &field = fields.find(value)->second;
  auto type = mlir::cast<mlir::RankedTensorType>(value.getType());
  size_t step = 1;
  for (size_t dim = axis + 1; dim < field.shape.size(); ++dim)
    step *= static_cast<size_t>(field.shape[dim]);
  // Channels that differ along other dimensions are of one group: the contraction has united them.
  std::vector<size_t> along;
  for (int64_t i = 0; i < type.getDimSize(static_cast<unsigned>(axis)); ++i)
    along.push_back(field.channels[field.varies(axis) ? static_cast<size_t>(i) * step : 0]);
  return along;
}

std::vector<size_t> ChannelGroups::inputGroups(graph::AnchorOpInterface anchor) const {
  return groupsAlong(anchor.getAnchorInput(), inputChannelAxis(anchor));
}

std::vector<size_t> ChannelGroups::outputGroups(graph::AnchorOpInterface anchor) const {
  return groupsAlong(anchor->getResult(0), static_cast<size_t>(anchor.getChannelAxis()));
}

bool ChannelGroups::isScaled(mlir::Value value, std::span<const double> factors) const {
  auto found = fields.find(value);
  return found != fields.end() &&
         llvm::any_of(found->second.channels, [&](size_t group) { return factors[group] != 1; });
}

Status ChannelGroups::scale(std::span<const double> factors) {
  llvm::SmallVector<mlir::Operation *> ops;
  for (mlir::Operation &op : function.getBody().front())
    ops.push_back(&op);
  for (mlir::Operation *op : ops)
    LIMBECK_TRY(scaleOp(op, factors));
  return {};
}

/// A new constant in the place of the operand; others may read the one before.
static Status replace(mlir::OpOperand &use, const Tensor &tensor) {
  mlir::OpBuilder b(use.getOwner());
  auto type = mlir::RankedTensorType::get(tensor.shape(), b.getF32Type());
  LIMBECK_ASSIGN(mlir::Value value, graph::createConstant(b, use.get().getLoc(), tensor, type));
  use.set(value);
  return {};
}

static Expected<Tensor> constantAt(mlir::OpOperand &use) {
  auto tensor = graph::constantOf(use.get());
  if (!tensor)
    return error(Code::Internal, "expected a constant operand of ",
                 use.getOwner()->getName().getStringRef().str());
  return std::move(*tensor);
}

Status ChannelGroups::scaleWeights(graph::AnchorOpInterface anchor, std::span<const double> factors) {
  mlir::OpOperand *use = nullptr, *biasUse = nullptr;
  for (mlir::OpOperand &operand : anchor->getOpOperands()) {
    use = operand.get() == anchor.getAnchorWeights() ? &operand : use;
    biasUse = operand.get() == anchor.getAnchorBias() ? &operand : biasUse;
  }
  LIMBECK_ASSIGN(Tensor before, constantAt(*use));
  LIMBECK_ASSIGN(Tensor after, Tensor::zeros(DType::F32, before.shape()));
  std::vector<size_t> in = inputGroups(anchor), out = outputGroups(anchor);
  WeightIndex index(anchor);
  for (int64_t i = 0; i < before.size(); ++i)
    after.mutableValues<float>()[static_cast<size_t>(i)] =
        static_cast<float>(before.asDouble(i) * factors[out[index.output(i)]] / factors[in[index.input(i)]]);
  LIMBECK_TRY(replace(*use, after));
  if (!biasUse)
    return {};
  LIMBECK_ASSIGN(Tensor bias, constantAt(*biasUse));
  LIMBECK_ASSIGN(Tensor scaled, Tensor::zeros(DType::F32, bias.shape()));
  for (size_t i = 0; i < out.size(); ++i)
    scaled.mutableValues<float>()[i] =
        static_cast<float>(bias.asDouble(static_cast<int64_t>(i)) * factors[out[i]]);
  return replace(*biasUse, scaled);
}

Status ChannelGroups::scaleOperand(mlir::OpOperand &use, mlir::Value times, mlir::Value over,
                                   std::span<const double> factors, size_t once) {
  LIMBECK_ASSIGN(Tensor before, constantAt(use));
  // The constant as all three are broadcast together.
  auto rank = static_cast<size_t>(
      mlir::cast<mlir::RankedTensorType>(use.getOwner()->getResult(0).getType()).getRank());
  Shape shape(rank, 1);
  auto widen = [&](std::span<const int64_t> sizes) {
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      if (int64_t &own = shape[rank - sizes.size() + dim]; own == 1)
        own = sizes[dim];
  };
  auto fieldOf = [&](mlir::Value value) {
    auto found = value ? fields.find(value) : fields.end();
    return found == fields.end() ? std::optional<ChannelField>() : ChannelSets::ofResult(found->second, rank);
  };
  std::optional<ChannelField> above = fieldOf(times), below = fieldOf(over);
  widen(before.shape());
  for (const auto &field : {above, below})
    if (field)
      widen(field->shape);
  ChannelField own{Shape(rank, 1), std::vector<size_t>(static_cast<size_t>(before.size()))};
  std::ranges::copy(before.shape(), own.shape.begin() + static_cast<ptrdiff_t>(rank - before.shape().size()));
  std::vector<double> values;
  forEachElement(shape, own, [&](size_t, size_t place) {
    values.push_back(before.asDouble(static_cast<int64_t>(place)));
  });
  if (above)
    forEachElement(shape, *above,
                   [&](size_t i, size_t place) { values[i] *= factors[above->channels[place]]; });
  if (below)
    forEachElement(shape, *below,
                   [&](size_t i, size_t place) { values[i] /= factors[below->channels[place]]; });
  // Factors are the same along these, though a field may be spread out there; a constant may not.
  size_t slices = 1;
  for (size_t dim = 0; dim < once; ++dim)
    slices *= static_cast<size_t>(std::exchange(shape[dim], 1));
  values.resize(values.size() / slices);
  // Leading ones say nothing.
  size_t leading = 0;
  while (leading < rank - before.shape().size() && shape[leading] == 1)
    ++leading;
  shape.erase(shape.begin(), shape.begin() + static_cast<ptrdiff_t>(leading));
  LIMBECK_ASSIGN(Tensor after, Tensor::zeros(DType::F32, shape));
  llvm::transform(values, after.mutableValues<float>().begin(),
                  [](double value) { return static_cast<float>(value); });
  return replace(use, after);
}

Status ChannelGroups::scaleBatchNorm(graph::BatchNormOp norm, std::span<const double> factors) {
  auto axis = static_cast<size_t>(norm.getAxis());
  size_t channels =
      static_cast<size_t>(mlir::cast<mlir::RankedTensorType>(norm.getScale().getType()).getDimSize(0));
  auto factorsOf = [&](mlir::Value value) {
    std::vector<double> own(channels, 1);
    if (isScaled(value, factors))
      for (auto [i, group] : llvm::enumerate(groupsAlong(value, axis)))
        own[i] = factors[group];
    return own;
  };
  std::vector<double> in = factorsOf(norm.getX()), out = factorsOf(norm.getResult());
  // (x * in - mean * in) / deviation * (scale * out / in) + bias * out
  auto change = [&](unsigned operand, auto factor) -> Status {
    LIMBECK_ASSIGN(Tensor before, constantAt(norm->getOpOperand(operand)));
    LIMBECK_ASSIGN(Tensor after, Tensor::zeros(DType::F32, before.shape()));
    for (size_t i = 0; i < channels; ++i)
      after.mutableValues<float>()[i] =
          static_cast<float>(before.asDouble(static_cast<int64_t>(i)) * factor(i));
    return replace(norm->getOpOperand(operand), after);
  };
  LIMBECK_TRY(change(1, [&](size_t i) { return out[i] / in[i]; }));
  LIMBECK_TRY(change(2, [&](size_t i) { return out[i]; }));
  return change(3, [&](size_t i) { return in[i]; });
}

Status ChannelGroups::scaleOp(mlir::Operation *op, std::span<const double> factors) {
  bool scaled =
      llvm::any_of(op->getOperands(), [&](mlir::Value value) { return isScaled(value, factors); }) ||
      llvm::any_of(op->getResults(), [&](mlir::Value value) { return isScaled(value, factors); });
  if (!scaled)
    return {};
  if (auto anchor = mlir::dyn_cast<graph::AnchorOpInterface>(op))
    return takesFactors(anchor) ? scaleWeights(anchor, factors) : Status();
  if (auto norm = mlir::dyn_cast<graph::BatchNormOp>(op))
    return scaleBatchNorm(norm, factors);
  if (auto norm = mlir::dyn_cast<graph::LayerNormOp>(op)) {
    auto once = static_cast<size_t>(norm.getAxis());
    LIMBECK_TRY(scaleOperand(norm->getOpOperand(1), norm.getResult(), {}, factors, once));
    return norm.getBias() ? scaleOperand(norm->getOpOperand(2), norm.getResult(), {}, factors, once)
                          : Status();
  }
  mlir::Value result = op->getResult(0);
  if (takesBothFactors(op)) {
    bool divides = mlir::isa<graph::DivOp>(op), first = isFloatConstant(op->getOperand(0));
    mlir::Value other = op->getOperand(first ? 1 : 0);
    return scaleOperand(op->getOpOperand(first ? 0 : 1), divides ? other : result, divides ? result : other,
                        factors);
  }
  if (mlir::isa<graph::AddOp, graph::SubOp, graph::MaxOp, graph::MinOp>(op))
    for (mlir::OpOperand &use : op->getOpOperands())
      if (isFloatConstant(use.get()))
        LIMBECK_TRY(scaleOperand(use, result, {}, factors));
  return {};
}

} // namespace limbeck::quantize
