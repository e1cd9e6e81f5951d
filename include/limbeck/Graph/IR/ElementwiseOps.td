// Ops that work element by element, with numpy broadcasting where they have several operands.
#ifndef LIMBECK_GRAPH_IR_ELEMENTWISE_OPS
#define LIMBECK_GRAPH_IR_ELEMENTWISE_OPS

include "limbeck/Graph/IR/OpBase.td"

// Which elements the ops take, by the message that refuses others.
class FloatRule<string subject> : Rule<subject # " is a float", ["expected a float type,"]>;
class NumberRule<string subject>
    : Rule<subject # " is a float or an integer of at least 8 bits", ["expected a float type or an integer type"]>;
class BoolRule<string subject> : Rule<subject # " is bool", ["expected bool,"]>;

class Limbeck_UnaryOp<string mnemonic, string what, string how, dag attributeList = (ins), string attributeText = "">
    : Limbeck_Op<mnemonic, (ins Limbeck_Tensor:$x), attributeList, [Limbeck_Elementwise]> {
  let summary = what;
  let formula = "y = " # how;
  Rule accepted = FloatRule<"x">;
  list<Rule> further = [];
  let constraints = !listconcat([ResultRule<"the result has the shape and element type of x">, accepted], further);
  let example = "%y = limbeck." # mnemonic # " %x" # attributeText # " : (tensor<2x3xf32>) -> tensor<2x3xf32>";
}

def Limbeck_ReluOp : Limbeck_UnaryOp<"relu", "clear negative elements", "max(x, 0)"> {
  let accepted = NumberRule<"x">;
}
def Limbeck_LeakyReluOp : Limbeck_UnaryOp<"leaky_relu", "damp negative elements", "x >= 0 ? x : alpha * x",
  (ins Limbeck_Number:$alpha), " alpha = 0.1">;
def Limbeck_SigmoidOp : Limbeck_UnaryOp<"sigmoid", "squash elements into (0, 1)", "1 / (1 + exp(-x))">;
def Limbeck_HardSigmoidOp : Limbeck_UnaryOp<"hard_sigmoid", "squash elements into [0, 1] by a line",
  "max(0, min(1, alpha * x + beta))", (ins Limbeck_Number:$alpha, Limbeck_Number:$beta), " alpha = 0.2 beta = 0.5">;
def Limbeck_HardSwishOp : Limbeck_UnaryOp<"hard_swish", "gate elements by a clamped line of themselves",
  "x * max(0, min(1, x / 6 + 0.5))">;
def Limbeck_TanhOp : Limbeck_UnaryOp<"tanh", "take the hyperbolic tangent", "tanh(x)">;
def Limbeck_GeluOp : Limbeck_UnaryOp<"gelu", "gate elements by the normal distribution function",
  "0.5 * x * (1 + erf(x / sqrt(2))), or its tanh form with approximate = \"tanh\"",
  (ins Limbeck_String:$approximate), " approximate = \"none\""> {
  let further = [Rule<"approximate is \"none\" or \"tanh\"", ["expected one of 'none'"]>];
}
def Limbeck_ErfOp : Limbeck_UnaryOp<"erf", "take the error function", "erf(x)">;
def Limbeck_ExpOp : Limbeck_UnaryOp<"exp", "raise e to each element", "exp(x)">;
def Limbeck_LogOp : Limbeck_UnaryOp<"log", "take the natural logarithm", "log(x)">;
def Limbeck_SqrtOp : Limbeck_UnaryOp<"sqrt", "take the square root", "sqrt(x)">;
def Limbeck_ReciprocalOp : Limbeck_UnaryOp<"reciprocal", "divide one by each element", "1 / x">;
def Limbeck_FloorOp : Limbeck_UnaryOp<"floor", "round towards minus infinity", "floor(x)">;
def Limbeck_CeilOp : Limbeck_UnaryOp<"ceil", "round towards plus infinity", "ceil(x)">;
def Limbeck_RoundOp : Limbeck_UnaryOp<"round", "round to the nearest integer, halves to even", "roundeven(x)">;
def Limbeck_AbsOp : Limbeck_UnaryOp<"abs", "drop the sign", "|x|"> {
  let accepted = NumberRule<"x">;
}
def Limbeck_NegOp : Limbeck_UnaryOp<"neg", "change the sign", "-x"> {
  let accepted = NumberRule<"x">;
}
def Limbeck_ClipOp : Limbeck_UnaryOp<"clip", "limit elements to a range; an infinite bound is open",
  "minimum(maximum(x, min), max)", (ins Limbeck_Number:$min, Limbeck_Number:$max), " min = 0.0 max = 6.0">;

def Limbeck_NotOp : Limbeck_UnaryOp<"not", "negate truth values", "!x"> {
  let accepted = BoolRule<"x">;
  let example = "%y = limbeck.not %x : (tensor<2xi1>) -> tensor<2xi1>";
}

defvar sameElementType = Rule<"lhs and rhs have the same expressed element type", ["expected operands of one element type"]>;

class Limbeck_BinaryOp<string mnemonic, string what, string how, dag attributeList = (ins)>
    : Limbeck_Op<mnemonic, (ins Limbeck_Tensor:$lhs, Limbeck_Tensor:$rhs), attributeList, [Limbeck_Elementwise]> {
  let summary = what;
  let formula = "y = " # how;
  string resultElement = "has their element type";
  list<Rule> accepted = [NumberRule<"each operand">];
  list<Rule> further = [];
  let constraints = !listconcat([sameElementType,
    ResultRule<"their shapes broadcast to that of the result, which " # resultElement, ["expected shapes that broadcast"]>],
    accepted, further);
  let example = "%y = limbeck." # mnemonic # " %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>";
}

class Limbeck_QuantizableBinaryOp<string mnemonic, string what, string how>
    : Limbeck_BinaryOp<mnemonic, what, how, (ins OptionalAttr<Limbeck_String>:$arith)> {
  let meaning = "On quantized operands `arith` selects the formula: \"qdq\" (the default) dequantizes, computes in f32 and "
                "quantizes; \"ort_qlinear\" is the formula of ONNX Runtime's com.microsoft ops.";
  let further = [Rule<"arith, if present, is \"qdq\" or \"ort_qlinear\"", ["expected one of ''"]>];
}

def Limbeck_AddOp : Limbeck_QuantizableBinaryOp<"add", "add elements", "lhs + rhs">;
def Limbeck_MulOp : Limbeck_QuantizableBinaryOp<"mul", "multiply elements", "lhs * rhs">;
def Limbeck_SubOp : Limbeck_BinaryOp<"sub", "subtract elements", "lhs - rhs">;
def Limbeck_DivOp : Limbeck_BinaryOp<"div", "divide elements",
  "lhs / rhs; integers truncate towards zero and give 0 on division by 0">;
def Limbeck_PowOp : Limbeck_BinaryOp<"pow", "raise elements to a power", "pow(lhs, rhs)">;
def Limbeck_MinOp : Limbeck_BinaryOp<"min", "take the smaller element; NaN wins", "minimum(lhs, rhs)">;
def Limbeck_MaxOp : Limbeck_BinaryOp<"max", "take the greater element; NaN wins", "maximum(lhs, rhs)">;

def Limbeck_PreluOp : Limbeck_Op<"prelu", (ins Limbeck_Tensor:$x, Limbeck_Tensor:$slope), (ins), [Limbeck_Elementwise]> {
  let summary = "damp negative elements by a learned slope";
  let formula = "y = x >= 0 ? x : slope * x";
  let constraints = [
    Rule<"x and slope have the same expressed element type", ["expected operands of one element type"]>,
    ResultRule<"their shapes broadcast to that of the result, which has their element type", ["expected shapes that broadcast"]>,
    FloatRule<"x">];
  let example = "%y = limbeck.prelu %x, %s : (tensor<1x2x3x3xf32>, tensor<2x1x1xf32>) -> tensor<1x2x3x3xf32>";
}

class Limbeck_CompareOp<string mnemonic, string what, string how> : Limbeck_BinaryOp<mnemonic, what, how> {
  let resultElement = "is bool";
  let accepted = [];
  let example = "%y = limbeck." # mnemonic # " %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>";
}
def Limbeck_EqualOp : Limbeck_CompareOp<"equal", "test elements for equality", "lhs == rhs">;
def Limbeck_GreaterOp : Limbeck_CompareOp<"greater", "test whether elements are greater", "lhs > rhs">;
def Limbeck_LessOp : Limbeck_CompareOp<"less", "test whether elements are less", "lhs < rhs">;

class Limbeck_LogicOp<string mnemonic, string what, string how> : Limbeck_BinaryOp<mnemonic, what, how> {
  let accepted = [BoolRule<"each operand">];
  let example = "%y = limbeck." # mnemonic # " %a, %b : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>";
}
def Limbeck_AndOp : Limbeck_LogicOp<"and", "test whether both are true", "lhs && rhs">;
def Limbeck_OrOp : Limbeck_LogicOp<"or", "test whether one is true", "lhs || rhs">;

def Limbeck_WhereOp : Limbeck_Op<"where", (ins Limbeck_Tensor:$condition, Limbeck_Tensor:$lhs, Limbeck_Tensor:$rhs), (ins),
                                 [Limbeck_Elementwise]> {
  let summary = "choose between two elements by a truth value";
  let formula = "y = condition ? lhs : rhs";
  let constraints = [
    Rule<"condition is bool", ["expected a condition of type bool"]>, sameElementType,
    ResultRule<"the three shapes broadcast to that of the result, which has the element type of lhs and rhs",
               ["expected shapes that broadcast"]>];
  let example = "%y = limbeck.where %c, %a, %b : (tensor<2x3xi1>, tensor<3xf32>, tensor<f32>) -> tensor<2x3xf32>";
}

#endif // LIMBECK_GRAPH_IR_ELEMENTWISE_OPS
