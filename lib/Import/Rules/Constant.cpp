// Constant in all its forms, and the ops that are the identity at inference.
#include "Helpers.h"
#include <algorithm>

namespace limbeck::importer {

/// The value of the one attribute `name`, by its kind.
static Expected<Tensor> constantValue(const Node &node, const std::string &name) {
  if (name == "value")
    return node.tensor(name);
  if (name == "value_int") {
    LIMBECK_ASSIGN(int64_t value, node.integer(name, std::nullopt));
    return Tensor::scalar(DType::S64, value);
  }
  if (name == "value_ints") {
    LIMBECK_ASSIGN(Indices values, node.integers(name, std::nullopt));
    return Tensor::fromIndices(values);
  }
  if (name == "value_float") {
    LIMBECK_ASSIGN(float value, node.number(name, std::nullopt));
    return Tensor::scalar(DType::F32, value);
  }
  if (name == "value_floats") {
    LIMBECK_ASSIGN(std::vector<float> values, node.numbers(name, std::nullopt));
    LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(DType::F32, {static_cast<int64_t>(values.size())}));
    std::copy(values.begin(), values.end(), tensor.mutableValues<float>().begin());
    return tensor;
  }
  if (name == "value_string" || name == "value_strings")
    return error(Code::UnsupportedType, "strings are not supported").atAttribute(name);
  if (name == "sparse_value")
    return error(Code::Unsupported, "sparse constants are not supported").atAttribute(name);
  return error(Code::Attribute,
               "expected one of value, value_int, value_ints, value_float, value_floats, found another")
      .atAttribute(name);
}

static Results importConstant(const Node &node, Builder &builder) {
  if (node.attributes.size() != 1)
    return error(Code::Attribute, "expected exactly one attribute that gives the value, found ",
                 node.attributes.size());
  LIMBECK_ASSIGN(Tensor value, constantValue(node, node.attributes.begin()->first));
  return std::vector<ValueId>{builder.makeConstant(std::move(value))};
}

static Results importIdentity(const Node &node, Builder &) {
  return single(operand(node, 0, "input"));
}

/// Whether Dropout does anything: in training mode with a ratio other than 0.
static Expected<bool> dropsElements(const Node &node, Builder &builder) {
  if (!node.hasOperand(2))
    return false;
  LIMBECK_ASSIGN(Tensor training, constantOperand(node, builder, 2, "training_mode"));
  if (training.size() != 1)
    return error(Code::Shape, "expected a scalar training_mode, found shape ", shapeText(training.shape()));
  if (training.asDouble(0) == 0)
    return false;
  if (!node.hasOperand(1))
    return true;
  LIMBECK_ASSIGN(Tensor ratio, constantOperand(node, builder, 1, "ratio"));
  return ratio.size() != 1 || ratio.asDouble(0) != 0;
}

static Results importDropout(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(bool drops, dropsElements(node, builder));
  if (drops)
    return error(Code::Unsupported, "only inference is supported, but training_mode is true");
  if (!node.wantsOutput(1))
    return single(data);
  // Until opset 9 the mask had the data's type.
  ValueId one = scalarConstant(builder, node.opset < 10 ? dtypeOf(builder, data) : DType::Bool, 1);
  LIMBECK_ASSIGN(ValueId mask, filled(builder, one, Shape(shapeOf(builder, data))));
  return std::vector<ValueId>{data, mask};
}

void addConstantRules(RuleList &list) {
  list.push_back({"", "Constant", 1, kNewest, 0, 0, 1, importConstant});
  list.push_back({"", "Identity", 1, kNewest, 1, 1, 1, importIdentity});
  list.push_back({"", "Dropout", 7, 11, 1, 1, 2, importDropout});
  list.push_back({"", "Dropout", 12, kNewest, 1, 3, 2, importDropout});
}

} // namespace limbeck::importer
