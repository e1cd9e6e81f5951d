// The passes of stage Layout, in the order in which the pipeline runs them.
#ifndef LIMBECK_LAYOUT_PASSES
#define LIMBECK_LAYOUT_PASSES

include "mlir/Pass/PassBase.td"

def ConvertToNHWCPass : Pass<"limbeck-layout-convert-to-nhwc"> {
  let summary = "put channels last";
  let description = [{
    What: wraps every convolution and pooling op in transposes so that it works on NHWC, then moves the transposes behind the ops that
    follow, where they meet and cancel. A transpose that only moves dimensions of size 1 becomes a reshape.

    Why a pass: kernels read neighbouring channels together, and channels are neighbours only here.

    Input contract: any module. Output guarantee: no convolution or pooling op is NCHW; results are the same, bit for bit. A transpose
    does not move behind an op whose order of additions would change.

    Example: test/Layout/convert-to-nhwc.mlir
  }];
  let statistics = [
    Statistic<"transposesBefore", "transposes-before", "Transposes before the pass">,
    Statistic<"transposesAfter", "transposes-after", "Transposes after the pass">,
  ];
}

def MaterializePaddingPass : Pass<"limbeck-layout-materialize-padding"> {
  let summary = "pad the input of convolutions with an op of its own";
  let description = [{
    What: a convolution with padding becomes a `pad` and a convolution without. The border is +0, or the zero point of the input.

    Why a pass: the inner loops of a kernel then meet no border, and the pad may be written by the op that makes the input.

    Input contract: any layout. Output guarantee: no `conv` or `conv_integer` has pads; results are the same, bit for bit. Pooling and
    transposed convolution are left: their padding is no value.

    Example: test/Layout/materialize-padding.mlir
  }];
}

def VerifyLayoutPass : Pass<"limbeck-verify-layout"> {
  let summary = "check that a module may leave stage Layout";
  let description = [{
    What: an error for each op that is still NCHW; a note names the pass that should have run.

    Why a pass: the contract of the stage, in code.

    Input contract: none. Output guarantee: the module is unchanged.

    Example: test/Layout/verify-layout.mlir
  }];
}

#endif // LIMBECK_LAYOUT_PASSES
