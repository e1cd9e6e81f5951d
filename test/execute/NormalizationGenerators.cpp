// softmax, log_softmax and the normalizations.
#include "CaseBuilder.h"

namespace limbeck::test {

static int64_t anyAxis(Draw &draw, const Shape &shape) {
  auto last = static_cast<int64_t>(shape.size()) - 1;
  return draw.oneIn(2) ? last : draw.between(0, last);
}

static void drawSoftmax(CaseBuilder &b, std::string_view name) {
  Shape shape = b.draw.shape(1, 4, 2000);
  b.drawForm(4);
  b.output(b.realOp(name, {{"axis", anyAxis(b.draw, shape)}}, {b.real(b.floatType(), shape)}, 1.0 / 256));
}

static void drawLayerNorm(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 4, 2000);
  int64_t axis = anyAxis(draw, shape);
  Shape inner(shape.begin() + axis, shape.end());
  b.drawForm(4);
  DType dtype = b.floatType();
  std::vector<ValueId> operands{b.real(dtype, shape)};
  operands.push_back(b.real(dtype, draw.oneIn(2) ? inner : draw.broadcastable(inner), false));
  if (draw.oneIn(2))
    operands.push_back(b.real(dtype, draw.oneIn(2) ? inner : draw.broadcastable(inner), false));
  Attributes attributes{{"axis", axis}, {"epsilon", 1e-5f}};
  if (b.form == Form::Plain && draw.oneIn(2)) { // the mean and deviation, too
    std::vector<ValueId> results = b.ops("layer_norm", attributes, operands);
    for (ValueId result : results)
      b.output(result);
    return;
  }
  b.output(b.realOp("layer_norm", attributes, operands));
}

static void drawBatchNorm(CaseBuilder &b) {
  Draw &draw = b.draw;
  Shape shape = draw.shape(1, 4);
  int64_t axis = draw.between(0, static_cast<int64_t>(shape.size()) - 1);
  Shape channels{shape[static_cast<size_t>(axis)]};
  DType dtype = b.floatType();
  std::vector<ValueId> operands{b.operand(dtype, shape)};
  for (int i = 0; i < 4; ++i)
    operands.push_back(
        b.either({dtype, channels, nullptr}, draw.floats(dtype, channels, i == 3 ? 0.1 : -2, 2)));
  b.output(b.op("batch_norm", {{"axis", axis}, {"epsilon", 1e-5f}}, operands));
}

static void drawLrn(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 4, 600);
  b.drawForm(4);
  Attributes attributes{{"size", b.draw.between(1, 6)},
                        {"alpha", static_cast<float>(b.draw.unit())},
                        {"beta", b.draw.pick({0.75f, 0.5f, 1.0f})},
                        {"bias", b.draw.pick({1.0f, 2.0f})},
                        {"axis", anyAxis(b.draw, shape)}};
  b.output(b.realOp("lrn", attributes, {b.real(b.floatType(), shape)}));
}

void addNormalizationGenerators(GeneratorList &list) {
  for (std::string_view name : {"softmax", "log_softmax"})
    list.push_back({name, [name](CaseBuilder &b) { drawSoftmax(b, name); }});
  list.insert(list.end(), {{"layer_norm", drawLayerNorm}, {"batch_norm", drawBatchNorm}, {"lrn", drawLrn}});
}

} // namespace limbeck::test
