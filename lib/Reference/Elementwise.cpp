// The elementwise ops: one infer and one typed loop for all of ElementwiseOps.def.
#include "limbeck/Reference/Elementwise.h"
#include "AxisExtent.h"
#include "QLinear.h"
#include "limbeck/Reference/Broadcast.h"
#include "limbeck/Reference/HostScalar.h"
#include "limbeck/Reference/Registry.h"
#include <algorithm>

namespace limbeck::reference {

bool accepts(ElementwiseTypes types, DType type) {
  switch (types) {
  case ElementwiseTypes::Float:
    return isFloat(type);
  case ElementwiseTypes::Number:
    return isFloat(type) || (isInteger(type) && bitWidth(type) >= 8);
  case ElementwiseTypes::Bool:
    return type == DType::Bool;
  case ElementwiseTypes::Any:
    return true;
  }
  return false;
}

bool isElementwise(std::string_view name) {
  bool found = false;
  forEachElementwiseOp([&]<class Op>() { found |= Op::name == name; });
  return found;
}

/// Text attributes of elementwise ops and what they may say; a missing one reads as "".
static Status checkElementwiseText(std::string_view op, const Attributes &attributes) {
  struct Choice {
    std::string_view op, attribute;
    std::vector<std::string_view> values;
  };
  static const std::vector<Choice> choices = {
      {"add", "arith", {"", "qdq", "ort_qlinear"}},
      {"mul", "arith", {"", "qdq", "ort_qlinear"}},
      {"gelu", "approximate", {"none", "tanh"}},
  };
  for (const Choice &choice : choices) {
    const std::string &text = attributes.text(choice.attribute);
    if (choice.op != op || std::find(choice.values.begin(), choice.values.end(), text) != choice.values.end())
      continue;
    std::string expected;
    for (std::string_view value : choice.values)
      expected += message(expected.empty() ? "'" : ", '", value, "'");
    return error(Code::Attribute, "expected one of ", expected, ", found '", text, "'")
        .atAttribute(std::string(choice.attribute));
  }
  return {};
}

static Expected<std::vector<TensorType>> inferElementwise(std::string_view op, ElementwiseForm form,
                                                          ElementwiseTypes types, const Call &call) {
  std::span<const TensorType> values = call.operands;
  if (form == ElementwiseForm::Choose) {
    if (values[0].dtype != DType::Bool)
      return error(Code::DataType, "expected a condition of type bool, found ", name(values[0].dtype));
    values = values.subspan(1);
  }
  LIMBECK_TRY(checkElementType(types, values[0].dtype));
  LIMBECK_TRY(checkSameElementType(values));
  LIMBECK_TRY(checkElementwiseText(op, call.attributes));
  Shape shape = call.operands[0].shape;
  for (const TensorType &operand : call.operands.subspan(1)) {
    LIMBECK_ASSIGN(shape, broadcastShapes(shape, operand.shape));
  }
  DType dtype = form == ElementwiseForm::Compare ? DType::Bool : values[0].dtype;
  return std::vector<TensorType>{{dtype, std::move(shape), nullptr}};
}

/// A row of an operand: step 0 repeats one value.
template <class T> struct OperandRow {
  const T *values;
  int64_t step;
  T operator[](int64_t index) const { return values[index * step]; }
};

template <class Op, class L, class Result, class... Rows>
static void elementwiseRow(L &l, const ElementwiseParameters &parameters, Result *out, int64_t length,
                           Rows... rows) {
  for (int64_t i = 0; i < length; ++i)
    out[i] = Op::apply(l, parameters, rows[i]...);
}

/// The loop over values of host type T; results follow each other in row-major order.
template <class Op, class T>
static void elementwiseLoop(const ElementwiseParameters &parameters, std::span<const Tensor> operands,
                            Tensor &result) {
  using Result = std::conditional_t<Op::form == ElementwiseForm::Compare, bool, T>;
  std::vector<std::vector<int64_t>> strides;
  for (const Tensor &operand : operands)
    strides.push_back(broadcastStrides(operand.shape(), result.shape()));
  StridedLoop loop(result.shape(), strides);
  HostScalar<T> l;
  Result *out = result.mutableValues<Result>().data();
  loop.forEachRow([&](std::span<const int64_t> offsets) {
    auto row = [&]<class V>(size_t index) {
      return OperandRow<V>{operands[index].values<V>().data() + offsets[index], loop.rowStride(index)};
    };
    if constexpr (Op::form == ElementwiseForm::Unary)
      elementwiseRow<Op>(l, parameters, out, loop.rowLength(), row.template operator()<T>(0));
    else if constexpr (Op::form == ElementwiseForm::Choose)
      elementwiseRow<Op>(l, parameters, out, loop.rowLength(), row.template operator()<bool>(0),
                         row.template operator()<T>(1), row.template operator()<T>(2));
    else
      elementwiseRow<Op>(l, parameters, out, loop.rowLength(), row.template operator()<T>(0),
                         row.template operator()<T>(1));
    out += loop.rowLength();
  });
}

/// Whether an op with these types is computed on host numbers of type T; half precision is widened before.
template <class T> static constexpr bool hostComputes(ElementwiseTypes types) {
  switch (types) {
  case ElementwiseTypes::Float:
    return std::is_floating_point_v<T>;
  case ElementwiseTypes::Number:
    return std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
  case ElementwiseTypes::Bool:
    return std::is_same_v<T, bool>;
  case ElementwiseTypes::Any:
    return std::is_arithmetic_v<T>;
  }
  return false;
}

template <class Op> static Expected<std::vector<Tensor>> evaluateElementwiseOp(const Evaluation &evaluation) {
  std::span<const Tensor> operands = evaluation.operands;
  DType dtype = operands.back().dtype();
  Shape shape = operands[0].shape();
  for (const Tensor &operand : operands.subspan(1)) {
    LIMBECK_ASSIGN(shape, broadcastShapes(shape, operand.shape()));
  }
  LIMBECK_ASSIGN(Tensor result,
                 Tensor::zeros(Op::form == ElementwiseForm::Compare ? DType::Bool : dtype, shape));
  ElementwiseParameters parameters(evaluation.attributes);
  bool computed = dispatch(dtype, [&]<class T>() {
    if constexpr (hostComputes<T>(Op::types))
      elementwiseLoop<Op, T>(parameters, operands, result);
    return hostComputes<T>(Op::types);
  });
  if (!computed)
    return error(Code::Internal, "no elementwise loop for values of type ", name(dtype));
  return std::vector<Tensor>{std::move(result)};
}

/// `arith = "ort_qlinear"` on operands and result quantized per tensor; all else is computed in float.
template <QLinearOp op>
static Expected<std::vector<Tensor>> evaluateQuantizedElementwise(const Evaluation &evaluation) {
  if (evaluation.attributes.text("arith") == "ort_qlinear" && isQLinear(evaluation))
    return evaluateQLinear(op, evaluation);
  return evaluateWidened(*findOp(op == QLinearOp::Add ? "add" : "mul"), evaluation);
}

void defineElementwise(DefinitionList &list) {
  forEachElementwiseOp([&]<class Op>() {
    OpDefinition definition{
        Op::name,
        Kind::Compute,
        arity(Op::form),
        arity(Op::form),
        [](const Call &call) { return inferElementwise(Op::name, Op::form, Op::types, call); },
        evaluateElementwiseOp<Op>};
    if constexpr (std::is_same_v<Op, elementwise::Add>)
      definition.evaluateQuantized = evaluateQuantizedElementwise<QLinearOp::Add>;
    if constexpr (std::is_same_v<Op, elementwise::Mul>)
      definition.evaluateQuantized = evaluateQuantizedElementwise<QLinearOp::Mul>;
    list.push_back(definition);
  });
}

} // namespace limbeck::reference
