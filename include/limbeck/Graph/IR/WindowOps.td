// Ops that reduce a window or resample: pooling and resizing.
#ifndef LIMBECK_GRAPH_IR_WINDOW_OPS
#define LIMBECK_GRAPH_IR_WINDOW_OPS

include "limbeck/Graph/IR/OpBase.td"

defvar poolingRules = [
  Rule<"x has rank 3 to 5: batch, channels, and 1 to 3 spatial dimensions", ["expected a batch, channels and"]>,
  Rule<"kernel, strides and dilations have one positive entry per spatial dimension, pads two below the kernel (begins, then ends)",
       ["entries in '", "expected every entry of '", "expected a kernel of", "the window of kernel", "expected pads below"]>,
  Rule<"layout is \"NCHW\" or \"NHWC\"", ["expected the layout"]>,
  ResultRule<"the result's shape follows from the window and ceil_mode", ["expected a window that fits", "the padded size"]>];

class Limbeck_PoolingOp<string mnemonic, string how, string extraText = "", dag extraAttributes = (ins),
                        string resultElement = "f32", list<Trait> traits = [SampleOpInterface]>
    : Limbeck_Op<mnemonic, (ins Limbeck_Tensor:$x),
        !con((ins Limbeck_Integers:$kernel, Limbeck_Integers:$strides, Limbeck_Integers:$pads, Limbeck_Integers:$dilations,
                  Limbeck_Flag:$ceil_mode), extraAttributes, (ins Limbeck_String:$layout)),
        !listconcat([LayoutOpInterface], traits)> {
  Rule accepted = Rule<"x is a float or an integer", ["expected numbers to take the maximum of"]>;
  list<Rule> further = [];
  let constraints = !listconcat(poolingRules, [accepted], further);
  let formula = "y[n, c, i..] = " # how;
  let example = "%y = limbeck." # mnemonic # " %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] "
                "ceil_mode = false" # extraText # " layout = \"NCHW\"\n"
                "  : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4x" # resultElement # ">";
}

def Limbeck_MaxPoolOp : Limbeck_PoolingOp<"max_pool", "max over k of x[n, c, i*stride - pad + k*dilation ..]"> {
  let summary = "take the greatest element of each window";
  let meaning = "Padding never wins; NaN does.";
}

def Limbeck_ArgMaxPoolOp : Limbeck_PoolingOp<"arg_max_pool",
    "index of max over k of x[n, c, i*stride - pad + k*dilation ..]", " storage_order = 0",
    (ins Limbeck_Integer:$storage_order), "si64", []> { // its positions count through all samples
  let summary = "find the position of the greatest element of each window";
  let meaning = "The second output of ONNX MaxPool: flat indices into x, the first maximum wins; storage_order 1 counts "
                "columns first.";
  let further = [Rule<"storage_order is 0 or 1", ["expected a storage_order"]>];
}

def Limbeck_AveragePoolOp : Limbeck_PoolingOp<"average_pool",
    "sum over k of x[n, c, i*stride - pad + k*dilation ..] / count", " count_include_pad = false",
    (ins Limbeck_Flag:$count_include_pad)> {
  let summary = "average each window";
  let accepted = Rule<"x is a float", ["expected floats to average"]>;
}

def Limbeck_ResizeOp : Limbeck_Op<"resize", (ins Limbeck_Tensor:$x),
    (ins Limbeck_String:$mode, Limbeck_String:$coordinate_mode, Limbeck_String:$nearest_mode, Limbeck_Numbers:$scales,
         Limbeck_Integers:$sizes, Limbeck_Number:$extrapolation_value, Limbeck_Numbers:$roi),
    [DeclareOpInterfaceMethods<SampleOpInterface, ["keepsSamples", "takeOneSample"]>]> {
  let summary = "resample to another size";
  let meaning = "A size of -1 means floor(dim * scale). Linear interpolation is separable over the axes that change.";
  let formula = "y[i..] = x at coordinate(i, scale) by the nearest element or by linear weights";
  let constraints = [
    Rule<"scales and sizes have one entry per dimension, or one of them has none", ["expected scales or sizes for"]>,
    Rule<"mode is \"nearest\" or \"linear\"", ["expected the mode nearest"]>,
    Rule<"roi is empty or has two finite entries per dimension", ["expected a region of"]>,
    Rule<"linear works on floats", ["expected a float type for linear"]>,
    Rule<"coordinate_mode is one of ONNX Resize", ["expected a coordinate transformation"]>,
    Rule<"nearest_mode is \"ceil\", \"floor\", \"round_prefer_ceil\" or \"round_prefer_floor\"", ["expected ceil, floor"]>,
    Rule<"scales are finite and positive, sizes -1 or more", ["expected scales that are finite", "expected a size of"]>,
    ResultRule<"the result's shape follows from sizes, or scales where they are -1; no empty axis grows",
               ["expected elements to resize", "the resized"]>];
  let example = "%y = limbeck.resize %x mode = \"nearest\" coordinate_mode = \"asymmetric\" nearest_mode = \"floor\" "
                "scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []\n"
                "  : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>";
}

#endif // LIMBECK_GRAPH_IR_WINDOW_OPS
