// Knowledge flows through an op by running it on the values, on the mask of what is known, and on the numbers of the
// dimensions that they were.
#include "PartialValues.h"
#include <algorithm>

namespace limbeck::importer {
namespace {

using reference::Attributes;
using reference::OpDefinition;

/// How the mask of a result, and what its elements were, follow from those of the operands.
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

std::optional<PartialValue> knownShape(const Attributes &attributes, ValueId tensor,
                                       const TensorType &operand, const TensorType &result) {
  auto rank = static_cast<int64_t>(operand.shape.size());
  int64_t start = attributes.integer("start"), end = attributes.integer("end");
  if (start < 0 || end > rank || start > end || result.shape != Shape{end - start})
    return std::nullopt;
  Tensor values = Tensor::fromIndices(std::span(operand.shape).subspan(start, end - start));
  auto known = Tensor::zeros(DType::Bool, values.shape());
  auto origins = Tensor::zeros(DType::S64, values.shape());
  if (!known || !origins)
    return std::nullopt;
  auto dims = values.mutableValues<int64_t>();
  for (size_t i = 0; i < dims.size(); ++i) {
    known->mutableValues<bool>()[i] = dims[i] != kUnknown;
    dims[i] = std::max<int64_t>(dims[i], 0);
    origins->mutableValues<int64_t>()[i] = numberOf({tensor, start + static_cast<int64_t>(i)});
  }
  return PartialValue{std::move(values), std::move(*known), std::move(*origins)};
}

std::optional<PartialValue> knownSize(const TensorType &operand) {
  auto count = elementCount(operand.shape, Limits().elements);
  if (!count || *count == kUnknown)
    return std::nullopt;
  return completelyKnown(Tensor::scalar<int64_t>(DType::S64, *count));
}

/// Knows nothing, but has a type.
std::optional<PartialValue> unknownValue(const TensorType &type) {
  auto values = Tensor::zeros(type.dtype, type.shape), known = Tensor::zeros(DType::Bool, type.shape),
       origins = Tensor::zeros(DType::S64, type.shape);
  if (!values || !known || !origins)
    return std::nullopt;
  return PartialValue{std::move(*values), std::move(*known), std::move(*origins)};
}

/// The mask of a result, or what its elements were; `parts` are the operands, `aspect` is `known` or `origins`.
std::optional<Tensor> travel(Travel how, const OpDefinition &op, const Attributes &attributes,
                             std::span<const PartialValue> parts, Tensor PartialValue::*aspect) {
  std::vector<Tensor> moved;
  switch (how) {
  case Travel::MovesFirst: // the other operands, indices, must be known
    moved.push_back(parts[0].*aspect);
    for (const PartialValue &part : parts.subspan(1)) {
      if (!part.complete())
        return std::nullopt;
      moved.push_back(part.values);
    }
    return runOn(op, attributes, moved);
  case Travel::MovesAll:
    for (const PartialValue &part : parts)
      moved.push_back(part.*aspect);
    return runOn(op, attributes, moved);
  case Travel::Copies:
    return parts[0].*aspect;
  case Travel::Combines: {
    const OpDefinition *both = reference::findOp("and");
    if (parts.size() != 2 || !both)
      return std::nullopt;
    return runOn(*both, {}, std::vector{parts[0].known, parts[1].known});
  }
  case Travel::Selects: // the condition must be known
    if (parts.size() != 3 || !parts[0].complete())
      return std::nullopt;
    return runOn(op, attributes, std::vector{parts[0].values, parts[1].*aspect, parts[2].*aspect});
  }
  return std::nullopt;
}

/// Which dimensions the elements of a result are: what is computed is none, even where the mask is copied.
std::optional<Tensor> originsOf(Travel how, const OpDefinition &op, const Attributes &attributes,
                                std::span<const PartialValue> parts, const TensorType &result) {
  bool kept = how == Travel::Copies ? result.dtype == DType::S64 || result.dtype == DType::S32
                                    : how != Travel::Combines;
  if (kept && op.name != "neg")
    return travel(how, op, attributes, parts, &PartialValue::origins);
  auto none = Tensor::zeros(DType::S64, result.shape);
  return none ? std::optional(std::move(*none)) : std::nullopt;
}

} // namespace

bool PartialValue::complete() const {
  auto mask = known.values<bool>();
  return std::all_of(mask.begin(), mask.end(), [](bool bit) { return bit; });
}

constexpr int64_t kAxes = 64; // more than a tensor may have

int64_t numberOf(const Dimension &dimension) {
  return static_cast<int64_t>(dimension.tensor) * kAxes + dimension.axis + 1;
}

std::optional<Dimension> dimensionOf(int64_t number) {
  if (number == 0)
    return std::nullopt;
  return Dimension{static_cast<ValueId>((number - 1) / kAxes), (number - 1) % kAxes};
}

PartialValue completelyKnown(const Tensor &constant) {
  PartialValue value{constant, std::move(*Tensor::zeros(DType::Bool, constant.shape())),
                     std::move(*Tensor::zeros(DType::S64, constant.shape()))};
  std::ranges::fill(value.known.mutableValues<bool>(), true);
  return value;
}

std::optional<PartialValue> propagate(const PartialCall &call, const TensorType &result) {
  if (!isShort(result))
    return std::nullopt;
  if (call.op.name == "shape")
    return knownShape(call.attributes, call.operands[0], call.types[0], result);
  if (call.op.name == "size")
    return knownSize(call.types[0]);
  auto route = std::ranges::find(routes, call.op.name, &Route::op);
  bool anyKnown = std::ranges::any_of(call.parts, [](const PartialValue *part) { return part != nullptr; });
  if (route == std::end(routes) || !anyKnown || !std::ranges::all_of(call.types, isShort))
    return std::nullopt;

  std::vector<PartialValue> parts;
  std::vector<Tensor> values;
  for (size_t i = 0; i < call.parts.size(); ++i) {
    auto part = call.parts[i] ? std::optional(*call.parts[i]) : unknownValue(call.types[i]);
    if (!part)
      return std::nullopt;
    values.push_back(part->values);
    parts.push_back(std::move(*part));
  }
  auto mask = travel(route->travel, call.op, call.attributes, parts, &PartialValue::known);
  auto combined = mask ? runOn(call.op, call.attributes, values) : std::nullopt;
  if (!combined || combined->shape() != result.shape || mask->shape() != result.shape)
    return std::nullopt;
  auto origins = originsOf(route->travel, call.op, call.attributes, parts, result);
  if (!origins || origins->shape() != result.shape)
    return std::nullopt;
  return PartialValue{std::move(*combined), std::move(*mask), std::move(*origins)};
}

} // namespace limbeck::importer
