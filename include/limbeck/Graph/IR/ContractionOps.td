// Matrix products and convolutions, float or quantized, and their forms on plain integers.
#ifndef LIMBECK_GRAPH_IR_CONTRACTION_OPS
#define LIMBECK_GRAPH_IR_CONTRACTION_OPS

include "limbeck/Graph/IR/OpBase.td"

defvar convolutionAttributes = (ins Limbeck_Integers:$strides, Limbeck_Integers:$pads, Limbeck_Integers:$dilations,
                                    Limbeck_Integer:$groups, Limbeck_String:$layout);
// The bias is first spoken of behind its type: `bias` says which.
class Limbeck_ConvolutionRules<string operands, list<string> notOperands, string bias> {
  list<Rule> ret = [
    Rule<"input and weights have rank 4 and " # operands,
         !listconcat(["expected an image and weights of rank 4"], notOperands)>,
    Rule<"strides and dilations are two positive integers, pads four that are not negative (top, left, bottom, right)",
         ["in 'strides'", "in 'pads'", "in 'dilations'", "of 'strides'", "of 'pads'", "of 'dilations'", "the window of kernel"]>,
    Rule<"the channels of input and weights agree with groups, and groups divides both channel counts",
         ["expected at least 1 group", "expected the weights' first dimension", "too many channels", "input channels"]>,
    Rule<"bias, if present, has " # bias # " and one element per output channel", ["expected a bias of"]>,
    Rule<"layout is \"NCHW\" or \"NHWC\"; weights are in the same order in both", ["expected the layout"]>,
    ResultRule<"the result's shape follows from the window",
               ["expected a window that fits", "the padded size", "expected an output of", "the output of an axis"]>];
}
defvar notFloats = "expected two operands of one float type";
defvar expressedType = "the expressed element type of the operands (or, beside quantized ones, si32)";
defvar convolutionRules = Limbeck_ConvolutionRules<"the same expressed element type, a float", [notFloats], expressedType>.ret;

// What integer accumulation needs of quantized operands.
class Limbeck_QuantizedRules<string input, string weights, string channel> {
  list<Rule> ret = [
    Rule<input # " and " # weights # " are both quantized, or none is: with at most 16 bits, " # input # " with one scale, " #
         weights # " with one or one per " # channel,
         ["expected both operands quantized", "expected operands of at most 16 bits", "expected a first operand with one scale",
          "expected weights with one scale"]>,
    Rule<"beside quantized operands, bias is si32, with zero point 0 and the product of their scales if it is quantized",
         ["expected an s32 bias", "expected a bias with zero point 0", "expected a bias scale"]>];
}
defvar quantizedConvolutionRules = Limbeck_QuantizedRules<"input", "weights", "output channel">.ret;

class Limbeck_AnchorOp<string mnemonic, dag operandList, dag attributeList, list<Trait> traits = []>
    : Limbeck_Op<mnemonic, operandList, !con(attributeList, (ins OptionalAttr<Limbeck_DType>:$accumulate)),
                 !listconcat([DeclareOpInterfaceMethods<AnchorOpInterface>, DeclareOpInterfaceMethods<ContractionOpInterface>],
                             traits)>;

// Operands of half precision whose products are summed, and stay, in f32.
defvar accumulateRule = Rule<"accumulate, if present, is f32, and the operands are f16 or bf16; bias and result are then f32, and the order of "
  "the sum is the target's (docs/semantics.md, 2.8), unless the first operand is f32 (2.9)", ["to accumulate in f32"]>;

def Limbeck_MatmulOp : Limbeck_AnchorOp<"matmul",
    (ins Limbeck_Tensor:$lhs, Limbeck_Tensor:$rhs, Optional<Limbeck_Tensor>:$bias), (ins),
    [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>]> {
  let summary = "multiply matrices";
  let meaning = "Quantized operands are multiplied as integers, accumulated exactly and requantized once. Floats use one "
                "accumulator per output, k ascending, fused multiply-add; the bias is added last.";
  let formula = "y[.., m, n] = sum over k of lhs[.., m, k] * rhs[.., k, n] + bias[n]";
  let constraints = !listconcat([
    Rule<"lhs and rhs have rank 2 or more and the same expressed element type, a float",
         ["expected operands of rank 2", notFloats]>,
    Rule<"the last dimension of lhs equals the last but one of rhs", ["expected equal inner dimensions"]>,
    ResultRule<"the leading dimensions broadcast to those of the result; rows and columns follow",
               ["expected shapes that broadcast"]>,
    Rule<!strconcat("bias, if present, has ", expressedType, " and one element per column"), ["expected a bias of"]>],
    Limbeck_QuantizedRules<"lhs", "rhs", "column">.ret, [accumulateRule]);
  let example = "%y = limbeck.matmul %a, %b : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>";
}

def Limbeck_ConvOp : Limbeck_AnchorOp<"conv",
    (ins Limbeck_Tensor:$input, Limbeck_Tensor:$weights, Optional<Limbeck_Tensor>:$bias), convolutionAttributes,
    [LayoutOpInterface, SampleOpInterface]> {
  let summary = "convolve images with a bank of filters";
  let meaning = "Weights are OIHW. Padding takes part as 0, quantized as the zero point of the input.";
  let formula = "y[n, o, i, j] = sum over (kh, kw, c) of input[n, c, i*s - p + kh*d, j*s - p + kw*d] * weights[o, c, kh, kw] "
                "+ bias[o]";
  let constraints = !listconcat(convolutionRules, quantizedConvolutionRules, [accumulateRule]);
  let example = "%y = limbeck.conv %x, %w, %b strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 "
                "layout = \"NCHW\"\n  : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>";
}

def Limbeck_ConvTransposeOp : Limbeck_AnchorOp<"conv_transpose",
    (ins Limbeck_Tensor:$input, Limbeck_Tensor:$weights, Optional<Limbeck_Tensor>:$bias),
    (ins Limbeck_Integers:$strides, Limbeck_Integers:$pads, Limbeck_Integers:$dilations, Limbeck_Integers:$output_padding,
         Limbeck_Integer:$groups, Limbeck_String:$layout),
    [LayoutOpInterface, SampleOpInterface]> {
  let summary = "spread images by a bank of filters: the transpose of a convolution";
  let meaning = "Weights are IOHW. Taps that meet no input take part as 0.";
  let formula = "out = (in - 1)*s + d*(k - 1) + 1 + output_padding - pads, per spatial dimension";
  let constraints = !listconcat(convolutionRules, [
    Rule<"output_padding is two integers that are not negative", ["in 'output_padding'", "expected an output padding"]>],
    quantizedConvolutionRules, [accumulateRule]);
  let example = "%y = limbeck.conv_transpose %x, %w strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] "
                "output_padding = [0, 0] groups = 1 layout = \"NCHW\"\n"
                "  : (tensor<1x3x4x4xf32>, tensor<3x4x2x2xf32>) -> tensor<1x4x8x8xf32>";
}

class ZeroPointRule<string operands, string slices>
    : Rule<"the zero points have the types of " # operands # "; each is a scalar or has one element, or one per " # slices,
           ["expected a zero point of", "expected a scalar or a list of zero points", "expected one zero point"]>;

def Limbeck_MatmulIntegerOp : Limbeck_Op<"matmul_integer",
    (ins Limbeck_IntegerTensor:$lhs, Limbeck_IntegerTensor:$rhs, Limbeck_IntegerTensor:$lhs_zero_point,
         Limbeck_IntegerTensor:$rhs_zero_point, Optional<Limbeck_IntegerTensor>:$bias), (ins),
    [DeclareOpInterfaceMethods<ContractionOpInterface>, DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>],
    (outs Limbeck_IntegerTensor:$result)> {
  let summary = "multiply matrices of 8-bit integers into 32 bits";
  let formula = "y[.., m, n] = sum over k of (lhs[.., m, k] - zl[m]) * (rhs[.., k, n] - zr[n]) + bias[n]   modulo 2^32";
  let constraints = [
    Rule<"lhs and rhs are integers of at most 8 bits and have rank 2 or more",
         ["expected operands of rank 2", "expected integer operands of at most 8 bits"]>,
    Rule<"the last dimension of lhs equals the last but one of rhs", ["expected equal inner dimensions"]>,
    ZeroPointRule<"lhs and rhs", "row of lhs or column of rhs">,
    Rule<"bias, if present, is si32 with one element per column", ["expected a bias of"]>,
    ResultRule<"the result is si32; the leading dimensions broadcast to its own", ["expected shapes that broadcast"]>];
  let example = "%y = limbeck.matmul_integer %a, %b, %za, %zb\n"
                "  : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32>";
}

def Limbeck_ConvIntegerOp : Limbeck_Op<"conv_integer",
    (ins Limbeck_IntegerTensor:$input, Limbeck_IntegerTensor:$weights, Limbeck_IntegerTensor:$input_zero_point,
         Limbeck_IntegerTensor:$weights_zero_point, Optional<Limbeck_IntegerTensor>:$bias),
    convolutionAttributes, [LayoutOpInterface, SampleOpInterface, DeclareOpInterfaceMethods<ContractionOpInterface>],
    (outs Limbeck_IntegerTensor:$result)> {
  let summary = "convolve 8-bit images with 8-bit filters into 32 bits";
  let meaning = "Padding contributes 0.";
  let formula = "as limbeck.conv over (input - zx) and (weights - zw[o]), plus bias, modulo 2^32";
  let constraints = !listconcat(
    Limbeck_ConvolutionRules<"are integers of at most 8 bits", ["expected integer operands of at most 8 bits"], "type si32">.ret,
    [ZeroPointRule<"input and weights", "output channel of the weights">]);
  let example = "%y = limbeck.conv_integer %x, %w, %zx, %zw strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] "
                "groups = 1 layout = \"NCHW\"\n"
                "  : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>";
}

// What both products with weights in blocks ask of these.
defvar blockSizeRule = Rule<"block_size is at least 1", ["expected a block size of at least 1"]>;
defvar blockWeightRules = [
  Rule<"weights is one matrix of integers of at most 8 bits", ["expected integer weights", "expected one matrix of weights"]>,
  Rule<"scale and zero_point have one element per block of block_size weights along the depth and column; zero_point has the element "
       "type of weights", ["parameters along dimension", "expected parameters of rank", "expected a zero point"]>,
  Rule<"scale is f32, f16 or bf16; a constant one is finite and positive", ["expected a scale of f32", "expected a finite positive scale"]>];

def Limbeck_MatmulBlocksOp : Limbeck_Op<"matmul_blocks",
    (ins Limbeck_FloatTensor:$x, Limbeck_IntegerTensor:$weights, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point),
    (ins Limbeck_Integer:$block_size), [DeclareOpInterfaceMethods<ContractionOpInterface>, SampleOpInterface],
    (outs Limbeck_FloatTensor:$result)> {
  let summary = "multiply a matrix of floats by weights that are stored as integers in blocks";
  let meaning = "The products of a block are summed by fused multiply-adds, k ascending from +0; then one more, in order of blocks, "
                "scales the sum and adds it to the result. A last block may be shorter.";
  let formula = "y[.., m, n] = sum over blocks b of scale[b, n] * (sum over k in b of x[.., m, k] * (weights[k, n] - zero_point[b, n]))";
  let constraints = !listconcat([
    Rule<"x is f32 and has rank 2 or more", ["expected f32 values", "expected an input of rank 2"]>,
    blockSizeRule], blockWeightRules, [
    Rule<"the last dimension of x equals the first of weights", ["expected equal inner dimensions"]>,
    ResultRule<"the result is f32, with the rows of x and the columns of weights">]);
  let example = "%y = limbeck.matmul_blocks %x, %w, %s, %z block_size = 32\n"
                "  : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>";
}

def Limbeck_MatmulIntegerBlocksOp : Limbeck_Op<"matmul_integer_blocks",
    (ins Limbeck_IntegerTensor:$x, Limbeck_FloatTensor:$x_scale, Limbeck_IntegerTensor:$x_sum, Limbeck_IntegerTensor:$weights,
         Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point),
    (ins Limbeck_Integer:$block_size),
    [DeclareOpInterfaceMethods<ContractionOpInterface>, DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>], (outs Limbeck_FloatTensor:$result)> {
  let summary = "multiply a matrix of bytes in blocks by weights in the same blocks";
  let meaning = "The operands of x are the results of dynamic_quantize_blocks. The sum of a block is exact (modulo 2^32) and rounded "
                "once to f32; a fused multiply-add by the product of both scales, rounded to f32, adds it to the result, in order of blocks.";
  let formula = "y[.., m, n] = sum over b of (x_scale[.., m, b] * scale[b, n]) * (sum over k in b of x[.., m, k] * weights[k, n] - "
                "zero_point[b, n] * x_sum[.., m, b])";
  let constraints = !listconcat([
    Rule<"x is si8 and has rank 2 or more", ["expected an input of s8", "expected an input of rank 2"]>,
    blockSizeRule], blockWeightRules, [
    Rule<"the last dimension of x is the first of weights, rounded up to whole blocks", ["expected equal inner dimensions"]>,
    Rule<"x_scale is f32 and x_sum si32, with one element per row and block of x",
         ["expected scales of the input", "expected sums of the input"]>,
    ResultRule<"the result is f32, with the rows of x and the columns of weights">]);
  let example = "%y = limbeck.matmul_integer_blocks %q, %t, %u, %w, %s, %z block_size = 32\n"
                "  : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> "
                "tensor<4x8xf32>";
}

#endif // LIMBECK_GRAPH_IR_CONTRACTION_OPS
