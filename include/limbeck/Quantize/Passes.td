// The passes of stage Quantize that turn a quantized model into integer ops, in the order in which the pipeline runs them.
#ifndef LIMBECK_QUANTIZE_PASSES
#define LIMBECK_QUANTIZE_PASSES

include "mlir/Pass/PassBase.td"

def FoldParametersPass : Pass<"limbeck-quantize-fold-parameters"> {
  let summary = "move constant scales and zero points into types";
  let description = [{
    What: where scale and zero point are constants, per tensor or per axis, `quantize_by` and `dequantize_by` become `quantize` and
    `dequantize`, and `requantize_by` of an integer contraction that has no other user becomes the contraction on quantized types.
    `storage_cast` connects what stays on plain integers.

    Why a pass: every later pass reads parameters from types only.

    Input contract: any module. Output guarantee: no op of the operand form that could be typed is left; results are the same, bit for
    bit. An integer contraction wraps modulo 2^32 and a quantized one does not, so it is folded only where the zero points, weights and
    bias at hand prove that no sum reaches 2^31. Block-wise parameters stay operands.

    Example: test/Quantize/fold-parameters.mlir
  }];
}

def PropagateQDQPass : Pass<"limbeck-quantize-propagate-qdq"> {
  let summary = "move elements in their stored form";
  let description = [{
    What: `dequantize` moves forward and `quantize` back through ops that only move elements (reshape, transpose, slice, concat, pad,
    gather, nearest resize, max pooling), so that these work on 8 bits, and the ops that compute stand between `dequantize` and
    `quantize`. Quantization axes follow their elements.

    Why a pass: fusion then has one shape of pattern to match.

    Input contract: typed form (`limbeck-quantize-fold-parameters`). Output guarantee: no data movement of one consumer stands between
    a `dequantize` and a `quantize` where moving is exact. Results are the same, bit for bit. `quantize` does not move back where this
    would quantize more elements than before, nor through max pooling, which a NaN passes.

    Example: test/Quantize/propagate-qdq.mlir
  }];
}

def FuseQDQPass : Pass<"limbeck-quantize-fuse-qdq"> {
  let summary = "replace dequantize, float op, quantize by the op on quantized types";
  let description = [{
    What: convolutions and matrix products between `dequantize` and `quantize` accumulate integers and round once; other ops compute in
    float as before, but inside one op. A relu or clip before the `quantize` becomes a tighter range of the result.

    Why a pass: it alone may change integers, because a float sum of dequantized values is not the float of the integer sum: by at most
    one step on at most 1e-3 of the outputs. A float bias is not rounded to integers: such an op stays in float.

    Input contract: typed form; best behind `limbeck-quantize-propagate-qdq`. Output guarantee: no op whose operands are all dequantized
    and whose only user is a `quantize` stays in float if it has a quantized form. Each op with a dequantized operand that stays in
    float gives a remark `kept-float` with the reason.

    Example: test/Quantize/fuse-qdq.mlir
  }];
  let statistics = [
    Statistic<"fusedAnchors", "fused-anchors", "Convolutions and matrix products that accumulate integers now">,
    Statistic<"fusedOps", "fused-ops", "Other ops that work on quantized types now">,
    Statistic<"keptFloat", "kept-float", "Ops on dequantized operands that stay in float">,
  ];
}

def FoldRequantizePass : Pass<"limbeck-quantize-fold-requantize"> {
  let summary = "join a dequantize and the quantize behind it";
  let description = [{
    What: `quantize(dequantize(x))` becomes `requantize(x)`, a `storage_cast` where only the range grows, or x where the types are equal.

    Why a pass: it is exact by definition, unlike folding a requantization into the multiplier of the op before it, which is never done.

    Input contract: typed form. Output guarantee: no `quantize` has a `dequantize` before it, no `requantize` keeps its type. Results are
    the same, bit for bit.

    Example: test/Quantize/fold-requantize.mlir
  }];
}

def ReducePrecisionPass : Pass<"limbeck-quantize-reduce-precision", "::mlir::ModuleOp"> {
  let summary = "round what convolutions and matrix products of floats read to bf16";
  let description = [{
    What: where the module attribute `limbeck.precision` is `"bf16"`, the f32 operands of `conv`, `conv_transpose` and `matmul` are cast to
    bf16 and the op accumulates in f32. The cast moves back through ops that only move elements, and a value that is rounded for one
    of these ops is rounded for the element-wise and moving ops that read it as well: it is in memory once, in half the bytes. Outputs
    of the model, and what reductions, norms, softmax and pooling read, are not rounded for that.

    Why a pass: which values exist in bf16 is a choice; that a convolution of bf16 accumulates in f32 is in the op.

    Input contract: typed form; quantized ops are there already, and stay. Output guarantee: with the attribute, no op of these kinds has
    f32 operands. Without it, the module is unchanged. Other values are an error. Each op of floats that is none of these kinds gives a
    remark `kept-precision`.

    Example: test/Quantize/reduce-precision.mlir
  }];
  let statistics = [
    Statistic<"reduced", "reduced", "Convolutions and matrix products that read bf16 now">,
  ];
}

def VerifyQuantizePass : Pass<"limbeck-verify-quantize"> {
  let summary = "check that a module may leave stage Quantize";
  let description = [{
    What: an error for each op that an earlier pass of this stage would have changed; a note names the pass.

    Why a pass: the contract of the stage, in code.

    Input contract: none. Output guarantee: the module is unchanged.

    Example: test/Quantize/verify-quantize.mlir
  }];
}

#endif // LIMBECK_QUANTIZE_PASSES
