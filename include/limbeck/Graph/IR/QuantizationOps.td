// Casts, and both forms of quantization: typed (parameters in the type) and by operand (on plain integers).
#ifndef LIMBECK_GRAPH_IR_QUANTIZATION_OPS
#define LIMBECK_GRAPH_IR_QUANTIZATION_OPS

include "limbeck/Graph/IR/OpBase.td"

// What scales and values of ops whose quantization parameters are operands may be.
class QuantizableRule<string subjects> : Rule<subjects # " are f32, f16 or bf16",
  ["expected values of f32", "expected a scale of f32", "expected a result of f32"]>;
class ScaleRule<list<string> messages = []> : Rule<"a constant scale is finite and positive, and what is computed from it is in range",
  !listconcat(["expected a finite positive scale"], messages)>;
defvar zeroPointBits = Rule<"the zero point has at most 32 bits", ["expected an integer zero point"]>;

def Limbeck_CastOp : Limbeck_Op<"cast", (ins Limbeck_PlainTensor:$x), (ins Limbeck_DType:$to), [],
                                (outs Limbeck_PlainTensor:$result)> {
  let summary = "convert to another element type";
  let meaning = "Float to integer truncates towards zero and saturates, NaN gives 0; integers wrap; to float rounds once, "
                "halves to even.";
  let formula = "y = to(x)";
  let constraints = [ResultRule<"the result has the shape of x and element type to">];
  let example = "%y = limbeck.cast %x to = si64 : (tensor<2xf32>) -> tensor<2xsi64>";
}

def Limbeck_StorageCastOp : Limbeck_Op<"storage_cast", (ins Limbeck_Tensor:$x), (ins)> {
  let summary = "read stored integers as quantized values, or back";
  let formula = "y = x, bit for bit";
  let constraints = [ResultRule<"x and the result have the same storage type and shape">,
                     Rule<"x is stored as integers", ["expected an integer or quantized tensor"]>];
  let example = "%y = limbeck.storage_cast %x : (tensor<2xui8>) -> tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>";
  let hasFolder = 1;
}

def Limbeck_QuantizeOp : Limbeck_Op<"quantize", (ins Limbeck_FloatTensor:$x), (ins), [],
                                    (outs Limbeck_QuantizedTensor:$result)> {
  let summary = "round to the quantized type of the result";
  let meaning = "Never cancelled against a dequantize before it unless the types are equal.";
  let formula = "y = roundeven(clamp(x / scale, lowest - zero_point, highest - zero_point)) + zero_point";
  let constraints = [ResultRule<"the result has the shape of x, and its expressed type is the element type of x">,
                     QuantizableRule<"the values of x">];
  let example = "%q = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>";
  let hasFolder = 1;
}

def Limbeck_DequantizeOp : Limbeck_Op<"dequantize", (ins Limbeck_QuantizedTensor:$x), (ins), [Limbeck_KeptUnfolded],
                                      (outs Limbeck_FloatTensor:$result)> {
  let summary = "turn quantized values into the floats they stand for";
  let meaning = "dequantize(quantize(x)) is not x: no fold cancels it.";
  let formula = "y = float(x - zero_point) * scale";
  let constraints = [ResultRule<"the result has the shape of x, and its element type is the expressed type of x">];
  let example = "%y = limbeck.dequantize %q : (tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>) -> tensor<2xf32>";
}

def Limbeck_RequantizeOp : Limbeck_Op<"requantize", (ins Limbeck_QuantizedTensor:$x), (ins), [],
                                      (outs Limbeck_QuantizedTensor:$result)> {
  let summary = "change scale and zero point";
  let formula = "y = quantize(dequantize(x))";
  let constraints = [ResultRule<"x and the result have the same expressed type and shape">];
  let example = "%r = limbeck.requantize %q : (tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>)\n"
                "  -> tensor<2x!quant.uniform<u8:f32, 2.5e-1:128>>";
}

defvar notParameters = ["expected a quantized axis", "expected parameters of rank", "parameters along dimension"];
defvar parameterRule = Rule<"scale and zero_point are both scalars (per tensor), one per slice of axis, or, with block_size, one per "
                            "block along axis",
  !listconcat(["expected a block size", "expected as many zero points"], notParameters)>;

def Limbeck_QuantizeByOp : Limbeck_Op<"quantize_by",
    (ins Limbeck_FloatTensor:$x, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point),
    (ins Limbeck_Integer:$axis, Limbeck_Integer:$block_size), [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>],
    (outs Limbeck_IntegerTensor:$result)> {
  let summary = "quantize with parameters that are values";
  let formula = "y = roundeven(clamp(x / scale, lowest - zero_point, highest - zero_point)) + zero_point";
  let constraints = [
    parameterRule, ResultRule<"the result has the element type of zero_point and the shape of x">,
    QuantizableRule<"x and scale">, zeroPointBits, ScaleRule<["expected a scale of at least"]>];
  let example = "%q = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0\n"
                "  : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>";
}

def Limbeck_DequantizeByOp : Limbeck_Op<"dequantize_by",
    (ins Limbeck_IntegerTensor:$x, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point),
    (ins Limbeck_Integer:$axis, Limbeck_Integer:$block_size, Limbeck_DType:$to), [Limbeck_KeptUnfolded, DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>],
    (outs Limbeck_FloatTensor:$result)> {
  let summary = "dequantize with parameters that are values";
  let formula = "y = to(float(x - zero_point) * scale)";
  let constraints = [
    parameterRule, Rule<"zero_point has the element type of x", ["expected a zero point of"]>,
    ResultRule<"the result has the shape of x and element type to">, QuantizableRule<"scale and to">,
    Rule<"x has at most 32 bits", ["expected quantized values of at most 32 bits"]>, ScaleRule<>];
  let example = "%y = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 0 to = f32\n"
                "  : (tensor<2xui8>, tensor<f32>, tensor<ui8>) -> tensor<2xf32>";
}

def Limbeck_RequantizeByOp : Limbeck_Op<"requantize_by",
    (ins Limbeck_IntegerTensor:$accumulator, Limbeck_FloatTensor:$input_scale, Limbeck_FloatTensor:$weights_scale,
         Limbeck_FloatTensor:$result_scale, Limbeck_IntegerTensor:$result_zero_point),
    (ins Limbeck_Integer:$axis), [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>], (outs Limbeck_IntegerTensor:$result)> {
  let summary = "round an integer accumulator to 8 bits with scales that are values";
  let formula = "m = (sx * sw) / sy; y = roundeven(clamp(float(accumulator) * m)) + zy";
  let constraints = [
    Rule<"accumulator is si32", ["expected an s32 accumulator"]>,
    Rule<"weights_scale is a scalar or one per slice of axis, input_scale a scalar or one per row (the axis before)", notParameters>,
    Rule<"result_scale and result_zero_point have one element", ["expected one scale and zero point"]>,
    ResultRule<"the result has the element type of result_zero_point and the shape of accumulator">,
    QuantizableRule<"the scales">, zeroPointBits, ScaleRule<["the multiplier of the requantization"]>];
  let example = "%q = limbeck.requantize_by %acc, %sx, %sw, %sy, %zy axis = 1\n"
                "  : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>";
}

def Limbeck_DynamicQuantizeOp : Limbeck_Op<"dynamic_quantize", (ins Limbeck_FloatTensor:$x), (ins), [],
    (outs Limbeck_IntegerTensor:$result, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$zero_point)> {
  let summary = "quantize to ui8 over the range that the values have";
  let formula = "scale = (max(x, 0) - min(x, 0)) / 255; zero_point = round(-min / scale); y = quantize(x)";
  let constraints = [
    Rule<"x is f32", ["expected f32 values"]>,
    ResultRule<"the results are ui8 of the shape of x, a f32 scalar and a ui8 scalar">];
  let example = "%q, %s, %z = limbeck.dynamic_quantize %x : (tensor<2xf32>) -> (tensor<2xui8>, tensor<f32>, tensor<ui8>)";
}

def Limbeck_DynamicQuantizeBlocksOp : Limbeck_Op<"dynamic_quantize_blocks", (ins Limbeck_FloatTensor:$x),
    (ins Limbeck_Integer:$block_size), [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples"]>],
    (outs Limbeck_IntegerTensor:$result, Limbeck_FloatTensor:$scale, Limbeck_IntegerTensor:$sum)> {
  let summary = "quantize to si8 over the range that each block of a row has";
  let meaning = "A block of the size of a row gives one scale per row. Behind the end of a row stand zeros up to a whole block. `sum` "
                "is what zero points of weights ask for.";
  let formula = "scale[.., b] = max |x| / 127 over block b, 1 where that is below 2^-126; y = quantize(x) in [-127, 127]; sum[.., b] = sum of y over b";
  let constraints = [
    Rule<"x is f32", ["expected f32 values"]>,
    Rule<"x has rank 1 or more", ["expected an input of rank 1"]>,
    Rule<"block_size is at least 1", ["expected a block size of at least 1"]>,
    ResultRule<"the results are si8 of the shape of x with the last dimension rounded up to whole blocks, f32 and si32 with one element "
               "per block">];
  let example = "%q, %s, %u = limbeck.dynamic_quantize_blocks %x block_size = 32\n"
                "  : (tensor<4x64xf32>) -> (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>)";
}

#endif // LIMBECK_GRAPH_IR_QUANTIZATION_OPS
