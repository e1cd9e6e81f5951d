// Batches of 2 to 9 samples through several ops: what each worker computes for its own samples, and what all share.
#include "Anchors.h"

namespace limbeck::test {

namespace {
/// One batch on its way through a model, as floats (`type` null) or as quantized values.
class Batch {
public:
  explicit Batch(CaseBuilder &b) : b(b), draw(b.draw) {
    b.result.splitSamples = true;
    b.result.comparison = ImportComparison::None; // several anchors in a row
    b.form = draw.oneIn(2) ? Form::Typed : Form::Plain;
    layout = draw.oneIn(2) ? "NHWC" : "NCHW";
    samples = draw.between(2, 9);
    channels = draw.dimension(24);
    size = draw.between(3, 10);
    x = input();
  }

  void step() {
    switch (draw.between(0, 6)) {
    case 0:
    case 1:
      return convolution();
    case 2:
      return sum();
    case 3:
      return concat();
    case 4:
      return pool();
    case 5:
      return scaleByChannel();
    default:
      return meetSamples();
    }
  }

  /// A classifier at the end, or the images themselves, and sometimes a value from the middle.
  void finish() {
    if (draw.oneIn(3))
      b.output(x);
    if (draw.oneIn(2))
      return b.output(b.op("relu", {}, {floats()}));
    ValueId rows = b.op("reshape", {{"shape", std::vector<int64_t>{samples, -1}}}, {floats()});
    int64_t depth = b.shapeOf(rows)[1], columns = draw.dimension(20);
    Shape shape{depth, columns};
    ValueId weights = b.constant({DType::F32, shape, nullptr}, draw.values(DType::F32, shape, false));
    ValueId y = b.op("matmul", {}, {rows, weights});
    b.output(draw.oneIn(2) ? b.op("softmax", {{"axis", int64_t(1)}}, {y}) : y);
  }

private:
  Shape shape(int64_t count) const {
    return layout == "NHWC" ? Shape{count, size, size, channels} : Shape{count, channels, size, size};
  }
  ValueId input() {
    if (b.form == Form::Plain)
      return b.input({DType::F32, shape(samples), nullptr}, draw.values(DType::F32, shape(samples), false));
    return b.quantizedOperand(draw.quantized(draw.pick({DType::U8, DType::S8}), shape(samples), 0.02), false);
  }
  ValueId floats() { return b.typeOf(x).quantization ? b.op("dequantize", {}, {x}) : x; }
  /// The result of an op on floats or on quantized values of a range of its own.
  ValueId computed(std::string_view name, Attributes attributes, std::vector<ValueId> operands) {
    ValueId y = b.realOp(name, std::move(attributes), std::move(operands));
    if (!b.typeOf(y).quantization)
      b.form = Form::Plain;
    return y;
  }

  void convolution() {
    Attributes attributes = convolutionAttributes(draw, true);
    attributes.set("strides", std::vector<int64_t>{1, 1});
    attributes.set("dilations", std::vector<int64_t>{1, 1});
    attributes.set("layout", layout);
    int64_t window = draw.oneIn(2) ? 1 : 3, around = window / 2, columns = draw.dimension(33);
    attributes.set("pads", std::vector<int64_t>(4, around));
    ValueId y = drawAnchorOn(
        b, "conv", attributes,
        {shape(samples), {columns, channels, window, window}, columns, 0, channels * window * window}, x);
    if (!isFloat(b.typeOf(y).expressed()))
      return; // integers of 32 bits end here
    x = y;
    channels = columns;
    if (b.form == Form::Typed && !b.typeOf(x).quantization)
      b.form = Form::Plain;
    if (draw.oneIn(2))
      x = computed("relu", {}, {x});
  }
  void sum() { x = computed("add", {}, {x, draw.oneIn(2) ? x : input()}); }
  /// Of the batch with another, along channels: written in place where regions make both.
  void concat() {
    ValueId other = b.op("relu", {}, {floats()}), own = b.op("sigmoid", {}, {floats()});
    x = b.op("concat", {{"axis", int64_t(layout == "NHWC" ? 3 : 1)}}, {own, other});
    b.form = Form::Plain;
    channels *= 2;
  }
  void pool() {
    if (size < 4)
      return;
    std::vector<int64_t> two{2, 2}, none(4, 0), one{1, 1};
    x = b.op("max_pool",
             {{"kernel", two},
              {"strides", two},
              {"pads", none},
              {"dilations", one},
              {"ceil_mode", false},
              {"layout", layout}},
             {floats()});
    b.form = Form::Plain;
    size /= 2;
  }
  /// By constants that all samples share, or by one for each sample, which no proof covers.
  void scaleByChannel() {
    Shape one = draw.oneIn(3) ? Shape{samples, 1, 1, 1} : Shape{1, 1, 1, 1};
    (layout == "NHWC" ? one[3] : one[1]) = channels;
    x = b.op("mul", {},
             {floats(), b.constant({DType::F32, one, nullptr}, draw.values(DType::F32, one, false))});
    b.form = Form::Plain;
  }
  /// What is computed over all samples ends a run.
  void meetSamples() {
    ValueId mean = b.op("reduce_max", {{"axes", std::vector<int64_t>{0}}, {"keepdims", true}}, {floats()});
    x = b.op("min", {}, {floats(), mean});
    b.form = Form::Plain;
  }

  CaseBuilder &b;
  Draw &draw;
  std::string layout;
  int64_t samples, channels, size;
  ValueId x;
};
} // namespace

static void drawBatch(CaseBuilder &b) {
  Batch batch(b);
  for (int64_t steps = b.draw.between(2, 6); steps > 0; --steps)
    batch.step();
  batch.finish();
}

void addSampleGenerators(GeneratorList &list) {
  list.push_back({"chain:samples", drawBatch});
}

} // namespace limbeck::test
