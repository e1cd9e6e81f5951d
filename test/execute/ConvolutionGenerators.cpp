// conv, depthwise ones by themselves, conv_transpose and conv_integer: groups, strides, dilations, pads, both layouts.
#include "Anchors.h"

namespace limbeck::test {

Attributes convolutionAttributes(Draw &draw, bool padded) {
  auto pair = [&](int64_t low, int64_t high) {
    return std::vector<int64_t>{draw.between(low, high), draw.between(low, high)};
  };
  std::vector<int64_t> pads(4, 0);
  if (padded)
    for (int64_t &pad : pads)
      pad = draw.between(0, 2);
  return {{"strides", draw.oneIn(2) ? std::vector<int64_t>{1, 1} : pair(1, 3)},
          {"pads", pads},
          {"dilations", draw.oneIn(2) ? std::vector<int64_t>{1, 1} : pair(1, 2)},
          {"groups", int64_t(1)},
          {"layout", std::string(draw.oneIn(2) ? "NHWC" : "NCHW")}};
}

AnchorShapes convolutionShapes(Draw &draw, Attributes &attributes, bool transposed) {
  int64_t groups = draw.oneIn(3) ? draw.pick<int64_t>({2, 3, 5, 17}) : 1;
  bool depthwise = groups > 1 && draw.oneIn(2);
  int64_t inputs = depthwise ? 1 : draw.dimension(groups > 1 ? 5 : 35);
  int64_t outputs = depthwise ? draw.between(1, 2) : draw.dimension(groups > 1 ? 17 : 70);
  int64_t height = draw.between(1, 3), width = draw.between(1, 3), batch = draw.between(1, 2);
  if (draw.oneIn(3))
    height = width = 1;
  attributes.set("groups", groups);
  const auto &dilations = attributes.integers("dilations");
  int64_t rows = draw.between((height - 1) * dilations[0] + 1, 9),
          columns = draw.between((width - 1) * dilations[1] + 1, 20);
  AnchorShapes shapes;
  int64_t channels = inputs * groups;
  shapes.x = attributes.text("layout") == "NHWC" ? Shape{batch, rows, columns, channels}
                                                 : Shape{batch, channels, rows, columns};
  shapes.w =
      transposed ? Shape{channels, outputs, height, width} : Shape{outputs * groups, inputs, height, width};
  shapes.channels = outputs * groups;
  // Along output channels; the groups of a transposed convolution share them.
  shapes.weightAxis = transposed ? 1 : 0;
  shapes.depth = inputs * height * width;
  return shapes;
}

static void drawConv(CaseBuilder &b) {
  Attributes attributes = convolutionAttributes(b.draw, b.draw.oneIn(2));
  AnchorShapes shapes = convolutionShapes(b.draw, attributes, false);
  b.output(drawAnchor(b, "conv", attributes, shapes));
}

/// Filters of one channel each as networks have them: windows that overlap, of bytes, last blocks of every length.
static void drawDepthwise(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.form = draw.oneIn(4) ? Form::Operand : Form::Typed;
  int64_t channels = draw.oneIn(3) ? 16 * draw.between(1, 12) : draw.between(1, 70);
  int64_t height = draw.pick<int64_t>({3, 3, 5, 5, 7, 2, 4}),
          width = draw.oneIn(4) ? draw.between(1, 7) : height;
  auto stride = [&] { return draw.oneIn(6) ? int64_t(3) : draw.between(1, 2); };
  int64_t vertical = stride(), horizontal = draw.oneIn(4) ? stride() : vertical;
  auto dilation = [&] { return draw.oneIn(8) ? int64_t(2) : int64_t(1); };
  std::vector<int64_t> dilations{dilation(), dilation()}, pads(4, 0);
  if (draw.oneIn(2))
    pads = {draw.between(0, height / 2), draw.between(0, width / 2), draw.between(0, height / 2),
            draw.between(0, width / 2)};
  // As many rows and columns as the window needs for so many results, or one that no result reads.
  int64_t resultRows = draw.between(1, 7), resultColumns = draw.between(1, draw.oneIn(4) ? 40 : 12);
  int64_t rows =
              (resultRows - 1) * vertical + (height - 1) * dilations[0] + 1 + draw.between(0, vertical - 1),
          columns = (resultColumns - 1) * horizontal + (width - 1) * dilations[1] + 1 +
                    draw.between(0, horizontal - 1);
  Attributes attributes{{"strides", std::vector<int64_t>{vertical, horizontal}},
                        {"pads", pads},
                        {"dilations", dilations},
                        {"groups", channels},
                        {"layout", std::string("NHWC")}};
  AnchorShapes shapes;
  shapes.x = {draw.oneIn(4) ? 3 : 1, rows, columns, channels};
  shapes.w = {channels, 1, height, width};
  shapes.channels = channels;
  shapes.weightAxis = 0;
  shapes.depth = height * width;
  ValueId y = drawAnchor(b, "conv", attributes, shapes);
  b.output(draw.oneIn(4) ? b.realOp("relu", {}, {y}) : y);
}

static void drawConvTranspose(CaseBuilder &b) {
  Draw &draw = b.draw;
  Attributes attributes = convolutionAttributes(draw, false);
  AnchorShapes shapes = convolutionShapes(draw, attributes, true);
  std::vector<int64_t> pads(4, 0), outputPadding;
  const auto &strides = attributes.integers("strides");
  for (size_t i = 0; i < 2; ++i) {
    outputPadding.push_back(draw.between(0, strides[i] - 1));
    int64_t size = shapes.x[i + (attributes.text("layout") == "NHWC" ? 1 : 2)];
    int64_t grown = (size - 1) * strides[i] + (shapes.w[2 + i] - 1) * attributes.integers("dilations")[i] + 1;
    if (grown > 4) { // pads crop
      pads[i] = draw.between(0, 1);
      pads[2 + i] = draw.between(0, 1);
    }
  }
  attributes.set("pads", pads);
  attributes.set("output_padding", outputPadding);
  b.output(drawAnchor(b, "conv_transpose", attributes, shapes));
}

static void drawConvInteger(CaseBuilder &b) {
  Draw &draw = b.draw;
  Attributes attributes = convolutionAttributes(draw, draw.oneIn(2));
  AnchorShapes shapes = convolutionShapes(draw, attributes, false);
  DType left = draw.pick({DType::U8, DType::S8}), right = draw.pick({DType::U8, DType::S8});
  std::vector<ValueId> operands{b.input({left, shapes.x, nullptr}, draw.values(left, shapes.x)),
                                b.either({right, shapes.w, nullptr}, draw.values(right, shapes.w))};
  Shape one = draw.oneIn(2) ? Shape{1} : Shape(), many = draw.oneIn(2) ? Shape{shapes.channels} : one;
  operands.push_back(b.either({left, one, nullptr}, draw.values(left, one)));
  operands.push_back(b.either({right, many, nullptr}, draw.values(right, many)));
  if (draw.oneIn(2))
    operands.push_back(b.operand(DType::S32, {shapes.channels}));
  b.output(b.op("conv_integer", attributes, operands));
}

void addConvolutionGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"conv", drawConv},
                           {"depthwise", drawDepthwise},
                           {"conv_transpose", drawConvTranspose},
                           {"conv_integer", drawConvInteger}});
}

} // namespace limbeck::test
