// Several ops in a row, as passes fuse, move and lay them out.
#include "Anchors.h"
#include <numeric>

namespace limbeck::test {

/// relu, clip, or a curve.
static ValueId activation(CaseBuilder &b, ValueId x) {
  switch (b.draw.between(0, 4)) {
  case 0:
    return b.op("clip", {{"min", 0.0f}, {"max", 6.0f}}, {x});
  case 1:
    return b.op("sigmoid", {}, {x});
  case 2:
    return b.op("leaky_relu", {{"alpha", 0.1f}}, {x});
  default:
    return b.op("relu", {}, {x});
  }
}

static ValueId floatAnchor(CaseBuilder &b) {
  Attributes attributes = convolutionAttributes(b.draw, b.draw.oneIn(2));
  AnchorShapes shapes = convolutionShapes(b.draw, attributes, false);
  TensorType type{DType::F32, shapes.x, nullptr};
  ValueId x = b.input(type, b.draw.values(DType::F32, shapes.x, false));
  return drawAnchorOn(b, "conv", attributes, shapes, x);
}

/// conv, bias, activation, residual.
static void drawFloatResidual(CaseBuilder &b) {
  ValueId y = floatAnchor(b);
  if (b.draw.oneIn(2))
    y = b.op("add", {}, {y, b.operand(DType::F32, b.draw.broadcastable(b.shapeOf(y)))});
  if (b.draw.oneIn(2))
    y = activation(b, y);
  y = b.op("add", {}, {y, b.operand(DType::F32, b.shapeOf(y))});
  b.output(b.draw.oneIn(2) ? activation(b, y) : y);
}

/// DQ-conv-[activation]-Q and a residual add between DQ and Q.
static void drawQuantizedResidual(CaseBuilder &b) {
  b.form = Form::Operand;
  Draw &draw = b.draw;
  Attributes attributes = convolutionAttributes(draw, draw.oneIn(2));
  AnchorShapes shapes = convolutionShapes(draw, attributes, false);
  ValueId y = drawAnchorOn(b, "conv", attributes, shapes, drawAnchorInput(b, shapes.x));
  if (!isFloat(b.typeOf(y).dtype)) {
    TensorType type = draw.quantized(b.typeOf(y).dtype, b.shapeOf(y), 0.02);
    y = b.dequantized(y, type);
    b.result.comparison = ImportComparison::None;
  }
  if (draw.oneIn(2))
    y = b.op("relu", {}, {y});
  TensorType middle = draw.quantized(DType::U8, b.shapeOf(y), 0.05);
  if (b.typeOf(y).dtype != DType::F32)
    return b.output(y);
  y = b.dequantized(b.quantizedBy(y, middle), middle);
  TensorType other = draw.quantized(DType::S8, b.shapeOf(y), 0.05);
  y = b.op("add", {}, {y, b.quantizedOperand(other, false)});
  if (draw.oneIn(2))
    y = b.op("relu", {}, {y});
  b.result.comparison = ImportComparison::None;
  b.output(b.quantizedBy(y, draw.quantized(DType::U8, b.shapeOf(y), 0.07)));
}

/// Two convolutions with what lies between them, quantized or not.
static void drawTwoConvolutions(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = draw.oneIn(2) ? Form::Typed : Form::Plain;
  std::string layout = draw.oneIn(2) ? "NHWC" : "NCHW";
  int64_t first = draw.dimension(20), middle = draw.dimension(33), last = draw.dimension(33),
          size = draw.between(4, 9);
  auto attributes = [&](bool padded) {
    Attributes a = convolutionAttributes(draw, padded);
    a.set("strides", std::vector<int64_t>{1, 1});
    a.set("dilations", std::vector<int64_t>{1, 1});
    a.set("layout", layout);
    return a;
  };
  Shape shape = layout == "NHWC" ? Shape{1, size, size, first} : Shape{1, first, size, size};
  ValueId x;
  if (b.form == Form::Plain)
    x = b.input({DType::F32, shape, nullptr}, draw.values(DType::F32, shape, false));
  else
    x = b.quantizedOperand(draw.quantized(draw.pick({DType::U8, DType::S8}), shape, 0.02), false);
  ValueId y =
      drawAnchorOn(b, "conv", attributes(true), {shape, {middle, first, 3, 3}, middle, 0, first * 9}, x);
  if (isFloat(b.typeOf(y).dtype)) {
    b.form = Form::Plain;
    y = b.op("relu", {}, {y});
  }
  y = drawAnchorOn(b, "conv", attributes(false), {b.shapeOf(y), {last, middle, 1, 1}, last, 0, middle}, y);
  b.output(y);
}

/// Convolutions and matrix products with many products per result, where matrix instructions pay; sometimes a residual.
static void drawDeepContraction(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = Form::Typed;
  int64_t depth = draw.pick<int64_t>({24, 40, 64, 65, 96, 128}),
          columns = draw.pick<int64_t>({17, 24, 33, 48, 64, 65, 80, 96, 130});
  auto quantized = [&](const Shape &shape) {
    return b.quantizedOperand(draw.quantized(draw.pick({DType::U8, DType::S8}), shape, 0.02), false);
  };
  ValueId y;
  if (draw.oneIn(3)) {
    Shape shape{draw.between(1, 40), draw.pick<int64_t>({depth, 128, 320})}, weights{shape[1], columns};
    if (draw.oneIn(3))
      shape.insert(shape.begin(), draw.between(1, 3));
    y = drawAnchorOn(b, "matmul", {}, {shape, weights, columns, 1, weights[0]}, quantized(shape));
  } else {
    int64_t window = draw.pick<int64_t>({1, 1, 2, 3}), padding = draw.oneIn(4) ? 0 : 1;
    Attributes attributes = convolutionAttributes(draw, false);
    attributes.set("dilations", std::vector<int64_t>{draw.between(1, 2), 1});
    attributes.set("pads", std::vector<int64_t>(4, padding));
    attributes.set("layout", std::string("NHWC"));
    Shape shape{draw.between(1, 2), draw.between(5, 9), draw.between(3, 21), depth};
    AnchorShapes shapes{shape, {columns, depth, window, window}, columns, 0, depth * window * window};
    y = drawAnchorOn(b, "conv", attributes, shapes, quantized(shape));
  }
  if (b.typeOf(y).quantization && draw.oneIn(3))
    y = b.realOp("add", {}, {y, quantized(b.shapeOf(y))});
  b.output(y);
}

/// Ops that read beside it what there is one of for each channel, or at all: they follow a contraction into its tiles.
static ValueId followedByChannels(CaseBuilder &b, ValueId y) {
  Draw &draw = b.draw;
  Shape channels{b.shapeOf(y).back()};
  for (int64_t count = draw.between(1, 3); count > 0; --count) {
    bool quantized = b.typeOf(y).quantization != nullptr;
    TensorType type = quantized ? draw.quantized(draw.pick({DType::U8, DType::S8}), channels, 0.03)
                                : TensorType{DType::F32, channels, nullptr};
    switch (draw.between(0, 3)) {
    case 0:
    case 1: {
      Tensor values = draw.values(type.dtype, channels, false);
      y = b.realOp(draw.oneIn(2) ? "add" : "mul", {}, {y, b.constant(type, values)});
      break;
    }
    case 2: {
      std::vector<ValueId> operands{y};
      for (int i = 0; i < 4; ++i)
        operands.push_back(b.constant({DType::F32, channels, nullptr},
                                      draw.floats(DType::F32, channels, i == 3 ? 0.1 : -2, 2)));
      auto axis = static_cast<int64_t>(b.shapeOf(y).size()) - 1;
      y = b.realOp("batch_norm", {{"axis", axis}, {"epsilon", draw.oneIn(4) ? 0.0f : 1e-5f}}, operands);
      break;
    }
    default:
      y = b.realOp(draw.oneIn(2) ? "sigmoid" : "relu", {}, {y});
    }
  }
  return y;
}

/// A contraction into channels of any number, which fill vectors badly, and what follows it. Of bytes or of floats.
static void drawNarrowContraction(CaseBuilder &b, bool bytes) {
  Draw &draw = b.draw;
  b.form = Form::Typed;
  if (!bytes) // a batch normalization becomes part of the weights
    b.result.comparison = ImportComparison::None;
  int64_t depth = draw.pick<int64_t>({8, 24, 40, 65}),
          channels = draw.pick<int64_t>({1, 2, 3, 16, 17, 24, 40, 72});
  Shape shape{draw.between(1, 2), draw.between(1, 5), draw.pick<int64_t>({1, 3, 8, 16, 19, 33}), depth};
  ValueId x = bytes
                  ? b.quantizedOperand(draw.quantized(draw.pick({DType::U8, DType::S8}), shape, 0.02), false)
                  : b.input({DType::F32, shape, nullptr}, draw.values(DType::F32, shape));
  bool transposed = draw.oneIn(2);
  int64_t height = draw.between(1, 3), width = draw.between(1, 3);
  Attributes attributes{
      {"strides", transposed ? std::vector<int64_t>{height, width} : std::vector<int64_t>{1, 1}},
      {"pads", std::vector<int64_t>(4, 0)},
      {"dilations", std::vector<int64_t>{1, 1}},
      {"groups", int64_t(1)},
      {"layout", std::string("NHWC")}};
  auto anchor = [&](std::string_view name, const AnchorShapes &shapes) {
    if (bytes)
      return drawAnchorOn(b, name, attributes, shapes, x);
    auto constant = [&](const Shape &of) {
      return b.constant({DType::F32, of, nullptr}, draw.floats(DType::F32, of, -1, 1));
    };
    std::vector<ValueId> operands{x, constant(shapes.w)};
    if (draw.oneIn(2))
      operands.push_back(constant({channels}));
    return b.op(name, attributes, operands);
  };
  ValueId y;
  if (transposed) {
    attributes.set("output_padding", std::vector<int64_t>{0, 0});
    AnchorShapes shapes{shape, {depth, channels, height, width}, channels, 1, depth};
    y = anchor("conv_transpose", shapes);
  } else {
    AnchorShapes shapes{shape, {channels, depth, 1, 1}, channels, 0, depth};
    y = anchor("conv", shapes);
  }
  b.output(followedByChannels(b, y));
}

/// Activations of signed bytes that neither enter nor leave the model as such, which stage Lower may store without sign: computed,
/// moved, joined with constants, multiplied with each other.
static void drawSignedActivations(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = Form::Typed;
  b.result.comparison = ImportComparison::None;
  auto moved = [&](std::string_view name, const Attributes &attributes,
                   const std::vector<ValueId> &operands) {
    std::vector<TensorType> types;
    for (ValueId operand : operands)
      types.push_back(b.typeOf(operand));
    auto inferred = reference::infer(*reference::findOp(name), attributes, types, {});
    return b.opWithResult(name, attributes, operands,
                          {DType::S8, (*inferred)[0].shape, types[0].quantization});
  };
  /// Of the range that x has in the form of signed bytes; sometimes without -128.
  auto asSigned = [&](ValueId x) {
    const TensorType &from = b.typeOf(x);
    float scale = from.quantization ? from.quantization->scales[0] : 0.05f;
    if (from.dtype == DType::U16 || from.dtype == DType::S16)
      scale *= 200;
    TensorType type = draw.quantized(DType::S8, from.shape, scale, -1, draw.oneIn(3));
    if (draw.oneIn(3)) {
      Quantization narrow = *type.quantization;
      narrow.lowest = -127;
      narrow.zeroPoints[0] = std::max<int64_t>(narrow.zeroPoints[0], -127);
      type.quantization = std::make_shared<const Quantization>(narrow);
    }
    return b.opWithResult(from.quantization ? "requantize" : "quantize", {}, {x}, type);
  };
  auto signedOp = [&](std::string_view name, Attributes attributes, std::vector<ValueId> operands) {
    return asSigned(b.realOp(name, std::move(attributes), std::move(operands)));
  };
  auto convolution = [&](ValueId x) {
    const Shape shape = b.shapeOf(x);
    int64_t channels = shape[3], groups = draw.oneIn(3) ? channels : 1, window = draw.pick<int64_t>({1, 3}),
            outputs = groups > 1 ? channels : draw.dimension(33), depth = channels / groups;
    Attributes attributes{{"strides", std::vector<int64_t>{1, 1}},
                          {"pads", std::vector<int64_t>(4, window / 2)},
                          {"dilations", std::vector<int64_t>{1, 1}},
                          {"groups", groups},
                          {"layout", std::string("NHWC")}};
    return asSigned(
        drawAnchorOn(b, "conv", attributes,
                     {shape, {outputs, depth, window, window}, outputs, 0, depth * window * window}, x));
  };
  auto next = [&](ValueId x) -> ValueId {
    const Shape shape = b.shapeOf(x);
    switch (draw.between(0, 7)) {
    case 0:
      return signedOp("add", {},
                      {x, b.quantizedOperand(draw.quantized(DType::S8, shape, 0.05), draw.oneIn(2))});
    case 1:
      return signedOp("relu", {}, {x});
    case 2: // a constant of the same type
      return moved("concat", {{"axis", int64_t(3)}}, {x, b.quantizedOperand(b.typeOf(x), true)});
    case 3:
      return moved(
          "pad", {{"pads", std::vector<int64_t>{0, 1, 0, 0, 0, 0, 1, 0}}, {"mode", std::string("constant")}},
          {x});
    case 4:
      return moved("transpose", {{"perm", std::vector<int64_t>{0, 2, 1, 3}}}, {x});
    case 5: { // two activations, of which one may be the other
      ValueId right = moved("transpose", {{"perm", std::vector<int64_t>{0, 1, 3, 2}}},
                            {draw.oneIn(2) ? x : signedOp("relu", {}, {x})});
      return signedOp("matmul", {}, {x, right});
    }
    default:
      return convolution(x);
    }
  };
  Shape shape{1, draw.between(1, 7), draw.between(1, 7), draw.dimension(33)};
  ValueId x = asSigned(b.input({DType::F32, shape, nullptr}, draw.values(DType::F32, shape, false)));
  for (int64_t count = draw.between(1, 4); count > 0; --count) {
    x = next(x);
    if (draw.oneIn(10)) // as it is
      b.output(x);
  }
  b.output(b.op("dequantize", {}, {x}));
}

/// transpose, op, transpose: what layout passes move around.
static void drawTransposes(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(4, 4);
  std::vector<int64_t> toLast{0, 2, 3, 1}, toFirst{0, 3, 1, 2};
  ValueId x = b.op("transpose", {{"perm", toLast}}, {b.operand(DType::F32, shape)});
  x = activation(b, x);
  if (draw.oneIn(2))
    x = b.op("mul", {}, {x, b.operand(DType::F32, draw.broadcastable(b.shapeOf(x)))});
  if (draw.oneIn(2))
    x = b.op("concat", {{"axis", draw.between(0, 3)}}, {x, x});
  x = b.op("transpose", {{"perm", draw.oneIn(2) ? toFirst : toLast}}, {x});
  if (draw.oneIn(2))
    x = b.op("softmax", {{"axis", draw.between(0, 3)}}, {x});
  b.output(x);
}

/// Element-wise ops in a diamond, with several results.
static void drawDiamond(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 4);
  ValueId x = b.input({DType::F32, shape, nullptr}, draw.values(DType::F32, shape));
  ValueId gate = activation(b, x), y = b.op("mul", {}, {x, gate});
  y = b.op("sub", {}, {y, b.operand(DType::F32, draw.broadcastable(shape))});
  ValueId z = b.op("exp", {}, {y});
  b.output(y);
  b.output(z);
  if (draw.oneIn(2))
    b.output(gate);
  if (draw.oneIn(2))
    b.output(b.op("reduce_sum", {{"axes", std::vector<int64_t>{0}}, {"keepdims", false}}, {z}));
  if (draw.oneIn(3)) // an input and the same value twice
    b.output(draw.oneIn(2) ? x : y);
}

/// matmul, bias, gelu, softmax: a piece of a transformer.
static void drawAttention(CaseBuilder &b) {
  Draw &draw = b.draw;
  int64_t heads = draw.between(1, 3), rows = draw.dimension(33), depth = draw.dimension(33);
  Shape shape{heads, rows, depth};
  auto matrix = [&] { return b.input({DType::F32, shape, nullptr}, draw.values(DType::F32, shape, false)); };
  ValueId keys = b.op("transpose", {{"perm", std::vector<int64_t>{0, 2, 1}}}, {matrix()});
  ValueId scores = b.op("matmul", {}, {matrix(), keys});
  Tensor scale = draw.floats(DType::F32, {}, 0.1, 0.5);
  scores = b.op("mul", {}, {scores, b.constant({DType::F32, {}, nullptr}, scale)});
  ValueId y = b.op("matmul", {}, {b.op("softmax", {{"axis", int64_t(2)}}, {scores}), matrix()});
  b.output(b.op("gelu", {{"approximate", std::string("none")}}, {y}));
}

/// Any ops on any earlier values: what lives how long is up to chance, which is what the memory plan must cope with.
static void drawGraph(CaseBuilder &b) {
  Draw &draw = b.draw;
  std::vector<ValueId> values{b.operand(DType::F32, draw.shape(2, 3, 400))};
  auto any = [&] { return draw.pick(values); };
  auto axisOf = [&](ValueId x) { return draw.between(0, static_cast<int64_t>(b.shapeOf(x).size()) - 1); };
  auto next = [&]() -> ValueId {
    ValueId x = any();
    Shape shape = b.shapeOf(x);
    std::vector<int64_t> reversed, pads(2 * shape.size(), 1);
    for (size_t i = shape.size(); i-- > 0;)
      reversed.push_back(static_cast<int64_t>(i));
    switch (draw.between(0, 8)) {
    case 0:
      return b.op("softmax", {{"axis", axisOf(x)}}, {x});
    case 1:
      return b.op("transpose", {{"perm", reversed}}, {x});
    case 2:
      return b.op("reduce_mean", {{"axes", std::vector<int64_t>{axisOf(x)}}, {"keepdims", true}}, {x});
    case 3:
      return b.op("reshape", {{"shape", std::vector<int64_t>{1, -1}}}, {x});
    case 4:
      return shape.size() > 3 ? x : b.op("pad", {{"pads", pads}, {"mode", std::string("edge")}}, {x});
    case 5:
      return b.op("concat", {{"axis", axisOf(x)}}, {x, x});
    case 6:
      return b.op("add", {}, {x, b.operand(DType::F32, draw.broadcastable(shape))});
    case 7: { // two values of the graph
      ValueId y = any();
      return b.op("mul", {}, {x, b.shapeOf(y) == shape ? y : x});
    }
    default:
      return activation(b, x);
    }
  };
  for (int64_t count = draw.between(5, 14); count > 0; --count) {
    ValueId made = next();
    const Shape &shape = b.shapeOf(made);
    if (std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()) <= 4000)
      values.push_back(made);
  }
  for (int64_t count = draw.between(1, 3); count > 0; --count)
    b.output(any());
  b.output(values.back());
}

/// An `if` whose branches compute, or hand on what there was before.
static void drawBranch(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 3), one = draw.oneIn(2) ? Shape() : Shape{1};
  ValueId x = b.operand(DType::F32, shape),
          condition = b.input({DType::Bool, one, nullptr}, draw.values(DType::Bool, one));
  auto body = [&]() -> ValueId {
    if (draw.oneIn(4))
      return x;
    ValueId y = activation(b, x);
    return draw.oneIn(2) ? b.op("softmax", {{"axis", int64_t(0)}}, {y}) : y;
  };
  ValueId y = b.branch(condition, x, body, body);
  b.output(draw.oneIn(2) ? b.op("neg", {}, {y}) : y);
  if (draw.oneIn(3))
    b.output(x);
}

void addChainGenerators(GeneratorList &list) {
  list.insert(list.end(),
              {{"chain:float-residual", drawFloatResidual},
               {"chain:quantized-residual", drawQuantizedResidual},
               {"chain:two-convolutions", drawTwoConvolutions},
               {"chain:deep-contraction", drawDeepContraction},
               {"chain:narrow-contraction", [](CaseBuilder &b) { drawNarrowContraction(b, /*bytes=*/true); }},
               {"chain:narrow-floats", [](CaseBuilder &b) { drawNarrowContraction(b, /*bytes=*/false); }},
               {"chain:signed-activations", drawSignedActivations},
               {"chain:transposes", drawTransposes},
               {"chain:diamond", drawDiamond},
               {"chain:attention", drawAttention},
               {"chain:branch", drawBranch},
               {"chain:graph", drawGraph}});
}

} // namespace limbeck::test
