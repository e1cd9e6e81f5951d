// Appends checked ops to a Model.
#include "GraphBuilder.h"
#include <algorithm>

namespace limbeck::importer {

/// What is known about an application before it becomes an op.
struct GraphBuilder::Inference {
  const reference::OpDefinition *op = nullptr;
  std::vector<TensorType> operands, results;
  std::vector<const Tensor *> constants;
};

GraphBuilder::GraphBuilder(Model &model, const Limits &limits)
    : model(model), bounds(limits), folding(limits) {}

const Tensor *GraphBuilder::constant(ValueId value) const {
  const auto &tensor = model.values[value].constant;
  return tensor ? &*tensor : nullptr;
}

std::optional<std::vector<int64_t>> GraphBuilder::partialIndices(ValueId value) const {
  if (const Tensor *tensor = constant(value))
    return isInteger(tensor->dtype()) && tensor->size() <= bounds.attributeList
               ? std::optional(tensor->asIndices())
               : std::nullopt;
  auto found = partials.find(value);
  if (found == partials.end() || !isInteger(found->second.values.dtype()))
    return std::nullopt;
  std::vector<int64_t> indices = found->second.values.asIndices();
  auto known = found->second.known.values<bool>();
  for (size_t i = 0; i < indices.size(); ++i)
    indices[i] = known[i] ? indices[i] : kUnknown;
  return indices;
}

std::vector<std::optional<Dimension>> GraphBuilder::dimensionsBehind(ValueId list) const {
  auto found = partials.find(list);
  std::vector<std::optional<Dimension>> dimensions;
  if (found != partials.end())
    for (int64_t number : found->second.origins.values<int64_t>())
      dimensions.push_back(dimensionOf(number));
  return dimensions;
}

const Op *GraphBuilder::maker(ValueId value) const {
  auto found = makers.find(value);
  return found == makers.end() ? nullptr : &model.ops[found->second];
}

ValueId GraphBuilder::addValue(std::string name, TensorType type) {
  if (!name.empty())
    name = uniqueName(name);
  model.values.push_back(
      {.name = std::move(name), .type = std::move(type), .constant = std::nullopt, .symbols = {}});
  return static_cast<ValueId>(model.values.size() - 1);
}

ValueId GraphBuilder::addConstant(std::string name, Tensor tensor) {
  ValueId value = addValue(std::move(name), {tensor.dtype(), tensor.shape(), nullptr});
  model.values[value].constant = std::move(tensor);
  return value;
}

ValueId GraphBuilder::addCopy(const Value &value) {
  return value.constant ? addConstant("", *value.constant) : addValue("", value.type);
}

ValueId GraphBuilder::makeConstant(Tensor value) {
  return addConstant("", std::move(value));
}

uint32_t GraphBuilder::beginNode(SourceNode node) {
  model.sources.push_back(std::move(node));
  return std::exchange(source, static_cast<uint32_t>(model.sources.size() - 1));
}

std::string GraphBuilder::uniqueName(const std::string &wanted) {
  std::string name = wanted;
  while (!names.insert(name).second)
    name = wanted + "#" + std::to_string(++suffixes[wanted]);
  return name;
}

void GraphBuilder::nameResults(ValueId first, std::span<const ValueId> results,
                               std::span<const std::string> wanted) {
  std::string base = model.sources[source].name;
  for (size_t i = 0; i < results.size() && i < wanted.size(); ++i) {
    if (wanted[i].empty() || results[i] < first || results[i] >= nextValue())
      continue;
    base = wanted[i];
    model.values[results[i]].name = uniqueName(wanted[i]);
  }
  for (ValueId value = first; value < nextValue(); ++value)
    if (model.values[value].name.empty())
      model.values[value].name = uniqueName(base + "#0");
}

Status GraphBuilder::checkResult(const TensorType &type) const {
  if (static_cast<int64_t>(type.shape.size()) > bounds.rank)
    return error(Code::Rank, "expected at most ", bounds.rank, " dimensions, found ", type.shape.size());
  return elementCount(type.shape, bounds.elements).status();
}

Expected<GraphBuilder::Inference> GraphBuilder::infer(std::string_view op,
                                                      const reference::Attributes &attributes,
                                                      std::span<const ValueId> operands) const {
  Inference inference;
  inference.op = reference::findOp(op);
  if (!inference.op)
    return error(Code::Internal, "there is no op '", std::string(op), "'");
  if (static_cast<int64_t>(model.values.size()) >= bounds.tensors)
    return error(Code::LimitNodes, "the graph has more than ", bounds.tensors, " values");
  for (ValueId operand : operands) {
    inference.operands.push_back(type(operand));
    inference.constants.push_back(constant(operand));
  }
  LIMBECK_ASSIGN(inference.results,
                 reference::infer(*inference.op, attributes, inference.operands, inference.constants));
  for (const TensorType &result : inference.results)
    LIMBECK_TRY(checkResult(result));
  return inference;
}

Expected<std::optional<std::vector<Tensor>>> GraphBuilder::fold(const Inference &inference,
                                                                const reference::Attributes &attributes,
                                                                std::span<const ValueId> operands) {
  using Folded = std::optional<std::vector<Tensor>>;
  bool allConstant =
      std::ranges::none_of(inference.constants, [](const Tensor *tensor) { return tensor == nullptr; });
  if (!allConstant || !folding.take(*inference.op, inference.operands, inference.results))
    return Folded();
  std::vector<Tensor> values;
  for (const Tensor *tensor : inference.constants)
    values.push_back(*tensor);
  LIMBECK_ASSIGN(
      std::vector<Tensor> results,
      reference::evaluate(*inference.op, {attributes, inference.operands, values, inference.results}));
  return Folded(std::move(results));
}

std::optional<PartialValue> GraphBuilder::known(const Inference &inference,
                                                const reference::Attributes &attributes,
                                                std::span<const ValueId> operands) const {
  if (inference.results.size() != 1)
    return std::nullopt;
  std::vector<PartialValue> constants;
  constants.reserve(operands.size()); // pointers into it must stay
  std::vector<const PartialValue *> parts;
  for (size_t i = 0; i < operands.size(); ++i) {
    auto found = partials.find(operands[i]);
    const Tensor *tensor = inference.constants[i];
    if (tensor && tensor->size() <= kLongestPartialValue)
      constants.push_back(completelyKnown(*tensor));
    parts.push_back(found != partials.end()                            ? &found->second
                    : tensor && tensor->size() <= kLongestPartialValue ? &constants.back()
                                                                       : nullptr);
  }
  return propagate({*inference.op, attributes, operands, inference.operands, parts}, inference.results[0]);
}

std::vector<ValueId> GraphBuilder::append(Op op, std::span<const TensorType> results) {
  for (const TensorType &result : results)
    op.results.push_back(addValue("", result));
  op.source = source;
  std::vector<ValueId> values = op.results;
  for (ValueId value : values)
    if (regions.empty())
      makers[value] = model.ops.size();
  (regions.empty() ? model.ops : regions.back()).push_back(std::move(op));
  return values;
}

Expected<std::vector<ValueId>> GraphBuilder::create(std::string_view op, reference::Attributes attributes,
                                                    std::vector<ValueId> operands) {
  LIMBECK_ASSIGN(Inference inference, infer(op, attributes, operands));
  LIMBECK_ASSIGN(auto folded, fold(inference, attributes, operands));
  std::vector<ValueId> results;
  if (folded) {
    for (Tensor &tensor : *folded)
      results.push_back(makeConstant(std::move(tensor)));
    return results;
  }
  auto partial = known(inference, attributes, operands);
  if (partial && partial->complete())
    return std::vector{makeConstant(std::move(partial->values))};
  results = append({.definition = inference.op,
                    .attributes = std::move(attributes),
                    .operands = std::move(operands),
                    .results = {},
                    .source = 0,
                    .regions = {}},
                   inference.results);
  if (partial)
    partials.emplace(results[0], std::move(*partial));
  return results;
}

Expected<ValueId> GraphBuilder::createOne(std::string_view op, reference::Attributes attributes,
                                          std::vector<ValueId> operands) {
  LIMBECK_ASSIGN(std::vector<ValueId> results, create(op, std::move(attributes), std::move(operands)));
  if (results.size() != 1)
    return error(Code::Internal, "expected '", std::string(op), "' to have one result, found ",
                 results.size());
  return results[0];
}

Expected<ValueId> GraphBuilder::createTyped(std::string_view op, reference::Attributes attributes,
                                            std::vector<ValueId> operands, TensorType result) {
  LIMBECK_ASSIGN(Inference inference, infer(op, attributes, operands));
  LIMBECK_TRY(checkResult(result));
  if (inference.results.size() != 1 || inference.results[0].shape != result.shape)
    return error(Code::Internal, "'", std::string(op), "' does not yield ", result.text());
  return append({.definition = inference.op,
                 .attributes = std::move(attributes),
                 .operands = std::move(operands),
                 .results = {},
                 .source = 0,
                 .regions = {}},
                std::span(&result, 1))[0];
}

Region GraphBuilder::endRegion(std::vector<ValueId> results) {
  Region region{std::move(regions.back()), std::move(results)};
  regions.pop_back();
  return region;
}

Expected<std::vector<ValueId>> GraphBuilder::createIf(ValueId condition, std::vector<Region> branches) {
  std::vector<TensorType> results;
  for (size_t i = 0; i < branches[0].results.size(); ++i) {
    TensorType merged = type(branches[0].results[i]);
    const TensorType &other = type(branches[1].results[i]);
    if (merged.dtype != other.dtype)
      return error(Code::Region, "result ", i, " of the branches differs: ", merged.text(), " and ",
                   other.text());
    if (merged.shape.size() != other.shape.size())
      return error(Code::Unsupported, "result ", i, " of the branches has rank ", merged.shape.size(), " or ",
                   other.shape.size(), ", and only equal ranks are supported");
    for (size_t axis = 0; axis < merged.shape.size(); ++axis)
      if (merged.shape[axis] != other.shape[axis])
        merged.shape[axis] = kUnknown;
    results.push_back(std::move(merged));
  }
  return append({.definition = nullptr,
                 .attributes = {},
                 .operands = {condition},
                 .results = {},
                 .source = 0,
                 .regions = std::move(branches)},
                results);
}

} // namespace limbeck::importer
