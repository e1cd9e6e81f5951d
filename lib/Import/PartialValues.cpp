// Knowledge flows through an op by running it twice: once on the values and once on the mask of what is
// known.
#include "PartialValues.h"
#include <algorithm>

namespace limbeck::importer {
namespace {

using reference::Attributes;
using reference::OpDefinition;

/// How the mask of a result follows from those of the operands.
enum class Travel { MovesFirst, MovesAll, Copies, Combines, Selects };
struct Route {
  std::string_view op;
  Travel travel;
};
constexpr Route routes[] = {
    {"gather", Travel::MovesFirst},    {"slice", Travel::MovesFirst},  {"reshape", Travel::MovesFirst},
    {"transpose", Travel::MovesFirst}, {"expand", Travel::MovesFirst}, {"tile", Travel::MovesFirst},
    {"concat", Travel::MovesAll},      {"cast", Travel::Copies},       {"neg", Travel::Copies},
    {"add", Travel::Combines},         {"sub", Travel::Combines},      {"mul", Travel::Combines},
    {"div", Travel::Combines},         {"min", Travel::Combines},      {"max", Travel::Combines},
    {"equal", Travel::Combines},       {"greater", Travel::Combines},  {"less", Travel::Combines},
    {"where", Travel::Selects},
};

bool isShort(const TensorType &type) {
  if (isFloat(type.dtype) || type.quantization || !type.isStatic())
    return false;
  auto count = elementCount(type.shape, kLongestPartialValue);
  return count.ok();
}

std::optional<Tensor> runOn(const OpDefinition &op, const Attributes &attributes,
                            std::span<const Tensor> operands) {
  std::vector<TensorType> types;
  std::vector<const Tensor *> constants;
  for (const Tensor &operand : operands) {
    types.push_back({operand.dtype(), operand.shape(), nullptr});
    constants.push_back(&operand);
  }
  auto results = reference::infer(op, attributes, types, constants);
  if (!results || results->size() != 1 || !results->front().isStatic())
    return std::nullopt;
  auto values = reference::evaluate(op, {attributes, types, operands, *results});
  return values && values->size() == 1 ? std::optional(values->front()) : std::nullopt;
}

std::optional<PartialValue> knownShape(const Attributes &attributes, const TensorType &operand,
                                       const TensorType &result) {
  auto rank = static_cast<int64_t>(operand.shape.size());
  int64_t start = attributes.integer("start"), end = attributes.integer("end");
  if (start < 0 || end > rank || start > end || result.shape != Shape{end - start})
    return std::nullopt;
  Tensor values = Tensor::fromIndices(std::span(operand.shape).subspan(start, end - start));
  auto known = Tensor::zeros(DType::Bool, values.shape());
  if (!known)
    return std::nullopt;
  auto dims = values.mutableValues<int64_t>();
  for (size_t i = 0; i < dims.size(); ++i) {
    known->mutableValues<bool>()[i] = dims[i] != kUnknown;
    dims[i] = std::max<int64_t>(dims[i], 0);
  }
  return PartialValue{std::move(values), std::move(*known)};
}

std::optional<PartialValue> knownSize(const TensorType &operand) {
  auto count = elementCount(operand.shape, Limits().elements);
  if (!count || *count == kUnknown)
    return std::nullopt;
  return completelyKnown(Tensor::scalar<int64_t>(DType::S64, *count));
}

/// Knows nothing, but has a type.
std::optional<PartialValue> unknownValue(const TensorType &type) {
  auto values = Tensor::zeros(type.dtype, type.shape), known = Tensor::zeros(DType::Bool, type.shape);
  if (!values || !known)
    return std::nullopt;
  return PartialValue{std::move(*values), std::move(*known)};
}

/// The mask of a result; `parts` are the operands.
std::optional<Tensor> travel(Travel how, const OpDefinition &op, const Attributes &attributes,
                             std::span<const PartialValue> parts) {
  std::vector<Tensor> masks;
  switch (how) {
  case Travel::MovesFirst: // the other operands, indices, must be known
    masks.push_back(parts[0].known);
    for (const PartialValue &part : parts.subspan(1)) {
      if (!part.complete())
        return std::nullopt;
      masks.push_back(part.values);
    }
    return runOn(op, attributes, masks);
  case Travel::MovesAll:
    for (const PartialValue &part : parts)
      masks.push_back(part.known);
    return runOn(op, attributes, masks);
  case Travel::Copies:
    return parts[0].known;
  case Travel::Combines: {
    const OpDefinition *both = reference::findOp("and");
    if (parts.size() != 2 || !both)
      return std::nullopt;
    return runOn(*both, {}, std::vector{parts[0].known, parts[1].known});
  }
  case Travel::Selects: // the condition must be known
    if (parts.size() != 3 || !parts[0].complete())
      return std::nullopt;
    return runOn(op, attributes, std::vector{parts[0].values, parts[1].known, parts[2].known});
  }
  return std::nullopt;
}

} // namespace

bool PartialValue::complete() const {
  auto mask = known.values<bool>();
  return std::all_of(mask.begin(), mask.end(), [](bool bit) { return bit; });
}

PartialValue completelyKnown(const Tensor &constant) {
  PartialValue value{constant, std::move(*Tensor::zeros(DType::Bool, constant.shape()))};
  std::ranges::fill(value.known.mutableValues<bool>(), true);
  return value;
}

std::optional<PartialValue> propagate(const OpDefinition &op, const Attributes &attributes,
                                      std::span<const TensorType> types,
                                      std::span<const PartialValue *const> operands,
                                      const TensorType &result) {
  if (!isShort(result))
    return std::nullopt;
  if (op.name == "shape")
    return knownShape(attributes, types[0], result);
  if (op.name == "size")
    return knownSize(types[0]);
  auto route = std::ranges::find(routes, op.name, &Route::op);
  bool anyKnown =
      std::ranges::any_of(operands, [](const PartialValue *operand) { return operand != nullptr; });
  if (route == std::end(routes) || !anyKnown || !std::ranges::all_of(types, isShort))
    return std::nullopt;

  std::vector<PartialValue> parts;
  std::vector<Tensor> values;
  for (size_t i = 0; i < operands.size(); ++i) {
    auto part = operands[i] ? std::optional(*operands[i]) : unknownValue(types[i]);
    if (!part)
      return std::nullopt;
    values.push_back(part->values);
    parts.push_back(std::move(*part));
  }
  auto mask = travel(route->travel, op, attributes, parts);
  auto combined = mask ? runOn(op, attributes, values) : std::nullopt;
  if (!combined || combined->shape() != result.shape || mask->shape() != result.shape)
    return std::nullopt;
  return PartialValue{std::move(*combined), std::move(*mask)};
}

} // namespace limbeck::importer
