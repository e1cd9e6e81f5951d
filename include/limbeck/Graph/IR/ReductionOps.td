// Reductions over axes, and the normalizations that are built on them.
#ifndef LIMBECK_GRAPH_IR_REDUCTION_OPS
#define LIMBECK_GRAPH_IR_REDUCTION_OPS

include "limbeck/Graph/IR/OpBase.td"

defvar axisRule = Rule<"axis is below the rank of x", ["expected an axis below the rank"]>;
defvar floatRule = Rule<"the operands are floats, and all are f64 if one is", ["expected a float type,", "expected f64 parameters"]>;
defvar notNumber = "expected a float type or an integer type";

class Limbeck_ReduceOp<string mnemonic, string what, string how>
    : Limbeck_Op<mnemonic, (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$axes, Limbeck_Flag:$keepdims),
                 [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = what;
  let meaning = "Element i of the reduced elements goes to lane i mod 16; the 16 lanes are combined by a fixed tree.";
  let formula = "y = " # how # " of x over axes";
  Rule accepted = Rule<"x is a float or an integer of at least 8 bits", [notNumber]>;
  let constraints = [
    Rule<"axes are sorted, distinct and below the rank of x", ["expected an axis below the rank", "expected ascending axes"]>,
    ResultRule<"the result has the element type of x and drops the axes, or keeps them with size 1 when keepdims is set">, accepted];
  let example = "%y = limbeck." # mnemonic # " %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>";
}
def Limbeck_ReduceSumOp : Limbeck_ReduceOp<"reduce_sum", "sum over axes", "sum">;
def Limbeck_ReduceMeanOp : Limbeck_ReduceOp<"reduce_mean", "average over axes", "sum / count">;
class Limbeck_ReduceOrderedOp<string mnemonic, string what, string how> : Limbeck_ReduceOp<mnemonic, what, how> {
  let accepted = Rule<"x is a float, bool or an integer of at least 8 bits", [notNumber]>;
}
def Limbeck_ReduceMaxOp : Limbeck_ReduceOrderedOp<"reduce_max", "take the greatest over axes; NaN wins", "maximum">;
def Limbeck_ReduceMinOp : Limbeck_ReduceOrderedOp<"reduce_min", "take the least over axes; NaN wins", "minimum">;
def Limbeck_ReduceProdOp : Limbeck_ReduceOp<"reduce_prod", "multiply over axes", "product">;

def Limbeck_ArgMaxOp : Limbeck_Op<"arg_max", (ins Limbeck_Tensor:$x),
    (ins Limbeck_Integer:$axis, Limbeck_Flag:$keepdims, Limbeck_Flag:$select_last_index),
    [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = "find the position of the greatest element along an axis";
  let formula = "y = index of the maximum of x along axis; the first, or the last with select_last_index";
  let constraints = [
    axisRule, ResultRule<"the result is si64 and drops the axis, or keeps it with size 1 when keepdims is set">,
    Rule<"x is a float or an integer of at least 8 bits", [notNumber]>,
    Rule<"there are elements along axis", ["expected at least one element"]>];
  let example = "%y = limbeck.arg_max %x axis = 1 keepdims = false select_last_index = false\n"
                "  : (tensor<2x3xf32>) -> tensor<2xsi64>";
}

def Limbeck_HistogramOp : Limbeck_Op<"histogram",
    (ins Limbeck_FloatTensor:$x, Limbeck_FloatTensor:$least, Limbeck_FloatTensor:$greatest), (ins), [],
    (outs Limbeck_IntegerTensor:$result)> {
  let summary = "count elements in 2048 bins whose width is a power of two";
  let meaning = "The least width with which the bins from that of least to that of greatest, 0 among them, are no more than 2048. "
                "Elements beyond them count in the nearest one. Neither the shape nor the order of x matters.";
  let formula = "y[i] = how many elements are in bin i + (the bin of least, or 0); docs/semantics.md says which bin holds what";
  let constraints = [
    Rule<"x is f32", ["expected f32 values"]>,
    Rule<"least and greatest are f32 scalars", ["expected a f32 scalar"]>,
    ResultRule<"the result is si32 with 2048 elements">];
  let example = "%n = limbeck.histogram %x, %l, %g : (tensor<2x3xf32>, tensor<f32>, tensor<f32>) -> tensor<2048xsi32>";
  let hasFolder = 1;
}

class Limbeck_SoftmaxLikeOp<string mnemonic, string what, string how>
    : Limbeck_Op<mnemonic, (ins Limbeck_Tensor:$x), (ins Limbeck_Integer:$axis),
                 [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = what;
  let formula = "m = max(x), e = exp(x - m), s = sum(e) along axis; y = " # how;
  let constraints = [axisRule, ResultRule<"x is a float and the result has its type", ["expected a float type,"]>];
  let example = "%y = limbeck." # mnemonic # " %x axis = 1 : (tensor<2x3xf32>) -> tensor<2x3xf32>";
}
def Limbeck_SoftmaxOp : Limbeck_SoftmaxLikeOp<"softmax", "turn scores into probabilities", "e / s">;
def Limbeck_LogSoftmaxOp : Limbeck_SoftmaxLikeOp<"log_softmax", "turn scores into log probabilities", "(x - m) - log(s)">;

def Limbeck_LayerNormOp : Limbeck_Op<"layer_norm",
    (ins Limbeck_Tensor:$x, Limbeck_Tensor:$scale, Optional<Limbeck_Tensor>:$bias),
    (ins Limbeck_Integer:$axis, Limbeck_Number:$epsilon), [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>],
    (outs Limbeck_Tensor:$result, Limbeck_Tensor:$mean, Limbeck_Tensor:$inverse_deviation)> {
  let summary = "normalize over the trailing axes";
  let formula = "inv = 1 / sqrt(mean((x - mean(x))^2) + epsilon); y = ((x - mean(x)) * inv) * scale + bias";
  let constraints = [
    axisRule,
    Rule<"scale and bias broadcast to the dimensions from axis on",
         ["expected an operand that broadcasts", "expected shapes that broadcast"]>,
    ResultRule<"y has the type of x; mean and inv are f32 (f64 for f64) and have size 1 from axis on">, floatRule];
  let example = "%y, %m, %i = limbeck.layer_norm %x, %s axis = 1 epsilon = 1.0e-5\n"
                "  : (tensor<2x8xf32>, tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x1xf32>, tensor<2x1xf32>)";
}

def Limbeck_BatchNormOp : Limbeck_Op<"batch_norm",
    (ins Limbeck_Tensor:$x, Limbeck_Tensor:$scale, Limbeck_Tensor:$bias, Limbeck_Tensor:$mean, Limbeck_Tensor:$variance),
    (ins Limbeck_Integer:$axis, Limbeck_Number:$epsilon), [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = "normalize each channel by given statistics";
  let formula = "f = scale / sqrt(variance + epsilon); y = fma(x - mean, f, bias)";
  let constraints = [
    axisRule, Rule<"scale, bias, mean and variance have one element per channel", ["expected a parameter"]>, floatRule,
    ResultRule<"the result has the type of x">];
  let example = "%y = limbeck.batch_norm %x, %s, %b, %m, %v axis = 1 epsilon = 1.0e-5\n"
                "  : (tensor<1x2x3x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>";
}

def Limbeck_LrnOp : Limbeck_Op<"lrn", (ins Limbeck_Tensor:$x),
    (ins Limbeck_Integer:$size, Limbeck_Number:$alpha, Limbeck_Number:$beta, Limbeck_Number:$bias, Limbeck_Integer:$axis),
    [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = "normalize by the neighbouring channels";
  let formula = "y = x / pow(bias + (alpha / size) * sum of squares over the channel window, beta)";
  let constraints = [
    Rule<"size is positive", ["expected a window of at least one"]>, axisRule,
    ResultRule<"x is a float and the result has its type", ["expected a float type,"]>];
  let example = "%y = limbeck.lrn %x size = 5 alpha = 1.0e-4 beta = 0.75 bias = 1.0 axis = 1\n"
                "  : (tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>";
}

#endif // LIMBECK_GRAPH_IR_REDUCTION_OPS
