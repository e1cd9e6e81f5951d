// Ops that work element by element: most are renamed, some are composed of a few.
#include "Helpers.h"
#include <limits>

namespace limbeck::importer {

namespace {
/// An ONNX op that is an op of the dialect under another name, without attributes.
struct Renaming {
  std::string_view onnx, limbeck;
  int64_t firstOpset;
  int operands;
};
} // namespace

static constexpr Renaming renamings[] = {
    {"Relu", "relu", 6, 1},
    {"Sigmoid", "sigmoid", 6, 1},
    {"HardSwish", "hard_swish", 14, 1},
    {"Tanh", "tanh", 6, 1},
    {"Erf", "erf", 9, 1},
    {"Exp", "exp", 6, 1},
    {"Log", "log", 6, 1},
    {"Sqrt", "sqrt", 6, 1},
    {"Abs", "abs", 6, 1},
    {"Neg", "neg", 6, 1},
    {"Reciprocal", "reciprocal", 6, 1},
    {"Floor", "floor", 6, 1},
    {"Ceil", "ceil", 6, 1},
    {"Round", "round", 11, 1},
    {"Not", "not", 1, 1},
    {"Sub", "sub", 7, 2},
    {"Div", "div", 7, 2},
    {"PRelu", "prelu", 7, 2},
    {"Equal", "equal", 7, 2},
    {"Greater", "greater", 7, 2},
    {"Less", "less", 7, 2},
    {"And", "and", 7, 2},
    {"Or", "or", 7, 2},
    {"Where", "where", 9, 3},
};

static Results importRenamed(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(std::vector<ValueId> operands, allOperands(node));
  LIMBECK_TRY(refuseIntegers(node, builder));
  for (const Renaming &renaming : renamings)
    if (renaming.onnx == node.opType)
      return builder.create(renaming.limbeck, {}, std::move(operands));
  return error(Code::Internal, "no op is registered under this name");
}

/// add and mul say by which formula quantized operands are combined.
static reference::Attributes arithmeticOf(std::string_view op) {
  return op == "add" || op == "mul" ? reference::Attributes{{"arith", ""}} : reference::Attributes{};
}

/// Any number of operands, combined from the left.
static Expected<ValueId> foldOperands(const Node &node, Builder &builder, std::string_view op) {
  LIMBECK_ASSIGN(std::vector<ValueId> operands, allOperands(node));
  ValueId result = operands.front();
  for (size_t i = 1; i < operands.size(); ++i) {
    LIMBECK_ASSIGN(result, builder.createOne(op, arithmeticOf(op), {result, operands[i]}));
  }
  return result;
}

static Results importAdd(const Node &node, Builder &builder) {
  return single(foldOperands(node, builder, "add"));
}
static Results importMul(const Node &node, Builder &builder) {
  return single(foldOperands(node, builder, "mul"));
}
static Results importMin(const Node &node, Builder &builder) {
  return single(foldOperands(node, builder, "min"));
}
static Results importMax(const Node &node, Builder &builder) {
  return single(foldOperands(node, builder, "max"));
}

static Results importMean(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId sum, foldOperands(node, builder, "add"));
  ValueId count = scalarConstant(builder, dtypeOf(builder, sum), static_cast<double>(node.operandCount()));
  return builder.create("div", {}, {sum, count});
}

/// The result has the base's type. Where only the exponent is a float, the power is computed as that float.
static Results importPow(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId base, operand(node, 0, "X"));
  LIMBECK_ASSIGN(ValueId exponent, operand(node, 1, "Y"));
  DType result = dtypeOf(builder, base);
  DType common = isFloat(result) ? result : dtypeOf(builder, exponent);
  if (!isFloat(common))
    common = result;
  LIMBECK_ASSIGN(base, castTo(builder, base, common));
  LIMBECK_ASSIGN(exponent, castTo(builder, exponent, common));
  LIMBECK_ASSIGN(ValueId power, builder.createOne("pow", {}, {base, exponent}));
  return single(castTo(builder, power, result));
}

static Results importLeakyRelu(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 0.01f));
  return builder.create("leaky_relu", {{"alpha", alpha}}, {x});
}

static Results importHardSigmoid(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 0.2f));
  LIMBECK_ASSIGN(float beta, node.number("beta", 0.5f));
  return builder.create("hard_sigmoid", {{"alpha", alpha}, {"beta", beta}}, {x});
}

static Results importGelu(const Node &node, Builder &builder) {
  static constexpr std::string_view choices[] = {"none", "tanh"};
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(std::string approximate,
                 choiceAttribute(node, "approximate", "none", choices, Code::AttributeRange));
  return builder.create("gelu", {{"approximate", approximate}}, {x});
}

/// Bounds as attributes, until opset 10. Both defaults are finite, so that an infinity is clipped.
static Results importClipAttributes(const Node &node, Builder &builder) {
  constexpr float largest = std::numeric_limits<float>::max();
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  LIMBECK_ASSIGN(float minimum, node.number("min", -largest));
  LIMBECK_ASSIGN(float maximum, node.number("max", largest));
  return builder.create("clip", {{"min", minimum}, {"max", maximum}}, {x});
}

/// The largest finite number of a float type: the bound that Clip has when it is given none.
static double largestFinite(DType dtype) {
  switch (dtype) {
  case DType::F16:
    return 65504;
  case DType::BF16:
    return 0x1.fep127;
  case DType::F32:
    return std::numeric_limits<float>::max();
  default:
    return std::numeric_limits<double>::max();
  }
}

/// A bound of Clip as an attribute: the default when the operand is absent, nullopt when it is not known.
static Expected<std::optional<float>> clipBound(const Node &node, const Builder &builder, size_t index,
                                                double absent) {
  if (!node.hasOperand(index))
    return std::optional(static_cast<float>(absent));
  const Tensor *value = builder.constant(*node.operands[index]);
  if (!value)
    return std::optional<float>();
  if (value->size() != 1)
    return error(Code::Shape, "expected a scalar bound, found shape ", shapeText(value->shape()));
  return std::optional(static_cast<float>(value->asDouble(0)));
}

/// Bounds as operands. Those that clip's attributes cannot hold (integers, f64, computed values) become max
/// and min. Absent ones are the ends of the type, so that an infinity is clipped; integers have nothing there.
static Results importClip(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  for (size_t i : {1, 2})
    if (node.hasOperand(i) && dtypeOf(builder, *node.operands[i]) != dtypeOf(builder, x))
      return error(Code::DataType, "expected bounds of type ", name(dtypeOf(builder, x)), ", found ",
                   name(dtypeOf(builder, *node.operands[i])));
  DType dtype = dtypeOf(builder, x);
  double largest = largestFinite(dtype);
  if (isFloat(dtype) && dtype != DType::F64) {
    LIMBECK_ASSIGN(std::optional<float> minimum, clipBound(node, builder, 1, -largest));
    LIMBECK_ASSIGN(std::optional<float> maximum, clipBound(node, builder, 2, largest));
    if (minimum && maximum)
      return builder.create("clip", {{"min", *minimum}, {"max", *maximum}}, {x});
  }
  for (size_t i : {1, 2}) {
    if (!node.hasOperand(i) && !isFloat(dtype))
      continue;
    ValueId bound = 0;
    if (node.hasOperand(i)) {
      LIMBECK_ASSIGN(bound, asScalar(builder, *node.operands[i], i == 1 ? "min" : "max", Code::Shape));
    } else {
      bound = scalarConstant(builder, dtype, i == 1 ? -largest : largest);
    }
    LIMBECK_ASSIGN(x, builder.createOne(i == 1 ? "max" : "min", {}, {x, bound}));
  }
  return single(x);
}

/// Composed with `equal`, so that a NaN compares false.
static Results compareOrEqual(const Node &node, Builder &builder, std::string_view strict) {
  LIMBECK_ASSIGN(std::vector<ValueId> operands, allOperands(node));
  LIMBECK_ASSIGN(ValueId stricter, builder.createOne(strict, {}, operands));
  LIMBECK_ASSIGN(ValueId equal, builder.createOne("equal", {}, operands));
  return builder.create("or", {}, {stricter, equal});
}

static Results importGreaterOrEqual(const Node &node, Builder &builder) {
  return compareOrEqual(node, builder, "greater");
}
static Results importLessOrEqual(const Node &node, Builder &builder) {
  return compareOrEqual(node, builder, "less");
}

/// (x > 0) - (x < 0).
static Results importSign(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  DType dtype = dtypeOf(builder, x);
  ValueId zero = scalarConstant(builder, dtype, 0);
  LIMBECK_ASSIGN(ValueId positive, builder.createOne("greater", {}, {x, zero}));
  LIMBECK_ASSIGN(ValueId negative, builder.createOne("less", {}, {x, zero}));
  LIMBECK_ASSIGN(positive, castTo(builder, positive, dtype));
  LIMBECK_ASSIGN(negative, castTo(builder, negative, dtype));
  return builder.create("sub", {}, {positive, negative});
}

static bool isHalfType(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16;
}

/// Computes an op composed of several in f32 when the data is of half precision, so that the result is
/// rounded once.
template <class Compose>
static Results composeWidened(const Node &node, Builder &builder, Compose &&compose) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  DType dtype = dtypeOf(builder, x);
  LIMBECK_ASSIGN(x, castTo(builder, x, isHalfType(dtype) ? DType::F32 : dtype));
  LIMBECK_ASSIGN(ValueId y, compose(x));
  return single(castTo(builder, y, dtype));
}

/// log(exp(x) + 1) as max(x, 0) + log(1 + exp(-|x|)), which cannot overflow.
static Expected<ValueId> composeSoftplus(Builder &builder, ValueId x) {
  LIMBECK_ASSIGN(ValueId magnitude, builder.createOne("abs", {}, {x}));
  LIMBECK_ASSIGN(ValueId negated, builder.createOne("neg", {}, {magnitude}));
  LIMBECK_ASSIGN(ValueId power, builder.createOne("exp", {}, {negated}));
  ValueId one = scalarConstant(builder, dtypeOf(builder, x), 1);
  LIMBECK_ASSIGN(ValueId sum, builder.createOne("add", arithmeticOf("add"), {power, one}));
  LIMBECK_ASSIGN(ValueId logarithm, builder.createOne("log", {}, {sum}));
  LIMBECK_ASSIGN(ValueId positive, builder.createOne("relu", {}, {x}));
  return builder.createOne("add", arithmeticOf("add"), {positive, logarithm});
}

static Results importSoftplus(const Node &node, Builder &builder) {
  return composeWidened(node, builder, [&](ValueId x) { return composeSoftplus(builder, x); });
}

/// x where it is not negative, else alpha * (exp(x) - 1).
static Expected<ValueId> composeElu(Builder &builder, ValueId x, float alpha) {
  DType dtype = dtypeOf(builder, x);
  ValueId zero = scalarConstant(builder, dtype, 0), one = scalarConstant(builder, dtype, 1);
  ValueId factor = scalarConstant(builder, dtype, alpha);
  LIMBECK_ASSIGN(ValueId power, builder.createOne("exp", {}, {x}));
  LIMBECK_ASSIGN(ValueId less, builder.createOne("sub", {}, {power, one}));
  LIMBECK_ASSIGN(ValueId scaled, builder.createOne("mul", arithmeticOf("mul"), {less, factor}));
  LIMBECK_ASSIGN(ValueId negative, builder.createOne("less", {}, {x, zero}));
  return builder.createOne("where", {}, {negative, scaled, x});
}

static Results importElu(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 1.0f));
  return composeWidened(node, builder, [&](ValueId x) { return composeElu(builder, x, alpha); });
}

/// Out of range, a float wraps where it becomes 4 bits wide, as ONNX's own tests have it; elsewhere it
/// saturates.
static Expected<ValueId> convert(Builder &builder, ValueId x, DType dtype) {
  if (isFloat(dtypeOf(builder, x)) && bitWidth(dtype) == 4) {
    LIMBECK_ASSIGN(x, castTo(builder, x, DType::S32));
  }
  return castTo(builder, x, dtype);
}

static Results importCast(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  LIMBECK_ASSIGN(int64_t to, node.integer("to", std::nullopt));
  LIMBECK_ASSIGN(DType dtype, dtypeFromOnnx(to, "to"));
  return single(convert(builder, x, dtype));
}

static Results importCastLike(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  LIMBECK_ASSIGN(ValueId like, operand(node, 1, "target_type"));
  return single(convert(builder, x, dtypeOf(builder, like)));
}

void addElementwiseRules(RuleList &list) {
  for (const Renaming &renaming : renamings)
    list.push_back({"", renaming.onnx, renaming.firstOpset, kNewest, renaming.operands, renaming.operands, 1,
                    importRenamed});
  list.push_back({"", "Add", 7, kNewest, 2, 2, 1, importAdd});
  list.push_back({"", "Mul", 7, kNewest, 2, 2, 1, importMul});
  list.push_back({"", "Sum", 6, kNewest, 1, -1, 1, importAdd});
  list.push_back({"", "Min", 6, kNewest, 1, -1, 1, importMin});
  list.push_back({"", "Max", 6, kNewest, 1, -1, 1, importMax});
  list.push_back({"", "Mean", 6, kNewest, 1, -1, 1, importMean});
  list.push_back({"", "Pow", 7, kNewest, 2, 2, 1, importPow});
  list.push_back({"", "LeakyRelu", 6, kNewest, 1, 1, 1, importLeakyRelu});
  list.push_back({"", "HardSigmoid", 6, kNewest, 1, 1, 1, importHardSigmoid});
  list.push_back({"", "Gelu", 20, kNewest, 1, 1, 1, importGelu});
  list.push_back({kMicrosoft, "Gelu", 1, kNewest, 1, 1, 1, importGelu});
  list.push_back({"", "Clip", 6, 10, 1, 1, 1, importClipAttributes});
  list.push_back({"", "Clip", 11, kNewest, 1, 3, 1, importClip});
  list.push_back({"", "GreaterOrEqual", 12, kNewest, 2, 2, 1, importGreaterOrEqual});
  list.push_back({"", "LessOrEqual", 12, kNewest, 2, 2, 1, importLessOrEqual});
  list.push_back({"", "Sign", 9, kNewest, 1, 1, 1, importSign});
  list.push_back({"", "Softplus", 1, kNewest, 1, 1, 1, importSoftplus});
  list.push_back({"", "Elu", 6, kNewest, 1, 1, 1, importElu});
  list.push_back({"", "Cast", 6, kNewest, 1, 1, 1, importCast});
  list.push_back({"", "CastLike", 15, kNewest, 2, 2, 1, importCastLike});
}

} // namespace limbeck::importer
