// What the rules of several families share: axes, operands that decide shapes, scalars, casts.
#include "Helpers.h"
#include "../Diagnostics.h"
#include "limbeck/Import/ElementTypes.h"
#include <algorithm>
#include <limits>
#include <numeric>

namespace limbeck::importer {

Results single(Expected<ValueId> value) {
  if (!value)
    return std::move(value.diagnostic());
  return std::vector<ValueId>{*value};
}

Expected<ValueId> operand(const Node &node, size_t index, std::string_view name) {
  if (node.hasOperand(index))
    return *node.operands[index];
  return error(Code::Arity, "expected operand ", index, " ('", name, "'), found none");
}

Results allOperands(const Node &node) {
  std::vector<ValueId> values;
  for (size_t i = 0; i < node.operandCount(); ++i) {
    LIMBECK_ASSIGN(ValueId value, operand(node, i, "data"));
    values.push_back(value);
  }
  return values;
}

Expected<bool> flagAttribute(const Node &node, const std::string &name, bool fallback) {
  LIMBECK_ASSIGN(int64_t value, node.integer(name, fallback));
  if (value != 0 && value != 1)
    return error(Code::AttributeRange, "expected 0 or 1, found ", value).atAttribute(name);
  return value == 1;
}

Status requireAttribute(const Node &node, const std::string &name, int64_t value) {
  LIMBECK_ASSIGN(int64_t found, node.integer(name, value));
  if (found != value)
    return error(Code::Unsupported, "expected ", value, ", the only supported value, found ", found)
        .atAttribute(name);
  return {};
}

Expected<std::string> choiceAttribute(const Node &node, const std::string &name, std::string fallback,
                                      std::span<const std::string_view> choices, Code code) {
  LIMBECK_ASSIGN(std::string value, node.text(name, std::move(fallback)));
  if (std::find(choices.begin(), choices.end(), value) != choices.end())
    return value;
  std::string list;
  for (std::string_view choice : choices)
    list += message(list.empty() ? "'" : ", '", choice, "'");
  return error(code, "expected one of ", list, ", found '", value, "'").atAttribute(name);
}

Status refuseIntegers(const Node &node, const Builder &builder) {
  struct IntegerForm {
    std::string_view op;
    int64_t firstOpset, lastOpset;
    int64_t leastBits;
  };
  static constexpr IntegerForm forms[] = {
      {"Erf", 9, 12, 8}, {"Gemm", 9, kNewest, 32}, {"PRelu", 9, kNewest, 32}};
  DType dtype = dtypeOf(builder, *node.operands[0]);
  for (const auto &value : node.operands)
    if (!isInteger(dtype) || (value && dtypeOf(builder, *value) != dtype))
      return {};
  for (const IntegerForm &form : forms)
    if (form.op == node.opType && node.opset >= form.firstOpset && node.opset <= form.lastOpset &&
        bitWidth(dtype) >= form.leastBits)
      return error(Code::UnsupportedType, "expected floats, found ", name(dtype),
                   ", which ONNX allows here and is not supported")
          .withHint("cast the operands to a float type");
  return {};
}

Expected<DType> dtypeFromOnnx(int64_t number, const std::string &name) {
  bool fits = number >= 0 && number <= std::numeric_limits<int32_t>::max();
  auto type = elementType(fits ? static_cast<int32_t>(number) : -1);
  if (!type)
    return std::move(type.diagnostic().atAttribute(name));
  return type->dtype;
}

Expected<int64_t> normalizeAxis(int64_t axis, int64_t rank, Code code) {
  if (axis < -rank || axis >= rank)
    return error(code, "expected an axis from ", -rank, " to ", rank - 1, ", found ", axis);
  return axis < 0 ? axis + rank : axis;
}

Expected<Indices> normalizeAxes(std::span<const int64_t> axes, int64_t rank, Code code) {
  Indices normalized;
  std::vector<bool> seen(static_cast<size_t>(rank), false);
  for (int64_t given : axes) {
    LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rank, code));
    if (seen[axis])
      return error(code, "expected distinct axes, found axis ", axis, " twice");
    seen[axis] = true;
    normalized.push_back(axis);
  }
  return normalized;
}

Indices firstAxes(int64_t count) {
  Indices axes(static_cast<size_t>(count));
  std::iota(axes.begin(), axes.end(), int64_t(0));
  return axes;
}

Expected<Indices> partialOperand(const Node &node, Builder &builder, size_t index, std::string_view name) {
  LIMBECK_ASSIGN(ValueId value, operand(node, index, name));
  DType dtype = dtypeOf(builder, value);
  if (dtype != DType::S64 && dtype != DType::S32)
    return error(Code::DataType, "expected operand ", index, " ('", name, "') of type s64, found ",
                 limbeck::name(dtype));
  if (rankOf(builder, value) > 1)
    return error(Code::Shape, "expected operand ", index, " ('", name, "') of rank 1, found shape ",
                 shapeText(shapeOf(builder, value)));
  if (std::optional<Indices> known = builder.partialIndices(value))
    return std::move(*known);
  return error(Code::Unsupported, "expected operand ", index, " ('", name,
               "') to be known when the model is compiled, found a computed value")
      .withHint(kFreezeHint);
}

Expected<Indices> indicesOperand(const Node &node, Builder &builder, size_t index, std::string_view name) {
  LIMBECK_ASSIGN(Indices values, partialOperand(node, builder, index, name));
  bool partly = std::find(values.begin(), values.end(), kUnknown) != values.end();
  if (partly && !builder.constant(*node.operands[index]))
    return error(Code::Unsupported, "expected operand ", index, " ('", name,
                 "') to be known when the model is compiled, found a part of it unknown")
        .withHint("set the unknown dimensions with --shape NAME=1x3x224x224 or --dim SYMBOL=VALUE, or give "
                  "the input "
                  "with --freeze NAME=@x.npy");
  return values;
}

Expected<Tensor> constantOperand(const Node &node, Builder &builder, size_t index, std::string_view name) {
  LIMBECK_ASSIGN(ValueId value, operand(node, index, name));
  if (const Tensor *known = builder.constant(value))
    return *known;
  return error(Code::Unsupported, "expected operand ", index, " ('", name,
               "') to be known when the model is compiled, found a computed value")
      .withHint(kFreezeHint);
}

Expected<std::optional<Indices>> indicesOperandOrAttribute(const Node &node, Builder &builder, size_t index,
                                                           const std::string &name) {
  if (node.hasOperand(index)) {
    LIMBECK_ASSIGN(Indices values, indicesOperand(node, builder, index, name));
    return std::optional(std::move(values));
  }
  if (!node.hasAttribute(name))
    return std::optional<Indices>();
  LIMBECK_ASSIGN(Indices values, node.integers(name, std::nullopt));
  return std::optional(std::move(values));
}

Diagnostic unknownDimension(std::string_view what) {
  return error(Code::Unsupported, what, " depends on a dimension that is not known")
      .withHint("set it with --shape NAME=1x3x224x224 or --dim SYMBOL=VALUE");
}

const Shape &shapeOf(const Builder &builder, ValueId value) {
  return builder.type(value).shape;
}
int64_t rankOf(const Builder &builder, ValueId value) {
  return static_cast<int64_t>(shapeOf(builder, value).size());
}
DType dtypeOf(const Builder &builder, ValueId value) {
  return builder.type(value).dtype;
}

ValueId scalarConstant(Builder &builder, DType dtype, double value) {
  return builder.makeConstant(dispatch(dtype, [&]<class T>() {
    if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
      return Tensor::scalar(dtype, T(static_cast<float>(value)));
    else
      return Tensor::scalar(dtype, static_cast<T>(value));
  }));
}

Expected<ValueId> castTo(Builder &builder, ValueId value, DType dtype) {
  if (dtypeOf(builder, value) == dtype)
    return value;
  return builder.createOne("cast", {{"to", dtype}}, {value});
}

reference::Attributes reshapeAttributes(Shape shape, Indices kept) {
  bool needed = std::count(shape.begin(), shape.end(), kUnknown) > 1;
  for (size_t i = 0; i < kept.size(); ++i)
    kept[i] = shape[i] == kUnknown ? kept[i] : -1;
  needed &= std::any_of(kept.begin(), kept.end(), [](int64_t dim) { return dim != -1; });
  reference::Attributes attributes{{"shape", std::move(shape)}};
  if (needed)
    attributes.set("kept", std::move(kept));
  return attributes;
}

Expected<ValueId> reshapeTo(Builder &builder, ValueId value, Shape shape, Indices kept) {
  if (shapeOf(builder, value) == shape)
    return value;
  return builder.createOne("reshape", reshapeAttributes(std::move(shape), std::move(kept)), {value});
}

Expected<ValueId> asScalar(Builder &builder, ValueId value, std::string_view name, Code code) {
  for (int64_t dim : shapeOf(builder, value))
    if (dim != 1 && dim != kUnknown)
      return error(code, "expected a scalar for '", name, "', found shape ",
                   shapeText(shapeOf(builder, value)));
  return reshapeTo(builder, value, {});
}

Expected<ValueId> filled(Builder &builder, ValueId scalar, const Shape &shape) {
  return builder.createOne("expand", {{"shape", shape}}, {scalar});
}

Expected<Shape> broadcastShapes(const Shape &a, const Shape &b) {
  const Shape &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  size_t offset = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t &dim = result[offset + i];
    int64_t other = shorter[i];
    if (dim == other || other == 1)
      continue;
    if (dim == 1 || dim == kUnknown)
      dim = other;
    else if (other != kUnknown)
      return error(Code::Shape, "expected shapes that broadcast, found ", shapeText(a), " and ",
                   shapeText(b));
  }
  return result;
}

Expected<int64_t> productOf(std::span<const int64_t> shape, const Builder &builder) {
  return elementCount(shape, builder.limits().elements);
}

} // namespace limbeck::importer
