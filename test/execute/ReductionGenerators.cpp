// Reductions over any axes, and arg_max.
#include "CaseBuilder.h"

namespace limbeck::test {

static void drawReduce(CaseBuilder &b, std::string_view name) {
  Draw &draw = b.draw;
  Shape shape = draw.maybeEmpty(draw.shape(0, 4, 2000));
  std::vector<int64_t> axes;
  for (size_t i = 0; i < shape.size(); ++i)
    if (draw.oneIn(2))
      axes.push_back(static_cast<int64_t>(i));
  bool extremum = name == "reduce_max" || name == "reduce_min";
  DType dtype = b.floatType();
  if (draw.oneIn(3))
    dtype = draw.pick({DType::S8, DType::U8, DType::S16, DType::S32, DType::U32, DType::S64, DType::U64});
  else if (extremum && draw.oneIn(5))
    dtype = DType::Bool;
  b.drawForm(4);
  b.output(b.realOp(name, {{"axes", axes}, {"keepdims", draw.oneIn(2)}}, {b.real(dtype, shape)}));
}

static void drawArgMax(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 4, 2000);
  int64_t axis = b.draw.between(0, static_cast<int64_t>(shape.size()) - 1);
  DType dtype = b.draw.oneIn(2) ? b.floatType() : b.draw.pick({DType::S8, DType::U8, DType::S32, DType::S64});
  Attributes attributes{
      {"axis", axis}, {"keepdims", b.draw.oneIn(2)}, {"select_last_index", b.draw.oneIn(2)}};
  b.output(b.op("arg_max", attributes, {b.operand(dtype, shape)}));
}

/// Scalars of any relation to the elements: those that calibration hands over are only some of them.
static void drawHistogram(CaseBuilder &b) {
  Shape shape = b.draw.maybeEmpty(b.draw.shape(0, 4, 2000));
  auto scalar = [&] { return b.operand(DType::F32, {}); };
  b.output(b.op("histogram", {}, {b.operand(DType::F32, shape), scalar(), scalar()}));
}

void addReductionGenerators(GeneratorList &list) {
  for (std::string_view name : {"reduce_sum", "reduce_mean", "reduce_prod", "reduce_max", "reduce_min"})
    list.push_back({name, [name](CaseBuilder &b) { drawReduce(b, name); }});
  list.push_back({"arg_max", drawArgMax});
  list.push_back({"histogram", drawHistogram});
}

} // namespace limbeck::test
