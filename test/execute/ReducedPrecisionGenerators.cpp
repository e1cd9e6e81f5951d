// `--precision bf16`: contractions of f32 whose operands stage Quantize rounds. Results are held to a bound.
#include "Anchors.h"

namespace limbeck::test {

static ValueId plain(CaseBuilder &b, const Shape &shape, bool isConstant) {
  TensorType type{DType::F32, shape, nullptr};
  Tensor values = b.draw.floats(DType::F32, shape, -1, 1);
  return isConstant ? b.constant(type, values) : b.input(type, values);
}

/// One contraction with what the element-wise ops behind it keep within its bound.
static void drawContraction(CaseBuilder &b, std::string_view name, Attributes attributes,
                            const AnchorShapes &shapes) {
  Draw &draw = b.draw;
  std::vector<ValueId> operands{plain(b, shapes.x, false), plain(b, shapes.w, !draw.oneIn(4))};
  if (draw.oneIn(2))
    operands.push_back(plain(b, {shapes.channels}, !draw.oneIn(4)));
  ValueId y = b.op(name, std::move(attributes), operands);
  if (draw.oneIn(2))
    y = b.op("relu", {}, {y});
  if (draw.oneIn(3))
    y = b.op("add", {}, {y, plain(b, b.shapeOf(y), false)});
  // Two sums in other orders, each off by a rounding per product; the bias and the residual are added by each.
  b.result.bound = 2 * (static_cast<double>(shapes.depth) + 2) * 0x1p-24;
  b.output(y);
}

static void drawConv(CaseBuilder &b) {
  Attributes attributes = convolutionAttributes(b.draw, b.draw.oneIn(2));
  AnchorShapes shapes = convolutionShapes(b.draw, attributes, false);
  drawContraction(b, "conv", attributes, shapes);
}

static void drawConvTranspose(CaseBuilder &b) {
  Attributes attributes = convolutionAttributes(b.draw, false);
  AnchorShapes shapes = convolutionShapes(b.draw, attributes, true);
  if (b.draw.oneIn(2)) // as the tiles take them
    attributes.set("strides", std::vector<int64_t>{shapes.w[2], shapes.w[3]});
  attributes.set("output_padding", std::vector<int64_t>{0, 0});
  drawContraction(b, "conv_transpose", attributes, shapes);
}

static void drawMatmul(CaseBuilder &b) {
  drawContraction(b, "matmul", {}, matmulShapes(b.draw));
}

/// `--precision f16`: weights alone are halves, and every bit is that of f32 weights with their values.
static void drawHalfWeights(CaseBuilder &b) {
  Draw &draw = b.draw;
  bool isConv = draw.oneIn(2);
  Attributes attributes = isConv ? convolutionAttributes(draw, draw.oneIn(2)) : Attributes();
  AnchorShapes shapes = isConv ? convolutionShapes(draw, attributes, false) : matmulShapes(draw);
  attributes.set("accumulate", DType::F32);
  TensorType type{DType::F16, shapes.w, nullptr};
  Tensor values = draw.floats(DType::F16, shapes.w, -1, 1);
  std::vector<ValueId> operands{plain(b, shapes.x, false),
                                draw.oneIn(6) ? b.input(type, values) : b.constant(type, values)};
  if (draw.oneIn(2))
    operands.push_back(plain(b, {shapes.channels}, !draw.oneIn(4)));
  ValueId y = b.op(isConv ? "conv" : "matmul", std::move(attributes), operands);
  b.output(draw.oneIn(2) ? b.op("relu", {}, {y}) : y);
}

/// A depth that fills tiles of AMX, enough rows and columns for several, and what is left over of both.
static void drawDeepConv(CaseBuilder &b) {
  Draw &draw = b.draw;
  int64_t kernel = draw.pick<int64_t>({1, 3}), pad = draw.pick<int64_t>({0, kernel / 2});
  int64_t inputs = 32 * draw.between(1, kernel == 1 ? 12 : 3), outputs = draw.between(16, 100);
  int64_t height = draw.between(kernel, 8), width = draw.between(kernel + 1, 40);
  Attributes attributes{{"strides", std::vector<int64_t>{1, draw.between(1, 2)}},
                        {"pads", std::vector<int64_t>{pad, pad, pad, pad}},
                        {"dilations", std::vector<int64_t>{1, 1}},
                        {"groups", int64_t(1)},
                        {"layout", std::string("NCHW")}};
  std::vector<ValueId> operands{plain(b, {1, inputs, height, width}, false),
                                plain(b, {outputs, inputs, kernel, kernel}, true)};
  if (draw.oneIn(2))
    operands.push_back(plain(b, {outputs}, true));
  ValueId y = b.op("conv", std::move(attributes), operands);
  if (draw.oneIn(2))
    y = b.op("relu", {}, {y});
  b.result.bound = 2 * (static_cast<double>(inputs * kernel * kernel) + 2) * 0x1p-24;
  b.output(y);
}

/// A value that two contractions, a residual addition and data movement read.
static void drawChain(CaseBuilder &b) {
  Draw &draw = b.draw;
  int64_t first = draw.dimension(20), middle = draw.dimension(40), size = draw.between(4, 9);
  auto conv = [&](ValueId x, int64_t inputs, int64_t outputs) {
    int64_t kernel = draw.pick<int64_t>({1, 3}), pad = kernel / 2;
    return b.op("conv",
                {{"strides", std::vector<int64_t>{1, 1}},
                 {"pads", std::vector<int64_t>{pad, pad, pad, pad}},
                 {"dilations", std::vector<int64_t>{1, 1}},
                 {"groups", int64_t(1)},
                 {"layout", std::string("NCHW")}},
                {x, plain(b, {outputs, inputs, kernel, kernel}, true)});
  };
  ValueId trunk = b.op("relu", {}, {conv(plain(b, {1, first, size, size}, false), first, middle)});
  ValueId y = b.op("add", {}, {conv(trunk, middle, middle), trunk});
  if (draw.oneIn(2))
    y = b.op("concat", {{"axis", int64_t(1)}}, {y, trunk});
  // Where the first sums differ at all, a value between two bf16 goes to either: one step of 2^-7 at most.
  b.result.bound = 0x1p-6;
  b.output(y);
}

void addReducedPrecisionGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"bf16_conv", drawConv},
                           {"bf16_conv_transpose", drawConvTranspose},
                           {"bf16_matmul", drawMatmul},
                           {"bf16_deep_conv", drawDeepConv},
                           {"bf16_chain", drawChain},
                           {"f16_weights", drawHalfWeights}});
}

} // namespace limbeck::test
