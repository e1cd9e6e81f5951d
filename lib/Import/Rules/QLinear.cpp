// com.microsoft's quantized ops. Add and Mul keep ONNX Runtime's own formulas and need constant parameters;
// the others are the float op between dequantize and quantize, which is what ONNX Runtime computes too.
#include "Normalization.h"
#include "Quantized.h"
#include "Window.h"

namespace limbeck::importer {

/// The type of `shape` quantized per tensor by constant parameters.
static Expected<TensorType> quantizedType(const Node &node, Builder &builder, DType storage, Shape shape,
                                          size_t first) {
  LIMBECK_ASSIGN(ScaleAndZero by, scalarParameters(node, builder, first, first + 1, storage));
  LIMBECK_ASSIGN(Tensor scale, constantOperand(node, builder, first, "scale"));
  const Tensor *zeroPoint = builder.constant(by.zeroPoint);
  if (!zeroPoint)
    return constantOperand(node, builder, first + 1, "zero_point").diagnostic();
  auto quantization = std::make_shared<Quantization>();
  quantization->scales = {static_cast<float>(scale.asDouble(0))};
  quantization->zeroPoints = {static_cast<int64_t>(zeroPoint->asDouble(0))};
  quantization->lowest = lowest(storage);
  quantization->highest = highest(storage);
  return TensorType{storage, std::move(shape), std::move(quantization)};
}

/// A: operands 0 to 2, B: 3 to 5, C: scale 6 and zero point 7.
static Results binaryQLinear(const Node &node, Builder &builder, std::string_view op) {
  std::vector<ValueId> operands;
  for (size_t first : {0, 3}) {
    LIMBECK_ASSIGN(ValueId plain, operand(node, first, first == 0 ? "A" : "B"));
    LIMBECK_ASSIGN(TensorType type,
                   quantizedType(node, builder, dtypeOf(builder, plain), shapeOf(builder, plain), first + 1));
    LIMBECK_ASSIGN(ValueId typed, builder.createTyped("storage_cast", {}, {plain}, std::move(type)));
    operands.push_back(typed);
  }
  LIMBECK_ASSIGN(Shape shape, broadcastShapes(shapeOf(builder, operands[0]), shapeOf(builder, operands[1])));
  LIMBECK_ASSIGN(TensorType type,
                 quantizedType(node, builder, dtypeOf(builder, operands[0]), std::move(shape), 6));
  LIMBECK_ASSIGN(ValueId result,
                 builder.createTyped(op, {{"arith", "ort_qlinear"}}, operands, std::move(type)));
  return builder.create("storage_cast", {}, {result});
}

static Results importQLinearAdd(const Node &node, Builder &builder) {
  return binaryQLinear(node, builder, "add");
}
static Results importQLinearMul(const Node &node, Builder &builder) {
  return binaryQLinear(node, builder, "mul");
}

/// X, X_scale, X_zero_point, Y_scale, Y_zero_point around a float op.
template <class FloatOp> static Results unaryQLinear(const Node &node, Builder &builder, FloatOp &&floatOp) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  DType storage = dtypeOf(builder, x);
  LIMBECK_ASSIGN(ScaleAndZero ofX, scalarParameters(node, builder, 1, 2, storage));
  LIMBECK_ASSIGN(ScaleAndZero ofY, scalarParameters(node, builder, 3, 4, storage));
  LIMBECK_ASSIGN(ValueId real, dequantized(builder, x, ofX));
  LIMBECK_ASSIGN(ValueId result, floatOp(real));
  return single(quantized(builder, result, ofY));
}

static Results importQLinearSigmoid(const Node &node, Builder &builder) {
  return unaryQLinear(node, builder, [&](ValueId x) { return builder.createOne("sigmoid", {}, {x}); });
}

static Results importQLinearLeakyRelu(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 0.01f));
  return unaryQLinear(node, builder,
                      [&](ValueId x) { return builder.createOne("leaky_relu", {{"alpha", alpha}}, {x}); });
}

static Results importQLinearSoftmax(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(int64_t axis, node.integer("axis", -1));
  LIMBECK_ASSIGN(int64_t opset, node.integer("opset", std::nullopt));
  return unaryQLinear(node, builder, [&](ValueId x) { return softmax(builder, "softmax", x, axis, opset); });
}

static Results importQLinearAveragePool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(bool channelsLast, flagAttribute(node, "channels_last", false));
  return unaryQLinear(node, builder, [&](ValueId x) { return averagePool(node, builder, x, channelsLast); });
}

static Results importQLinearGlobalAveragePool(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(bool channelsLast, flagAttribute(node, "channels_last", false));
  return unaryQLinear(node, builder,
                      [&](ValueId x) { return globalPool(builder, "reduce_mean", x, channelsLast); });
}

/// Y_scale, Y_zero_point, then data, scale and zero point of each input.
static Results importQLinearConcat(const Node &node, Builder &builder) {
  if (node.operandCount() < 5 || node.operandCount() % 3 != 2)
    return error(Code::Arity, "expected 2 operands and 3 more for each input, found ", node.operandCount());
  std::vector<ValueId> parts;
  for (size_t i = 2; i < node.operandCount(); i += 3) {
    LIMBECK_ASSIGN(ValueId part, operand(node, i, "data"));
    LIMBECK_ASSIGN(ScaleAndZero by, scalarParameters(node, builder, i + 1, i + 2, dtypeOf(builder, part)));
    LIMBECK_ASSIGN(part, dequantized(builder, part, by));
    parts.push_back(part);
  }
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", std::nullopt));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rankOf(builder, parts[0])));
  LIMBECK_ASSIGN(ScaleAndZero ofY,
                 scalarParameters(node, builder, 0, 1, dtypeOf(builder, *node.operands[2])));
  LIMBECK_ASSIGN(ValueId joined, builder.createOne("concat", {{"axis", axis}}, parts));
  return single(quantized(builder, joined, ofY));
}

void addQLinearRules(RuleList &list) {
  // Zero points may be absent in the middle of the operands: the rules name what is missing.
  list.push_back({kMicrosoft, "QLinearAdd", 1, kNewest, 2, 8, 1, importQLinearAdd});
  list.push_back({kMicrosoft, "QLinearMul", 1, kNewest, 2, 8, 1, importQLinearMul});
  list.push_back({kMicrosoft, "QLinearSigmoid", 1, kNewest, 2, 5, 1, importQLinearSigmoid});
  list.push_back({kMicrosoft, "QLinearLeakyRelu", 1, kNewest, 2, 5, 1, importQLinearLeakyRelu});
  list.push_back({kMicrosoft, "QLinearSoftmax", 1, kNewest, 2, 5, 1, importQLinearSoftmax});
  list.push_back({kMicrosoft, "QLinearAveragePool", 1, kNewest, 2, 5, 1, importQLinearAveragePool});
  list.push_back(
      {kMicrosoft, "QLinearGlobalAveragePool", 1, kNewest, 2, 5, 1, importQLinearGlobalAveragePool});
  list.push_back({kMicrosoft, "QLinearConcat", 1, kNewest, 2, -1, 1, importQLinearConcat});
}

} // namespace limbeck::importer
