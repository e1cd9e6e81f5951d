// Element-wise ops, straight from the table of lib/Reference: every op on every element type that it accepts.
#include "CaseBuilder.h"
#include "limbeck/Reference/Elementwise.h"

namespace limbeck::test {

using reference::ElementwiseForm;
using reference::ElementwiseTypes;

namespace {
struct ElementwiseOp {
  std::string_view name;
  ElementwiseForm form;
  ElementwiseTypes types;
};
} // namespace

static DType elementTypeFor(Draw &draw, ElementwiseTypes types) {
  std::vector<DType> accepted;
  for (DType dtype : {DType::F32, DType::F64, DType::F16, DType::BF16, DType::S8, DType::U8, DType::S16,
                      DType::U16, DType::S32, DType::U32, DType::S64, DType::U64, DType::Bool})
    if (reference::accepts(types, dtype))
      accepted.push_back(dtype);
  // f32 is what most models compute in.
  bool wantsFloat32 = draw.oneIn(2) && reference::accepts(types, DType::F32);
  return wantsFloat32 ? DType::F32 : draw.pick(accepted);
}

static Attributes elementwiseAttributes(Draw &draw, std::string_view name) {
  auto number = [&] { return static_cast<float>(draw.unit() * 4 - 2); };
  Attributes attributes;
  if (name == "leaky_relu" || name == "hard_sigmoid")
    attributes.set("alpha", number());
  if (name == "hard_sigmoid")
    attributes.set("beta", number());
  if (name == "gelu")
    attributes.set("approximate", std::string(draw.oneIn(2) ? "tanh" : "none"));
  if (name == "clip") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    float low = number();
    attributes.set("min", draw.oneIn(4) ? -infinity : low);
    attributes.set("max", draw.oneIn(4) ? infinity : low + static_cast<float>(draw.unit() * 3));
  }
  return attributes;
}

static void drawElementwise(CaseBuilder &b, const ElementwiseOp &op) {
  Draw &draw = b.draw;
  Attributes attributes = elementwiseAttributes(draw, op.name);
  bool floats = reference::accepts(op.types, DType::F32);
  if (floats)
    b.drawForm(3);
  bool qlinear = b.form == Form::Typed && (op.name == "add" || op.name == "mul") && draw.oneIn(2);
  if (qlinear)
    attributes.set("arith", std::string("ort_qlinear"));
  DType dtype = b.form == Form::Plain ? elementTypeFor(draw, op.types) : DType::F32;
  Shape shape = draw.maybeEmpty(draw.shape(0, 4));
  std::vector<ValueId> operands;
  if (op.form == ElementwiseForm::Choose)
    operands.push_back(b.operand(DType::Bool, draw.broadcastable(shape)));
  int values = reference::arity(op.form) - static_cast<int>(operands.size());
  for (int i = 0; i < values; ++i)
    operands.push_back(b.real(dtype, i == 0 ? shape : draw.broadcastable(shape)));
  if (values == 2 && draw.oneIn(2))
    std::swap(operands[operands.size() - 1], operands[operands.size() - 2]);
  b.output(b.realOp(op.name, attributes, operands));
}

void addElementwiseGenerators(GeneratorList &list) {
  reference::forEachElementwiseOp([&]<class Op>() {
    ElementwiseOp op{Op::name, Op::form, Op::types};
    list.push_back({op.name, [op](CaseBuilder &b) { drawElementwise(b, op); }});
  });
}

} // namespace limbeck::test
