// Ops that move elements without looking at them, and the ops that compute on shapes.
#ifndef LIMBECK_GRAPH_IR_MOVEMENT_OPS
#define LIMBECK_GRAPH_IR_MOVEMENT_OPS

include "limbeck/Graph/IR/OpBase.td"

class Limbeck_MovementOp<string mnemonic, dag operandList, dag attributeList, list<string> methods = ["mapAxis"],
                         list<Trait> traits = []>
    : Limbeck_Op<mnemonic, operandList, attributeList,
                 !listconcat([DeclareOpInterfaceMethods<MovementOpInterface, methods>], traits)>;

def Limbeck_ReshapeOp : Limbeck_MovementOp<"reshape", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$shape)> {
  let summary = "read the same elements under another shape";
  let formula = "y = x, row-major, as shape; one -1 is inferred";
  let constraints = ["the number of elements is kept"];
  let example = "%y = limbeck.reshape %x shape = [2, -1] : (tensor<2x3x4xf32>) -> tensor<2x12xf32>";
  let hasFolder = 1;
}

def Limbeck_TransposeOp : Limbeck_MovementOp<"transpose", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$perm)> {
  let summary = "reorder dimensions; the axis of a quantization moves along";
  let formula = "dimension i of y is dimension perm[i] of x";
  let constraints = ["perm is a permutation of the dimensions of x"];
  let example = "%y = limbeck.transpose %x perm = [0, 2, 3, 1] : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>";
  let hasFolder = 1;
}

def Limbeck_ExpandOp : Limbeck_MovementOp<"expand", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$shape)> {
  let summary = "repeat elements by numpy broadcasting";
  let formula = "y = x broadcast to shape";
  let constraints = ["each dimension of x is 1 or that of shape, aligned at the end"];
  let example = "%y = limbeck.expand %x shape = [2, 3] : (tensor<3xf32>) -> tensor<2x3xf32>";
}

def Limbeck_TileOp : Limbeck_MovementOp<"tile", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$repeats)> {
  let summary = "repeat the whole tensor along its axes";
  let formula = "y[i..] = x[i mod dim ..]";
  let constraints = ["repeats has one non-negative entry per dimension"];
  let example = "%y = limbeck.tile %x repeats = [1, 2] : (tensor<2x3xf32>) -> tensor<2x6xf32>";
}

def Limbeck_ConcatOp : Limbeck_MovementOp<"concat", (ins Variadic<Limbeck_Tensor>:$inputs), (ins Limbeck_Integer:$axis)> {
  let summary = "put tensors one after another along an axis";
  let formula = "y = inputs[0] ++ inputs[1] ++ .. along axis";
  let constraints = ["the inputs agree in element type, quantization, rank, and all dimensions but that of axis"];
  let example = "%y = limbeck.concat %a, %b axis = 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>";
}

def Limbeck_SliceOp : Limbeck_MovementOp<"slice", (ins Limbeck_Tensor:$x),
    (ins Limbeck_Integers:$starts, Limbeck_Integers:$ends, Limbeck_Integers:$steps)> {
  let summary = "cut a strided box out of a tensor";
  let meaning = "Starts and ends are clamped as in ONNX; start 0, end INT64_MAX, step 1 keeps a dimension.";
  let formula = "y[i..] = x[start + i * step ..]";
  let constraints = ["starts, ends and steps have one entry per dimension", "no step is 0"];
  let example = "%y = limbeck.slice %x starts = [0, 1] ends = [2, 3] steps = [1, 1] : (tensor<2x4xf32>) -> tensor<2x2xf32>";
}

def Limbeck_GatherOp : Limbeck_MovementOp<"gather", (ins Limbeck_Tensor:$data, Limbeck_IntegerTensor:$indices),
    (ins Limbeck_Integer:$axis), ["getDataOperands", "mapAxis"]> {
  let summary = "look slices up by index";
  let meaning = "Negative indices count from the end; indices out of range are clamped at run time.";
  let formula = "y[a.., i.., b..] = data[a.., indices[i..], b..]";
  let constraints = ["axis is below the rank of data", "indices are si32 or si64"];
  let example = "%y = limbeck.gather %d, %i axis = 0 : (tensor<10x4xf32>, tensor<2x3xsi64>) -> tensor<2x3x4xf32>";
}

def Limbeck_PadOp : Limbeck_MovementOp<"pad", (ins Limbeck_Tensor:$x, Optional<Limbeck_Tensor>:$value),
    (ins Limbeck_Integers:$pads, Limbeck_String:$mode)> {
  let summary = "surround a tensor with elements; negative pads crop";
  let meaning = "Without a value a constant border is 0, stored 0 when quantized. A quantized tensor takes a value of its type.";
  let formula = "y = x inside; outside: value, or x reflected, repeated at the edge, or wrapped";
  let constraints = ["pads has two entries per dimension: begins, then ends",
                     "mode is \"constant\", \"reflect\", \"edge\" or \"wrap\"", "value, if present, is a scalar of the type of x"];
  let example = "%y = limbeck.pad %x pads = [0, 1, 0, 1] mode = \"constant\" : (tensor<2x3xf32>) -> tensor<2x5xf32>";
}

def Limbeck_ShapeOp : Limbeck_Op<"shape", (ins Limbeck_Tensor:$x), (ins Limbeck_Integer:$start, Limbeck_Integer:$end), [],
                                 (outs Limbeck_IntegerTensor:$result)> {
  let summary = "read the dimensions of a tensor";
  let formula = "y = [dim(x, start), .., dim(x, end - 1)]";
  let constraints = ["start and end lie within the rank of x", "the result is si64"];
  let example = "%y = limbeck.shape %x start = 0 end = 2 : (tensor<?x3xf32>) -> tensor<2xsi64>";
}

def Limbeck_SizeOp : Limbeck_Op<"size", (ins Limbeck_Tensor:$x), (ins), [], (outs Limbeck_IntegerTensor:$result)> {
  let summary = "count the elements of a tensor";
  let formula = "y = product of the dimensions of x";
  let constraints = ["the result is a si64 scalar"];
  let example = "%y = limbeck.size %x : (tensor<?x3xf32>) -> tensor<si64>";
}

def Limbeck_RangeOp : Limbeck_Op<"range",
    (ins Limbeck_PlainTensor:$start, Limbeck_PlainTensor:$limit, Limbeck_PlainTensor:$delta), (ins), [],
    (outs Limbeck_PlainTensor:$result)> {
  let summary = "count from a start to a limit";
  let formula = "y[i] = start + i * delta, while below (above for negative delta) limit";
  let constraints = ["the operands are scalars of one element type", "the result has rank 1"];
  let example = "%y = limbeck.range %a, %b, %c : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>";
}

#endif // LIMBECK_GRAPH_IR_MOVEMENT_OPS
