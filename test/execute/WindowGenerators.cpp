// Results that lie inside larger buffers: with a border around them, one behind another, or both.
#include "Anchors.h"

namespace limbeck::test {

/// An op that keeps the elements of its operands as they are stored.
static ValueId moved(CaseBuilder &b, std::string_view name, const Attributes &attributes,
                     const std::vector<ValueId> &operands) {
  std::vector<TensorType> types;
  for (ValueId operand : operands)
    types.push_back(b.typeOf(operand));
  auto inferred = reference::infer(*reference::findOp(name), attributes, types, {});
  return b.opWithResult(name, attributes, operands,
                        {types[0].dtype, (*inferred)[0].shape, types[0].quantization});
}

namespace {
/// Parts of one image in NHWC: from ops whose loops count their results in different ways.
class Parts {
public:
  explicit Parts(CaseBuilder &b) : b(b), draw(b.draw) {
    if (draw.oneIn(2))
      b.form = Form::Typed;
    image = {draw.between(1, 2), draw.between(1, 9), draw.between(1, 9), draw.dimension(40)};
    x = b.form == Form::Typed
            ? b.quantizedOperand(draw.quantized(draw.pick({DType::U8, DType::S8}), image, 0.02), false)
            : b.input({DType::F32, image, nullptr}, draw.values(DType::F32, image, false));
    common = b.typeOf(x);
  }

  /// A part with the image's rows and columns, `channels` deep, in the elements that all parts have.
  ValueId part(int64_t channels) { return stored(made(channels)); }

  /// A value of the same elements that no kernel makes.
  ValueId foreign(int64_t channels) {
    Shape shape = image;
    shape[3] = channels;
    return b.form == Form::Typed
               ? b.quantizedOperand({common.dtype, shape, common.quantization}, draw.oneIn(2))
               : b.operand(DType::F32, shape, false);
  }

  /// The same elements with zeros around them.
  ValueId bordered(ValueId y) {
    std::vector<int64_t> pads(8, 0);
    for (size_t side : {1, 2, 5, 6})
      pads[side] = draw.between(0, 2);
    if (draw.oneIn(6))
      pads[static_cast<size_t>(draw.between(0, 7))] = 1;
    return moved(b, "pad", {{"pads", pads}, {"mode", std::string("constant")}}, {y});
  }

  ValueId convolution(ValueId y, int64_t channels, int64_t window) {
    std::vector<int64_t> ones{1, 1};
    int64_t from = b.shapeOf(y)[3], pad = window / 2;
    Attributes attributes{{"strides", ones},
                          {"pads", std::vector<int64_t>(4, pad)},
                          {"dilations", ones},
                          {"groups", int64_t(1)},
                          {"layout", std::string("NHWC")}};
    bool depthwise = from > 1 && channels == from;
    if (depthwise)
      attributes.set("groups", from);
    int64_t inputs = depthwise ? 1 : from;
    return drawAnchorOn(
        b, "conv", attributes,
        {b.shapeOf(y), {channels, inputs, window, window}, channels, 0, inputs * window * window}, y);
  }

  const Shape &shape() const { return image; }

private:
  /// The value in the elements that all parts have.
  ValueId stored(ValueId y) {
    TensorType type{common.dtype, b.shapeOf(y), common.quantization};
    if (b.typeOf(y).dtype == type.dtype && b.typeOf(y).quantization == type.quantization)
      return y;
    return b.opWithResult(b.typeOf(y).quantization ? "requantize" : "quantize", {}, {y}, type);
  }

  ValueId made(int64_t channels) {
    switch (draw.between(0, 6)) {
    case 0:
    case 1:
      return convolution(x, channels, 1);
    case 2:
      return convolution(x, channels, 3);
    case 3: { // depthwise
      ValueId y = convolution(x, image[3], 3);
      return channels == image[3] ? y : convolution(stored(y), channels, 1);
    }
    case 4: {
      Shape first{image[0], channels, image[1], image[2]};
      ValueId y = b.form == Form::Typed
                      ? b.quantizedOperand({common.dtype, first, common.quantization}, false)
                      : b.operand(DType::F32, first, false);
      return moved(b, "transpose", {{"perm", std::vector<int64_t>{0, 2, 3, 1}}}, {y});
    }
    case 5:
      return b.realOp("relu", {}, {foreign(channels)});
    default:
      return foreign(channels);
    }
  }

  CaseBuilder &b;
  Draw &draw;
  Shape image;
  TensorType common;
  ValueId x;
};
} // namespace

/// A border around a result that may be used without it, too.
static void drawBorder(CaseBuilder &b) {
  Parts parts(b);
  ValueId y = parts.part(b.draw.dimension(40));
  ValueId padded = parts.bordered(y);
  b.output(b.draw.oneIn(2) ? padded
                           : moved(b, "max_pool",
                                   {{"kernel", std::vector<int64_t>{1, 1}},
                                    {"strides", std::vector<int64_t>{1, 1}},
                                    {"pads", std::vector<int64_t>(4, 0)},
                                    {"dilations", std::vector<int64_t>{1, 1}},
                                    {"ceil_mode", false},
                                    {"layout", std::string("NHWC")}},
                                   {padded}));
  if (b.draw.oneIn(3))
    b.output(b.op("neg", {}, {b.form == Form::Typed ? b.op("dequantize", {}, {y}) : y}));
  if (b.draw.oneIn(3))
    b.output(parts.bordered(y));
  if (b.draw.oneIn(4))
    b.output(y);
}

/// Parts one behind another, on any axis; perhaps nested, bordered, or used elsewhere.
static void drawJoined(CaseBuilder &b) {
  Draw &draw = b.draw;
  Parts parts(b);
  int64_t axis = draw.oneIn(3) ? draw.between(0, 2) : 3, channels = draw.dimension(33);
  std::vector<ValueId> values;
  for (int64_t count = draw.between(2, 4); count > 0; --count)
    values.push_back(parts.part(axis == 3 ? draw.dimension(33) : channels));
  if (draw.oneIn(5))
    values.push_back(values[0]);
  ValueId y = moved(b, "concat", {{"axis", axis}}, values);
  if (draw.oneIn(3) && axis == 3)
    y = moved(b, "concat", {{"axis", axis}}, {parts.part(draw.dimension(20)), y});
  if (draw.oneIn(3))
    b.output(parts.bordered(values[0]));
  if (draw.oneIn(3))
    b.output(values[draw.oneIn(2) ? 0 : values.size() - 1]);
  if (draw.oneIn(2))
    y = parts.bordered(y);
  if (draw.oneIn(2) && b.shapeOf(y)[3] > 0)
    y = parts.convolution(y, draw.dimension(33), draw.pick<int64_t>({1, 3}));
  b.output(y);
}

void addWindowGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"chain:border", drawBorder}, {"chain:joined", drawJoined}});
}

} // namespace limbeck::test
