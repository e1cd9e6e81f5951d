// Ops that move elements without looking at them, and the ops that compute on shapes.
#ifndef LIMBECK_GRAPH_IR_MOVEMENT_OPS
#define LIMBECK_GRAPH_IR_MOVEMENT_OPS

include "limbeck/Graph/IR/OpBase.td"

// Behind the rules of every op that only moves elements.
defvar carriedQuantization = Rule<"the result has the quantization of the operand, its axis moved along",
  ["expected the quantization of the operand", "expected an op that keeps the slices"]>;

class Limbeck_MovementOp<string mnemonic, dag operandList, dag attributeList, list<string> methods = ["mapAxis"],
                         list<Trait> traits = []>
    : Limbeck_Op<mnemonic, operandList, attributeList,
                 !listconcat([DeclareOpInterfaceMethods<MovementOpInterface, methods>], traits)>;

def Limbeck_ReshapeOp : Limbeck_MovementOp<"reshape", (ins Limbeck_Tensor:$x),
                                           (ins Limbeck_Integers:$shape, OptionalAttr<Limbeck_Integers>:$kept), ["mapAxis"],
                                           [DeclareOpInterfaceMethods<SampleOpInterface, ["takeOneSample"]>]> {
  let summary = "read the same elements under another shape";
  let meaning = "Where several dimensions of the result are not known, kept says which of x some of them are, as in "
                "`%y = limbeck.reshape %x shape = [-1, -1, 2, 2] kept = [0, 1, -1, -1] : (tensor<?x?x4xf32>) -> tensor<?x?x2x2xf32>`.";
  let formula = "y = x, row-major, as shape, where dimension i is kept[i] of x unless that is -1; one -1 is inferred";
  let constraints = [
    Rule<"the number of elements is kept", ["expected a shape of", "expected no dimension of 0", "expected the known dimensions"]>,
    Rule<"kept, if present, has -1 or a dimension of x per dimension of shape, and shape has -1 where it is kept",
         ["expected one entry for each", "expected -1 or a dimension", "expected -1 where a dimension"]>,
    ResultRule<"the result has that shape and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.reshape %x shape = [2, -1] : (tensor<2x3x4xf32>) -> tensor<2x12xf32>";
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$x, "::llvm::ArrayRef<int64_t>":$shape),
    [{ build($_builder, $_state, result, x, shape, ::mlir::DenseI64ArrayAttr()); }]>];
  let hasFolder = 1;
}

def Limbeck_TransposeOp : Limbeck_MovementOp<"transpose", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$perm)> {
  let summary = "reorder dimensions; the axis of a quantization moves along";
  let formula = "dimension i of y is dimension perm[i] of x";
  let constraints = [
    Rule<"perm is a permutation of the dimensions of x", ["expected each of the"]>,
    ResultRule<"the result has the permuted shape and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.transpose %x perm = [0, 2, 3, 1] : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>";
  let hasFolder = 1;
}

def Limbeck_ExpandOp : Limbeck_MovementOp<"expand", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$shape), ["mapAxis"],
    [DeclareOpInterfaceMethods<SampleOpInterface, ["takeOneSample"]>]> {
  let summary = "repeat elements by numpy broadcasting";
  let formula = "y = x broadcast to shape";
  let constraints = [
    Rule<"each dimension of x is 1 or that of shape, aligned at the end", ["expected a shape that", "expected a shape of at least"]>,
    ResultRule<"the result has that shape and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.expand %x shape = [2, 3] : (tensor<3xf32>) -> tensor<2x3xf32>";
}

def Limbeck_TileOp : Limbeck_MovementOp<"tile", (ins Limbeck_Tensor:$x), (ins Limbeck_Integers:$repeats)> {
  let summary = "repeat the whole tensor along its axes";
  let formula = "y[i..] = x[i mod dim ..]";
  let constraints = [
    Rule<"repeats has one non-negative entry per dimension", ["expected one repeat for", "expected repeats of"]>,
    ResultRule<"the result has the repeated shape and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.tile %x repeats = [1, 2] : (tensor<2x3xf32>) -> tensor<2x6xf32>";
}

def Limbeck_ConcatOp : Limbeck_MovementOp<"concat", (ins Variadic<Limbeck_Tensor>:$inputs), (ins Limbeck_Integer:$axis)> {
  let summary = "put tensors one after another along an axis";
  let formula = "y = inputs[0] ++ inputs[1] ++ .. along axis";
  let constraints = [
    Rule<"the inputs agree in element type, quantization, rank, and all dimensions but that of axis",
         ["expected operands of the same", "expected operands that are equal", "expected data operands of one"]>,
    Rule<"axis is below the rank of the inputs", ["expected an axis from 0"]>,
    ResultRule<"the result has the sum of the dimensions along axis, and the other dimensions and the element type of the inputs">,
    carriedQuantization];
  let example = "%y = limbeck.concat %a, %b axis = 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>";
}

def Limbeck_SliceOp : Limbeck_MovementOp<"slice", (ins Limbeck_Tensor:$x),
    (ins Limbeck_Integers:$starts, Limbeck_Integers:$ends, Limbeck_Integers:$steps)> {
  let summary = "cut a strided box out of a tensor";
  let meaning = "Starts and ends are clamped as in ONNX; start 0, end INT64_MAX, step 1 keeps a dimension.";
  let formula = "y[i..] = x[start + i * step ..]";
  let constraints = [
    Rule<"starts, ends and steps have one entry per dimension", ["starts, ends and steps, found"]>,
    Rule<"no step is 0", ["expected steps other than 0"]>,
    ResultRule<"the result has the shape of the box and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.slice %x starts = [0, 1] ends = [2, 3] steps = [1, 1] : (tensor<2x4xf32>) -> tensor<2x2xf32>";
}

def Limbeck_GatherOp : Limbeck_MovementOp<"gather", (ins Limbeck_Tensor:$data, Limbeck_IntegerTensor:$indices),
    (ins Limbeck_Integer:$axis), ["getDataOperands", "mapAxis"]> {
  let summary = "look slices up by index";
  let meaning = "Negative indices count from the end; indices out of range are clamped at run time.";
  let formula = "y[a.., i.., b..] = data[a.., indices[i..], b..]";
  let constraints = [
    Rule<"axis is below the rank of data", ["expected an axis from 0"]>,
    Rule<"indices are si32 or si64, and those that are constant lie within the axis",
         ["expected indices of type", "expected indices from"]>,
    ResultRule<"the result has the shape of data with that of indices in place of axis, and the element type of data">,
    carriedQuantization];
  let example = "%y = limbeck.gather %d, %i axis = 0 : (tensor<10x4xf32>, tensor<2x3xsi64>) -> tensor<2x3x4xf32>";
}

def Limbeck_PadOp : Limbeck_MovementOp<"pad", (ins Limbeck_Tensor:$x, Optional<Limbeck_Tensor>:$value),
    (ins Limbeck_Integers:$pads, Limbeck_String:$mode)> {
  let summary = "surround a tensor with elements; negative pads crop";
  let meaning = "Without a value a constant border is 0, stored 0 when quantized. A quantized tensor takes a value of its type.";
  let formula = "y = x inside; outside: value, or x reflected, repeated at the edge, or wrapped";
  let constraints = [
    Rule<"pads has two entries per dimension: begins, then ends", ["pads, one at each end"]>,
    Rule<"mode is \"constant\", \"reflect\", \"edge\" or \"wrap\"", ["expected the mode constant"]>,
    Rule<"value, if present, is a scalar of the type of x",
         ["expected a pad value of type", "expected a scalar as pad value", "expected data operands of one"]>,
    Rule<"no axis is cropped by more than it has, and what is repeated has elements",
         ["expected to crop at most", "expected elements to repeat"]>,
    ResultRule<"the result has the padded shape and the element type of x">, carriedQuantization];
  let example = "%y = limbeck.pad %x pads = [0, 1, 0, 1] mode = \"constant\" : (tensor<2x3xf32>) -> tensor<2x5xf32>";
}

def Limbeck_ShapeOp : Limbeck_Op<"shape", (ins Limbeck_Tensor:$x), (ins Limbeck_Integer:$start, Limbeck_Integer:$end), [],
                                 (outs Limbeck_IntegerTensor:$result)> {
  let summary = "read the dimensions of a tensor";
  let formula = "y = [dim(x, start), .., dim(x, end - 1)]";
  let constraints = [
    ResultRule<"the result is si64 and has one element per dimension from start to end, clamped to the rank of x">];
  let example = "%y = limbeck.shape %x start = 0 end = 2 : (tensor<?x3xf32>) -> tensor<2xsi64>";
}

def Limbeck_SizeOp : Limbeck_Op<"size", (ins Limbeck_Tensor:$x), (ins), [], (outs Limbeck_IntegerTensor:$result)> {
  let summary = "count the elements of a tensor";
  let formula = "y = product of the dimensions of x";
  let constraints = [ResultRule<"the result is a si64 scalar">];
  let example = "%y = limbeck.size %x : (tensor<?x3xf32>) -> tensor<si64>";
}

def Limbeck_RangeOp : Limbeck_Op<"range",
    (ins Limbeck_PlainTensor:$start, Limbeck_PlainTensor:$limit, Limbeck_PlainTensor:$delta), (ins), [],
    (outs Limbeck_PlainTensor:$result)> {
  let summary = "count from a start to a limit";
  let formula = "y[i] = start + i * delta, while below (above for negative delta) limit";
  let constraints = [
    Rule<"the operands are scalars of one element type, not bool",
         ["expected a start, limit and delta of one", "expected scalars as start"]>,
    ResultRule<"the result has the element type of the operands and rank 1, and as many elements as constant operands give">,
    Rule<"constant operands give a count: delta is not 0, no operand NaN",
         ["expected a delta other than 0", "expected a start, limit and delta that are numbers"]>];
  let example = "%y = limbeck.range %a, %b, %c : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>";
}

#endif // LIMBECK_GRAPH_IR_MOVEMENT_OPS
