// The passes that quantize a float model, and those of stage Quantize that turn a quantized one into integer ops, each in the order
// in which a pipeline runs them.
#ifndef LIMBECK_QUANTIZE_PASSES
#define LIMBECK_QUANTIZE_PASSES

include "mlir/Pass/PassBase.td"

def InsertObserversPass : Pass<"limbeck-quantize-insert-observers", "::mlir::ModuleOp"> {
  let summary = "decide what is quantized, and observe it";
  let description = [{
    What: the rules of a recipe, behind the default ones, say which ops are quantized and how. Each contraction that is gets the
    attribute `calib.decision`, all its settings with the rules that made them. Every value that will be stored in few bits passes
    through a `calib.observe`, and its `calib.stat` says how its range is to be chosen and who said so. Values are named as in the
    source.

    Why a pass: what is quantized is decided once, before any statistics exist; calibration, folding and export read it.

    Input contract: float, behind stage Graph. Output guarantee: results are the same, bit for bit. Contractions that the recipe
    names are quantized; other ops only where all they read is there in integers and a quantized op reads their result. Nothing
    inside a chain of element-wise ops over one tensor is observed. Each op that a rule names and that stays in float gives a remark
    `kept-float` with the reason. A rule that matches nothing is a warning.

    Observers and decisions that are there already are made anew.

    Options: `recipe` is a YAML file (docs/quantize.md). With `inputs`, decisions are made and only the inputs of contractions are
    observed that `smooth` is for, without remarks: what `limbeck-quantize-equalize` and `limbeck-quantize-smooth` read.

    Example: test/Quantize/insert-observers.mlir
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", "", "YAML file with rules; the default ones come first">,
    Option<"inputs", "inputs", "bool", "false", "decide, and observe only what smoothing asks for">,
  ];
  let dependentDialects = ["::limbeck::calib::CalibDialect"];
}

def EqualizePass : Pass<"limbeck-quantize-equalize", "::mlir::ModuleOp"> {
  let summary = "give weights of neighbouring contractions ranges of one size";
  let description = [{
    What: where a channel of a contraction's result is what a channel of another's input is made of, the weights and the bias that make
    it are multiplied by f, and the weights that read it divided: f = sqrt(r2 / r1), with r1 and r2 the greatest absolute weights on
    both sides. Channel by channel, in order, until no factor changes by a thousandth, at most 100 times (Nagel et al. 2019, 4.1).
    Depthwise filters stand on both sides.

    Factors pass relu, leaky relu, prelu, abs and neg, pooling, means, sums and extremes over dimensions, reshapes, transposes, pads,
    resizing, and products with a gate; a sum, a maximum or a concatenation hands the same ones to all its operands. Constants that are
    added, subtracted or multiplied take them, and so do norms. Clips (relu6), other functions, inputs and results of the model have none.

    Why a pass: a channel with a small range in a tensor with a large one loses its low digits, while its weights have room for it.

    Input contract: behind `limbeck-quantize-insert-observers`, in front of calibration. Output guarantee: only constants change;
    results differ by the rounding of these to f32. A channel takes part where all contractions that make or read it have `equalize:
    true` in their decision. One that is always 0, or that no weight reads, keeps its factor of 1.

    Example: test/Quantize/equalize.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def SmoothPass : Pass<"limbeck-quantize-smooth", "::mlir::ModuleOp"> {
  let summary = "move the size of large channels of activations into weights";
  let description = [{
    What: each channel of the input of a contraction whose decision says `smooth` is divided by s, and the weights that read it are
    multiplied: s = x^alpha / w^(1 - alpha), with x the greatest absolute value of the channel in the samples and w that of its weights,
    relative to the geometric mean over channels (Xiao et al. 2022). With `auto`, alpha is the one of 0.05, 0.1 .. 0.95 with the least
    estimated error of the results: that of inputs rounded over their range, and that of weights weighed by the mean squares of
    what they meet; or nothing moves.

    The division moves to where `limbeck-quantize-equalize` says that factors pass: into weights, norms and constants in front of the
    tensor; then all that reads the tensor shares s. Where something stops it, such as a sum around a block, the division is
    a multiplication of its own, if the estimated error is less with it than without; it stays float.

    Why a pass: in networks with layer norms a few channels are a hundred times as large as others, and one scale holds for all.

    Input contract: behind `limbeck-quantize-insert-observers` with `inputs`. Output guarantee: results differ by the rounding of factors
    and constants to f32. Without magnitudes of an input it is an error with the tensor's name.

    Options: `statistics` is a file of statistics with `magnitudes`.

    Example: test/Quantize/smooth.mlir
  }];
  let options = [Option<"statistics", "statistics", "std::string", "", "file of statistics with magnitudes">];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def ChooseRangesPass : Pass<"limbeck-quantize-choose-ranges", "::mlir::ModuleOp"> {
  let summary = "read the range of each observed tensor from statistics";
  let description = [{
    What: each `calib.stat` with `storage` gets what is known of its tensor, `statistics`, and the `range` that its `method` reads from
    that: the extremes of all samples (minmax), the means of their extremes (avg-minmax), what holds a percentile of the values, or
    the range of least loss of information (entropy) or squared error (mse). Docs: docs/calibrate.md.

    Why a pass: statistics come from a file, made elsewhere and merged from many; scales follow from ranges alone.

    Input contract: behind `limbeck-quantize-insert-observers`. Output guarantee: every stat with storage has a range, or takes that
    of another. A range that was there is kept. Missing statistics, and those with NaN or infinity, are an error with the tensor's name.

    Options: `statistics` is a file that `limbeck calibrate` wrote.

    Example: test/Quantize/choose-ranges.mlir
  }];
  let options = [Option<"statistics", "statistics", "std::string", "", "file that limbeck calibrate wrote">];
}

def FoldCalibrationPass : Pass<"limbeck-quantize-fold-calibration", "::mlir::ModuleOp"> {
  let summary = "turn ranges into scales and zero points";
  let description = [{
    What: each `calib.observe` becomes a `quantize` and a `dequantize` whose parameters represent the range of its `calib.stat`, or of
    the one that this is `like`: scale = (greatest - least) / (highest - lowest) in f32, 0 is always represented. What is observed
    without `storage` stays as it is. The stats go; what they said of a tensor stays with its `quantize`, as `calib.chosen`: method,
    range, statistics, and the rule that chose.

    Why a pass: a choice of scales is one thing, where the ranges come from another.

    Input contract: each stat with `storage` has `range`. Output guarantee: no op of dialect `calib` is left; every quantized tensor is
    a `quantize` directly followed by a `dequantize`.

    Example: test/Quantize/fold-calibration.mlir
  }];
}

def CorrectBiasPass : Pass<"limbeck-quantize-correct-bias"> {
  let summary = "take the mean error of each channel off its bias";
  let description = [{
    What: of a contraction whose `calib.decision` says `quantize` static and `correct_bias`

    - means: the bias of channel o becomes b[o] - sum over taps of (wq - w) * m, with w the constant weights, wq what
      `limbeck-quantize-weights` will round them to, and m the mean of the input channel that the tap reads. A tap of a convolution
      that lies in the border for some results counts as often as it does not.
    - runs: what the statistics say of its result as `bias_errors` goes off the bias: how far the mean of each channel was from that
      of the float model when the quantized one ran, those before it corrected.

    A contraction without a bias gets one; a product of two activations stays as it is.

    Why a pass: rounding leaves an error per channel that does not average out; the layers behind it turn it into errors of their own
    (Nagel et al. 2019, section 4.2; sequentially as in their appendix D).

    Input contract: behind `limbeck-quantize-fold-calibration`, in front of `limbeck-quantize-weights`. Output guarantee: by means, an
    input that is its mean everywhere gives what it gave before, but for the steps of activations. With a remark `bias-kept`
    stay: by means, transposed convolutions and products with several matrices; by runs, what is inside a branch. What the
    statistics do not say is an error with the tensor's name.

    Options: `statistics` is a file of statistics.

    Example: test/Quantize/correct-bias.mlir
  }];
  let options = [Option<"statistics", "statistics", "std::string", "", "file that limbeck calibrate wrote">];
}

def OpenBiasesPass : Pass<"limbeck-quantize-open-biases", "::mlir::ModuleOp"> {
  let summary = "let inputs correct the biases, and hand out the means of the results";
  let description = [{
    What: to the result of each contraction whose `calib.decision` names it as `result`, an input `limbeck.correction:NAME` with one
    element per channel is added. The mean of each channel of the sum leaves the function as `limbeck.mean:NAME`. Decisions go.

    Why a pass: the errors of biases are measured one layer after the other, each with those before it corrected; so the model is
    compiled once for all of them.

    Input contract: behind `limbeck-quantize-weights`, in place of `limbeck-quantize-bias`. Output guarantee: with inputs of 0 the other
    results are those of the model with biases of f32. Inputs and results stand in the order of the contractions.

    Example: test/Quantize/open-biases.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def QuantizeWeightsPass : Pass<"limbeck-quantize-weights"> {
  let summary = "round constant weights to integers";
  let description = [{
    What: constant weights of contractions whose `calib.decision` says `static` become integers of [-127, 127] with one scale per
    output channel, or one for all. `weight_method` minmax takes scale = max|w| / 127, mse the scale whose rounding and clipping have
    the least squared error. A channel whose bias would not fit into 32 bits of its scale gets a larger one. Where `keep_sums` says so,
    the integers of a channel keep the sum of its weights within half a step.

    Where the decision says `weights`, activations stay floats, and constant matrices of matrix products become s8, s4 or u4 with one
    scale for all, per column or per block of a column. `weight_method` gptq moves the error of each weight to those that are rounded
    after it, by the Gram matrix of the inputs (Frantar et al. 2022); awq multiplies weights by a power of the size of the input that they
    meet, and divides the input by it (Lin et al. 2023): in the weights, norm or constant that makes it, where no other contraction reads
    it, else by a multiplication. Products that read one tensor and are rounded alike share the factors.

    Why a pass: it works on weights alone, calibration on activations alone.

    Input contract: behind `limbeck-quantize-fold-calibration`. Output guarantee: these weights are a constant of integers, a
    `storage_cast` and a `dequantize`; in blocks, a constant and a `dequantize_by`.

    Options: `statistics` is a file that `limbeck calibrate --collect gram` wrote.

    Example: test/Quantize/quantize-weights.mlir
  }];
  let options = [Option<"statistics", "statistics", "std::string", "", "file that limbeck calibrate wrote">];
}

def QuantizeDynamicallyPass : Pass<"limbeck-quantize-dynamically"> {
  let summary = "make contractions of integers whose input is quantized when the model runs";
  let description = [{
    What: a contraction with constant weights whose `calib.decision` says `dynamic` becomes `dynamic_quantize` of its input, the integer
    contraction with weights of s8, and f32(sum) * (input's scale * weights' scales) + bias.

    Why a pass: it needs no calibration, so it runs without one.

    Input contract: behind `limbeck-quantize-insert-observers`. Output guarantee: no contraction with constant weights has such a
    decision, but for transposed convolutions, which stay float.

    Example: test/Quantize/quantize-dynamically.mlir
  }];
}

def QuantizeBiasPass : Pass<"limbeck-quantize-bias"> {
  let summary = "round the bias of a quantized contraction to 32 bits";
  let description = [{
    What: where input and weights are dequantized and the result is quantized, a constant bias becomes si32 with the product of their
    scales, zero point 0. Attributes `calib.decision` go: what they said is done. Where a rule made one, it stays as `calib.chosen`,
    for readers.

    Why a pass: the scales of input and weights must be there.

    Input contract: behind `limbeck-quantize-weights`. Output guarantee: such a bias is a constant of s32, a `storage_cast` and a
    `dequantize`, unless a value does not fit.

    Example: test/Quantize/quantize-bias.mlir
  }];
}

def FoldParametersPass : Pass<"limbeck-quantize-fold-parameters"> {
  let summary = "move constant scales and zero points into types";
  let description = [{
    What: where scale and zero point are constants, per tensor or per axis, `quantize_by` and `dequantize_by` become `quantize` and
    `dequantize`, and `requantize_by` of an integer contraction that has no other user becomes the contraction on quantized types.
    `storage_cast` connects what stays on plain integers. Attributes `calib.chosen` go.

    Why a pass: every later pass reads parameters from types only.

    Input contract: any module. Output guarantee: no op of the operand form that could be typed is left; results are the same, bit for
    bit. An integer contraction wraps modulo 2^32 and a quantized one does not, so it is folded only where the zero points, weights and
    bias at hand prove that no sum reaches 2^31. Block-wise parameters stay operands.

    Example: test/Quantize/fold-parameters.mlir
  }];
}

def SplitZeroPointsPass : Pass<"limbeck-quantize-split-zero-points"> {
  let summary = "take a zero point that is no constant out of an integer contraction";
  let description = [{
    What: sum (x - z) * (w - v) = sum x * (w - v) - z * sum (w - v), where z is one number that only the run knows and the weights are
    constant and of 8 bits behind their zero points. A border is written out, filled with z.

    Why a pass: what is left in the sum are products of bytes, which machines have instructions for; the rest is one subtraction for
    each result.

    Input contract: any module. Output guarantee: results are the same, bit for bit, as all counts modulo 2^32. No integer contraction
    with constant weights has an input zero point that is no constant, but for zero points per row and several matrices of weights.

    Example: test/Quantize/split-zero-points.mlir
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
    What: convolutions and matrix products behind `dequantize` accumulate integers. With a `quantize` behind them they round once; a
    relu or clip before it becomes a tighter range of the result. Otherwise their result is float: the integer sum times the product
    of scales, and a bias that is float is added to that. Other ops between `dequantize` and `quantize` compute in float as before,
    but inside one op.

    Why a pass: it alone may change results, because a float sum of dequantized values is not the float of the integer sum: an
    integer by at most one step on at most 1e-3 of the outputs.

    Input contract: typed form; best behind `limbeck-quantize-propagate-qdq`. Output guarantee: no op whose operands are all dequantized
    and whose only user is a `quantize` stays in float if it has a quantized form, and no contraction of dequantized operands does.
    Each op with a dequantized operand that stays in float gives a remark `kept-float` with the reason.

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

def FuseBlocksPass : Pass<"limbeck-quantize-fuse-blocks"> {
  let summary = "let matrix products of floats read weights as the integers they are stored as";
  let description = [{
    What: a `matmul` of f32 whose right operand a `dequantize` or `dequantize_by` makes of a constant matrix of at most 8 bits becomes
    `matmul_blocks`: with the blocks of the `dequantize_by`, or with columns as blocks. A bias is added behind it.

    Why a pass: as with fuse-qdq, the integer form is what such a model means, whatever the target: the scale of a block meets the sum
    of its products and not each weight, which is other bits, fewer roundings, and a quarter less work where weights are read once.

    Input contract: typed form; behind `limbeck-quantize-fuse-qdq`, as a product whose input is dequantized too accumulates integers.
    Output guarantee: no `matmul` of f32 has such an operand. Weights with scales along other axes, of a rank other than 2 or from no
    constant stay as they are.

    Example: test/Quantize/fuse-blocks.mlir
  }];
  let statistics = [Statistic<"fused", "fused", "Matrix products that read integers now">];
}

def ReducePrecisionPass : Pass<"limbeck-quantize-reduce-precision", "::mlir::ModuleOp"> {
  let summary = "round what convolutions and matrix products of floats read to bf16";
  let description = [{
    What: where the module attribute `limbeck.precision` is `"bf16"`, the f32 operands of `conv`, `conv_transpose` and `matmul` are cast to
    bf16 and the op accumulates in f32; subnormal numbers of a constant bias become 0, as those of the operands may. The cast moves back through ops that only move elements, and a value that is rounded for one
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

def HalveWeightsPass : Pass<"limbeck-quantize-halve-weights", "::mlir::ModuleOp"> {
  let summary = "store constant weights of floats as f16";
  let description = [{
    What: where the module attribute `limbeck.precision` is `"f16"`, constant f32 weights of `conv`, `conv_transpose` and `matmul` are cast
    to f16, and the op accumulates in f32. Inputs, bias, result and all other ops stay f32: no instruction set that code is generated
    for computes in f16, so halves are storage.

    Why a pass: `--precision bf16` rounds what such ops read as well; this rounds weights, once, and changes nothing at run time but
    what is read.

    Input contract: typed form; quantized ops are there already, and stay. Output guarantee: without the attribute, the module is
    unchanged. Weights that no f16 holds, as they would become infinite, stay f32, with a remark `kept-precision`; so do weights that
    are all below 2^-14, of which f16 keeps few digits or none, and weights that are no constant.

    Example: test/Quantize/halve-weights.mlir
  }];
  let statistics = [
    Statistic<"halved", "halved", "Convolutions and matrix products with weights of f16 now">,
  ];
}

def LowerObserversPass : Pass<"limbeck-quantize-lower-observers", "::mlir::ModuleOp"> {
  let summary = "compute what observers ask for by reductions";
  let description = [{
    What: each `calib.observe` becomes its operand. Its least and greatest element, and what else is collected, are reductions of the
    operand that leave the function as results behind its own: `histogram` the counts of 2048 bins, `channels` the greatest absolute
    value per channel, `gram` the product x^T x over rows, `means` the mean per channel. The last three are there for tensors that a
    contraction reads. Results are
    named `least:N:TENSOR` with the number of the observer and the name of the `calib.stat`. Then the stats go, and the attributes
    `calib.decision`.

    Why a pass: calibration is then plain inference, by the code that every model gets.

    Input contract: behind `limbeck-quantize-insert-observers`. Output guarantee: no `calib.observe` and no `calib.stat` is left; the
    other results are the same, bit for bit. A tensor inside a branch or a loop is not observed, with a remark `not-observed`.

    Options: `collect` is what is collected where the `calib.stat` has no attribute `calib.collect`.

    Example: test/Quantize/lower-observers.mlir
  }];
  let options = [Option<"collect", "collect", "std::string", "\"minmax\"", "minmax, histogram, channels, gram, means, with commas">];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def ObserveRoundedPass : Pass<"limbeck-quantize-observe-rounded", "::mlir::ModuleOp"> {
  let summary = "turn a quantized model into floats with observers";
  let description = [{
    What: ops on quantized types compute floats; each `quantize` with one constant scale becomes a `calib.observe`, whose tensor
    goes on in float, moved or not, to where it was dequantized. Its `calib.stat` has method `given`, the range, and in `calib.row`
    scale and bounds. Constants become the floats that they stand for; each contraction gets a `calib.decision` that says how its
    weights were stored.

    Why a pass: explain asks what each rounding of a model costs that another tool made. Behind this pass it asks as it does of
    ours, and nothing has to be found again in the float model but weights.

    Input contract: behind stage Graph and `limbeck-quantize-fold-parameters`. Output guarantee: with every row applied,
    `limbeck-quantize-select-variants` rounds what the model rounded, to the same steps. What it does not take apart stays and has
    a remark `kept-rounded` with the reason: scales per channel of activations, those chosen when the model runs, integers that
    something computes with.

    Example: test/Quantize/observe-rounded.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect", "::limbeck::calib::CalibDialect"];
}

def SelectVariantsPass : Pass<"limbeck-quantize-select-variants", "::mlir::ModuleOp"> {
  let summary = "let inputs choose which tensors and weights are rounded, and how";
  let description = [{
    What: the model stays float and can round. Every `calib.observe` becomes a rounding to steps that a row of the input
    `limbeck.rounding` gives, or none; every quantized contraction with constant weights stands once for each way to round them,
    and the input `limbeck.weights` chooses. With the input `limbeck.measure`, results of their own say how far each rounding is
    from what it rounds. include/limbeck/Quantize/Variants.h has the layout of all of them.

    Why a pass: which layer costs what, and which repair helps, are then runs of one artifact. A range or a width is a number,
    so none has to be compiled; weights are constants, since kernels want them packed, so there is a fixed list.

    Input contract: behind `limbeck-quantize-insert-observers` or, with two versions of weights, `limbeck-quantize-observe-rounded`,
    where `calib.exact_weights` and `calib.exact_bias` of a contraction are what was rounded. Output guarantee: no op of dialect
    `calib` is left. With no rounding
    applied and float weights, the results are the same, bit for bit. Rounding is that of `quantize` and `dequantize`, bit for bit
    but for NaN, which stays. A bias is rounded to the products of the scales of input and weights, as `limbeck-quantize-bias` does,
    where input, weights and result of its contraction are.

    Example: test/Quantize/select-variants.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
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
