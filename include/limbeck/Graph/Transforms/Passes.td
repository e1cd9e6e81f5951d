// Passes on the imported graph, before quantization.
#ifndef LIMBECK_GRAPH_TRANSFORMS_PASSES
#define LIMBECK_GRAPH_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def FoldConstantsPass : Pass<"limbeck-graph-fold-constants"> {
  let summary = "compute what depends on constants only";
  let description = [{
    Replaces an op by a constant where all its operands are constants and the result takes no more bytes than they do. The
    values are those of the interpreter, so results do not change.

    Its own pass, and not a fold hook, because it computes on weights: it runs where the pipeline says so, and once.

    Input: any module. Output: no op that could be folded is left. Kept are ops that would grow (an expanded bias, a range),
    and dequantization, which later passes recognise quantized weights by.

    Example: `test/Graph/Transforms/fold-constants.mlir`
  }];
}

def FoldBatchNormPass : Pass<"limbeck-graph-fold-batch-norm"> {
  let summary = "fold batch normalization into the convolution before it";
  let description = [{
    Multiplies the weights of each output channel by `scale / sqrt(variance + epsilon)` and adjusts the bias, in f64 rounded
    once to f32. Results change by rounding only (relative error up to 1e-5).

    Its own pass because it is the one rewrite of the float graph that changes bits, so that it can be left out.

    Input: float graph. Output: no f32 `limbeck.batch_norm` with constant parameters whose only use of a convolution with
    constant weights is left.

    Example: `test/Graph/Transforms/fold-batch-norm.mlir`
  }];
}

def VerifyGraphPass : Pass<"limbeck-verify-graph", "::mlir::ModuleOp"> {
  let summary = "check that a module may leave the graph stage";
  let description = [{
    The contract of the stage in code: everything behind it may rely on what this pass accepts.

    Its own pass because verifiers see one op at a time and must accept every stage.

    Input: a module. Output: unchanged; every function has only ops of `limbeck`, `func`, `scf` and `tensor`, each compute op
    has a source location, and there is a function `main`.

    Example: `test/Graph/Transforms/verify-graph.mlir`
  }];
}

#endif // LIMBECK_GRAPH_TRANSFORMS_PASSES
