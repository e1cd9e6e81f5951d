// Passes on the imported graph, before quantization.
#ifndef LIMBECK_GRAPH_TRANSFORMS_PASSES
#define LIMBECK_GRAPH_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def FoldConstantsPass : Pass<"limbeck-graph-fold-constants"> {
  let summary = "compute what depends on constants only";
  let description = [{
    What: replaces an op by a constant where all its operands are constants and the result takes no more bytes than they do. The
    values are those of the interpreter.

    Why a pass: it computes on weights, so it runs where the pipeline says so, and is no fold hook that runs anywhere.

    Input contract: any module. Output guarantee: no op that could be folded is left; results are the same, bit for bit. Kept are
    ops that would grow (an expanded bias, a range), what takes more than 2^32 steps of the interpreter in all (a product of two
    matrices of 4096 x 4096), and dequantization, which later passes recognise quantized weights by.

    Example: test/Graph/Transforms/fold-constants.mlir
  }];
}

def SinkReshapesPass : Pass<"limbeck-graph-sink-reshapes"> {
  let summary = "move reshapes that add or drop dimensions of 1 behind element-wise ops";
  let description = [{
    What: a convolution over one dimension is imported as one over two with a reshape at either side. An element-wise op, or a batch
    normalization, that reads such reshapes works on what is in front of them, and one reshape is behind it. Constants get the
    dimensions that they are broadcast against.

    Why a pass: whatever asks what stands behind a contraction (bias, batch normalization, quantization, fusing) then finds it.

    Input contract: float graph. Output guarantee: results are the same, bit for bit. No element-wise op is left whose operands are
    constants and reshapes of the same shapes, at least one, that only add or drop dimensions of 1; but where more than one
    dimension is open.

    Example: test/Graph/Transforms/sink-reshapes.mlir
  }];
}

def FoldBiasPass : Pass<"limbeck-graph-fold-bias"> {
  let summary = "make a constant per channel, added behind a contraction, its bias";
  let description = [{
    What: exporters write a linear layer as MatMul and Add; the sum of both is a contraction with a bias.

    Why a pass: batch normalization and quantization then see one op, whatever the exporter wrote.

    Input contract: float graph. Output guarantee: results are the same, bit for bit, as a bias is added last, too. No f32 `add` of a
    constant with one element per channel is left behind a contraction without a bias that nothing else reads.

    Example: test/Graph/Transforms/fold-bias.mlir
  }];
}

def FoldBatchNormPass : Pass<"limbeck-graph-fold-batch-norm"> {
  let summary = "fold batch normalization into the convolution before it";
  let description = [{
    What: multiplies the weights of each output channel by `scale / sqrt(variance + epsilon)` and adjusts the bias, in f64 rounded
    once to f32. Results change by rounding only (relative error up to 1e-5).

    Why a pass: it is the one rewrite of the float graph that changes bits, so that it can be left out.

    Input contract: float graph. Output guarantee: no f32 `limbeck.batch_norm` with constant parameters is left whose input is the
    otherwise unused result of a convolution with constant weights.

    Example: test/Graph/Transforms/fold-batch-norm.mlir
  }];
}

def CanonicalizePass : Pass<"limbeck-graph-canonicalize"> {
  let summary = "apply folds and canonicalization patterns, but leave branches what they are";
  let description = [{
    What: MLIR's canonicalizer with the patterns of every op but `scf.if`. Of an `scf.if` the branch that a constant condition takes
    is taken, and results that nothing reads are dropped.

    Why a pass: upstream's patterns turn an `scf.if` into `arith.select` or join conditions by `arith.andi`; up to the artifact,
    `scf.if` is what chooses, and its condition is read from a tensor.

    Input contract: any module. Output guarantee: results are the same, bit for bit; no op of `arith` is made of an `scf.if`.

    Example: test/Graph/Transforms/canonicalize.mlir
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def VerifyGraphPass : Pass<"limbeck-verify-graph", "::mlir::ModuleOp"> {
  let summary = "check that a module may leave the graph stage";
  let description = [{
    What: an error unless there is a function `main`, every function has only ops of `limbeck`, `func`, `scf` and `tensor`, and
    each compute op has a source location.

    Why a pass: the contract of the stage, in code; the verifiers of ops see one op at a time and must accept every stage.

    Input contract: none. Output guarantee: the module is unchanged.

    Example: test/Graph/Transforms/verify-graph.mlir
  }];
}

#endif // LIMBECK_GRAPH_TRANSFORMS_PASSES
