// Models that the importer could have made, op by op.
#include "CaseBuilder.h"
#include <stdexcept>

namespace limbeck::test {

ValueId CaseBuilder::add(TensorType type, std::optional<Tensor> constant) {
  std::vector<importer::Value> &values = result.model.values;
  std::string name = "v" + std::to_string(values.size());
  values.push_back({std::move(name), std::move(type), std::move(constant), {}});
  return static_cast<ValueId>(values.size() - 1);
}

ValueId CaseBuilder::input(TensorType type, Tensor values) {
  ValueId id = add(std::move(type));
  result.model.inputs.push_back(id);
  result.model.inputNames.push_back(result.model.values[id].name);
  result.inputs.push_back(std::move(values));
  return id;
}

ValueId CaseBuilder::constant(TensorType type, Tensor values) {
  return add(std::move(type), std::move(values));
}

ValueId CaseBuilder::either(TensorType type, Tensor values) {
  // Without an input, everything would be folded.
  bool asConstant = !result.inputs.empty() && draw.oneIn(3);
  return asConstant ? constant(std::move(type), std::move(values))
                    : input(std::move(type), std::move(values));
}

ValueId CaseBuilder::operand(DType dtype, const Shape &shape, bool special) {
  return either({dtype, shape, nullptr}, draw.values(dtype, shape, special));
}

DType CaseBuilder::storage() {
  return draw.pick(
      {DType::U8, DType::S8, DType::U8, DType::S8, DType::U8, DType::S8, DType::U16, DType::S16});
}

void CaseBuilder::drawForm(int64_t chance) {
  if (!draw.oneIn(chance))
    return;
  form = draw.oneIn(2) ? Form::Operand : Form::Typed;
  expressed = draw.oneIn(6) ? draw.pick({DType::F16, DType::BF16}) : DType::F32;
}

TensorType CaseBuilder::quantizedType(DType dtype, const Shape &shape, double scale) {
  TensorType type = draw.quantized(dtype, shape, scale);
  Quantization parameters = *type.quantization;
  parameters.expressed = expressed;
  type.quantization = std::make_shared<const Quantization>(parameters);
  return type;
}

ValueId CaseBuilder::real(DType dtype, const Shape &shape, bool special) {
  if (form == Form::Plain)
    return operand(dtype, shape, special);
  return quantizedOperand(quantizedType(storage(), shape, 0.05), !result.inputs.empty() && draw.oneIn(4));
}

ValueId CaseBuilder::quantizedOperand(const TensorType &type, bool isConstant) {
  Tensor values = draw.values(type.dtype, type.shape);
  TensorType given = form == Form::Typed ? type : TensorType{type.dtype, type.shape, nullptr};
  ValueId stored = isConstant ? constant(given, values) : input(given, values);
  return form == Form::Typed ? stored : dequantized(stored, type);
}

std::vector<ValueId> CaseBuilder::parameters(const TensorType &type) {
  const Quantization &q = *type.quantization;
  Shape shape = q.axis < 0 ? Shape() : Shape{static_cast<int64_t>(q.scales.size())};
  Tensor scales = std::move(*Tensor::zeros(DType::F32, shape)),
         zeros = std::move(*Tensor::zeros(type.dtype, shape));
  std::copy(q.scales.begin(), q.scales.end(), scales.mutableValues<float>().begin());
  dispatch(type.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      std::copy(q.zeroPoints.begin(), q.zeroPoints.end(), zeros.mutableValues<T>().begin());
  });
  return {constant({DType::F32, shape, nullptr}, scales), constant({type.dtype, shape, nullptr}, zeros)};
}

static Attributes alongAxis(const TensorType &type) {
  return {{"axis", std::max<int64_t>(type.quantization->axis, 0)}, {"block_size", int64_t(0)}};
}

ValueId CaseBuilder::dequantized(ValueId stored, const TensorType &type) {
  Attributes attributes = alongAxis(type);
  attributes.set("to", type.quantization->expressed);
  std::vector<ValueId> both = parameters(type);
  return op("dequantize_by", attributes, {stored, both[0], both[1]});
}

ValueId CaseBuilder::quantizedBy(ValueId value, const TensorType &type) {
  std::vector<ValueId> both = parameters(type);
  return op("quantize_by", alongAxis(type), {value, both[0], both[1]});
}

std::vector<TensorType> CaseBuilder::inferred(std::string_view name, const Attributes &attributes,
                                              const std::vector<ValueId> &operands) {
  std::vector<TensorType> types;
  std::vector<const Tensor *> constants;
  for (ValueId id : operands) {
    const importer::Value &value = result.model.values[id];
    types.push_back(value.type);
    constants.push_back(value.constant ? &*value.constant : nullptr);
  }
  const reference::OpDefinition *definition = reference::findOp(name);
  if (!definition)
    throw std::runtime_error("the generator drew an unknown op " + std::string(name));
  auto results = reference::infer(*definition, attributes, types, constants);
  if (!results)
    throw std::runtime_error("the generator drew an invalid " + std::string(name) + ": " +
                             results.diagnostic().text());
  return std::move(*results);
}

ValueId CaseBuilder::addOp(std::string_view name, Attributes attributes, const std::vector<ValueId> &operands,
                           std::vector<TensorType> types) {
  importer::Op op;
  op.definition = reference::findOp(name);
  op.attributes = std::move(attributes);
  op.operands = operands;
  op.source = static_cast<uint32_t>(result.model.sources.size());
  ValueId first = static_cast<ValueId>(result.model.values.size());
  for (TensorType &type : types)
    op.results.push_back(add(std::move(type)));
  result.model.sources.push_back({std::string(name) + "_" + std::to_string(op.source), "Test"});
  result.model.ops.push_back(std::move(op));
  return first;
}

std::vector<ValueId> CaseBuilder::ops(std::string_view name, Attributes attributes,
                                      std::vector<ValueId> operands) {
  std::vector<TensorType> types = inferred(name, attributes, operands);
  size_t count = types.size();
  ValueId first = addOp(name, std::move(attributes), operands, std::move(types));
  std::vector<ValueId> all;
  for (size_t i = 0; i < count; ++i)
    all.push_back(first + static_cast<ValueId>(i));
  return all;
}

ValueId CaseBuilder::op(std::string_view name, Attributes attributes, std::vector<ValueId> operands) {
  return ops(name, std::move(attributes), std::move(operands)).front();
}

ValueId CaseBuilder::opWithResult(std::string_view name, Attributes attributes, std::vector<ValueId> operands,
                                  TensorType type) {
  std::vector<TensorType> types = inferred(name, attributes, operands);
  types[0] = std::move(type);
  return addOp(name, std::move(attributes), operands, std::move(types));
}

ValueId CaseBuilder::realOp(std::string_view name, Attributes attributes, std::vector<ValueId> operands,
                            double scale) {
  TensorType type = inferred(name, attributes, operands)[0];
  bool quantizes = form != Form::Plain && type.dtype == expressed && !draw.oneIn(6);
  if (!quantizes)
    return op(name, std::move(attributes), std::move(operands));
  TensorType target = quantizedType(storage(), type.shape, scale);
  if (form == Form::Operand)
    return quantizedBy(op(name, std::move(attributes), std::move(operands)), target);
  if (draw.oneIn(4)) { // what a fused relu leaves
    Quantization tight = *target.quantization;
    tight.lowest = tight.zeroPoints[0];
    if (draw.oneIn(2))
      tight.highest = std::min(tight.highest, tight.lowest + draw.between(1, 100));
    target.quantization = std::make_shared<const Quantization>(tight);
  }
  return opWithResult(name, std::move(attributes), std::move(operands), target);
}

ValueId CaseBuilder::branch(ValueId condition, ValueId like, const std::function<ValueId()> &yes,
                            const std::function<ValueId()> &no) {
  importer::Op op;
  op.operands = {condition};
  op.source = static_cast<uint32_t>(result.model.sources.size());
  result.model.sources.push_back({"if_" + std::to_string(op.source), "If"});
  for (const std::function<ValueId()> *body : {&yes, &no}) {
    std::vector<importer::Op> outer = std::exchange(result.model.ops, {});
    ValueId value = (*body)();
    op.regions.push_back({std::exchange(result.model.ops, std::move(outer)), {value}});
  }
  op.results = {add(typeOf(like))};
  result.model.ops.push_back(std::move(op));
  return result.model.ops.back().results[0];
}

void CaseBuilder::output(ValueId value) {
  result.model.outputs.push_back(value);
  result.model.outputNames.push_back(result.model.values[value].name);
}

} // namespace limbeck::test
