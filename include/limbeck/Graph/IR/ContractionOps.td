// Matrix products and convolutions, float or quantized, and their forms on plain integers.
#ifndef LIMBECK_GRAPH_IR_CONTRACTION_OPS
#define LIMBECK_GRAPH_IR_CONTRACTION_OPS

include "limbeck/Graph/IR/OpBase.td"

defvar convolutionAttributes = (ins Limbeck_Integers:$strides, Limbeck_Integers:$pads, Limbeck_Integers:$dilations,
                                    Limbeck_Integer:$groups, Limbeck_String:$layout);
defvar convolutionConstraints = [
  "input and weights have rank 4 and the same expressed element type",
  "strides and dilations are two positive integers, pads four (top, left, bottom, right)",
  "the channels of input and weights agree with groups, and groups divides both channel counts",
  "bias, if present, has one element per output channel",
  "layout is \"NCHW\" or \"NHWC\"; weights are in the same order in both",
  "the result's shape follows from the window"];

class Limbeck_AnchorOp<string mnemonic, dag operandList, dag attributeList, list<Trait> traits = []>
    : Limbeck_Op<mnemonic, operandList, attributeList,
                 !listconcat([DeclareOpInterfaceMethods<AnchorOpInterface>], traits)>;

def Limbeck_MatmulOp : Limbeck_AnchorOp<"matmul",
    (ins Limbeck_Tensor:$lhs, Limbeck_Tensor:$rhs, Optional<Limbeck_Tensor>:$bias), (ins)> {
  let summary = "multiply matrices";
  let meaning = "Quantized operands are multiplied as integers, accumulated exactly and requantized once. Floats use one "
                "accumulator per output, k ascending, fused multiply-add; the bias is added last.";
  let formula = "y[.., m, n] = sum over k of lhs[.., m, k] * rhs[.., k, n] + bias[n]";
  let constraints = ["lhs and rhs have rank 2 or more and the same expressed element type",
                     "the last dimension of lhs equals the last but one of rhs",
                     "the leading dimensions broadcast", "bias, if present, has one element per column"];
  let example = "%y = limbeck.matmul %a, %b : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>";
}

def Limbeck_ConvOp : Limbeck_AnchorOp<"conv",
    (ins Limbeck_Tensor:$input, Limbeck_Tensor:$weights, Optional<Limbeck_Tensor>:$bias), convolutionAttributes,
    [LayoutOpInterface]> {
  let summary = "convolve images with a bank of filters";
  let meaning = "Weights are OIHW. Padding takes part as 0, quantized as the zero point of the input.";
  let formula = "y[n, o, i, j] = sum over (kh, kw, c) of input[n, c, i*s - p + kh*d, j*s - p + kw*d] * weights[o, c, kh, kw] "
                "+ bias[o]";
  let constraints = convolutionConstraints;
  let example = "%y = limbeck.conv %x, %w, %b strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 "
                "layout = \"NCHW\"\n  : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>";
}

def Limbeck_ConvTransposeOp : Limbeck_AnchorOp<"conv_transpose",
    (ins Limbeck_Tensor:$input, Limbeck_Tensor:$weights, Optional<Limbeck_Tensor>:$bias),
    (ins Limbeck_Integers:$strides, Limbeck_Integers:$pads, Limbeck_Integers:$dilations, Limbeck_Integers:$output_padding,
         Limbeck_Integer:$groups, Limbeck_String:$layout),
    [LayoutOpInterface]> {
  let summary = "spread images by a bank of filters: the transpose of a convolution";
  let meaning = "Weights are IOHW. Taps that meet no input take part as 0.";
  let formula = "out = (in - 1)*s + d*(k - 1) + 1 + output_padding - pads, per spatial dimension";
  let constraints = !listconcat(convolutionConstraints, ["output_padding is two integers, each below stride or dilation"]);
  let example = "%y = limbeck.conv_transpose %x, %w strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] "
                "output_padding = [0, 0] groups = 1 layout = \"NCHW\"\n"
                "  : (tensor<1x3x4x4xf32>, tensor<3x4x2x2xf32>) -> tensor<1x4x8x8xf32>";
}

def Limbeck_MatmulIntegerOp : Limbeck_Op<"matmul_integer",
    (ins Limbeck_IntegerTensor:$lhs, Limbeck_IntegerTensor:$rhs, Limbeck_IntegerTensor:$lhs_zero_point,
         Limbeck_IntegerTensor:$rhs_zero_point, Optional<Limbeck_IntegerTensor>:$bias), (ins), [],
    (outs Limbeck_IntegerTensor:$result)> {
  let summary = "multiply matrices of 8-bit integers into 32 bits";
  let formula = "y[.., m, n] = sum over k of (lhs[.., m, k] - zl[m]) * (rhs[.., k, n] - zr[n]) + bias[n]   modulo 2^32";
  let constraints = ["lhs and rhs are 8-bit integers of rank 2 or more with one K",
                     "lhs_zero_point is a scalar or one per row, of the type of lhs",
                     "rhs_zero_point is a scalar or one per column, of the type of rhs",
                     "bias, if present, is si32 with one element per column", "the result is si32"];
  let example = "%y = limbeck.matmul_integer %a, %b, %za, %zb\n"
                "  : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32>";
}

def Limbeck_ConvIntegerOp : Limbeck_Op<"conv_integer",
    (ins Limbeck_IntegerTensor:$input, Limbeck_IntegerTensor:$weights, Limbeck_IntegerTensor:$input_zero_point,
         Limbeck_IntegerTensor:$weights_zero_point, Optional<Limbeck_IntegerTensor>:$bias),
    convolutionAttributes, [LayoutOpInterface], (outs Limbeck_IntegerTensor:$result)> {
  let summary = "convolve 8-bit images with 8-bit filters into 32 bits";
  let meaning = "Padding contributes 0.";
  let formula = "as limbeck.conv over (input - zx) and (weights - zw[o]), plus bias, modulo 2^32";
  let constraints = !listconcat(convolutionConstraints,
    ["the zero points have the types of input and weights; that of weights is a scalar or one per output channel"]);
  let example = "%y = limbeck.conv_integer %x, %w, %zx, %zw strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] "
                "groups = 1 layout = \"NCHW\"\n"
                "  : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>";
}

#endif // LIMBECK_GRAPH_IR_CONTRACTION_OPS
