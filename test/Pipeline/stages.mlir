// The passes of every stage, in order. Who changes a pipeline changes this text.
// RUN: limbeck-opt %s --limbeck-stage-graph --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=GRAPH
// RUN: limbeck-opt %s --limbeck-stage-quantize --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=QUANTIZE
// RUN: limbeck-opt %s --limbeck-stage-layout --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=LAYOUT
// RUN: limbeck-opt %s --limbeck-stage-fuse --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=FUSE
// RUN: limbeck-opt %s --limbeck-stage-lower --dump-pass-pipeline 2>&1 | FileCheck %s --check-prefix=LOWER

// GRAPH: builtin.module(
// GRAPH-NEXT: limbeck-graph-fold-constants
// GRAPH-NEXT: limbeck-graph-sink-reshapes
// GRAPH-NEXT: limbeck-graph-fold-bias
// GRAPH-NEXT: limbeck-graph-fold-batch-norm
// GRAPH-NEXT: limbeck-graph-canonicalize
// GRAPH-NEXT: cse
// GRAPH-NEXT: limbeck-verify-graph
// GRAPH-NEXT: limbeck-mark-stage

// QUANTIZE: builtin.module(
// QUANTIZE-NEXT: limbeck-quantize-fold-parameters
// QUANTIZE-NEXT: limbeck-quantize-split-zero-points
// QUANTIZE-NEXT: limbeck-quantize-propagate-qdq
// QUANTIZE-NEXT: limbeck-quantize-fuse-qdq
// QUANTIZE-NEXT: limbeck-quantize-fuse-blocks
// QUANTIZE-NEXT: limbeck-quantize-fold-requantize
// QUANTIZE-NEXT: limbeck-quantize-reduce-precision
// QUANTIZE-NEXT: limbeck-quantize-halve-weights
// QUANTIZE-NEXT: limbeck-graph-fold-constants
// QUANTIZE-NEXT: limbeck-graph-canonicalize
// QUANTIZE-NEXT: limbeck-verify-quantize
// QUANTIZE-NEXT: limbeck-mark-stage

// LAYOUT: builtin.module(
// LAYOUT-NEXT: limbeck-layout-convert-to-nhwc
// LAYOUT-NEXT: limbeck-layout-materialize-padding
// LAYOUT-NEXT: limbeck-graph-fold-constants
// LAYOUT-NEXT: limbeck-graph-canonicalize
// LAYOUT-NEXT: cse
// LAYOUT-NEXT: limbeck-verify-layout
// LAYOUT-NEXT: limbeck-mark-stage

// FUSE: builtin.module(
// FUSE-NEXT: limbeck-fuse-split-concat
// FUSE-NEXT: limbeck-fuse-split-borders
// FUSE-NEXT: limbeck-fuse-form-fusions
// FUSE-NEXT: limbeck-fuse-join-attention
// FUSE-NEXT: limbeck-fuse-join-concats
// FUSE-NEXT: limbeck-verify-fuse
// FUSE-NEXT: limbeck-mark-stage

// LOWER: builtin.module(
// LOWER-NEXT: limbeck-lower-store-unsigned
// LOWER-NEXT: limbeck-lower-split-samples
// LOWER-NEXT: limbeck-lower-to-kernels
// LOWER-NEXT: func.func(
// LOWER-NEXT: limbeck-lower-share-loops
// LOWER-NEXT: limbeck-graph-canonicalize
// LOWER-NEXT: cse
// LOWER-NEXT: limbeck-lower-plan-memory
// LOWER-NEXT: ),
// LOWER-NEXT: limbeck-lower-share-kernels,
// LOWER-NEXT: limbeck-verify-lower
// LOWER-NEXT: limbeck-mark-stage

module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}) -> (tensor<2xf32> {limbeck.name = "y"}) {
    %0 = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xf32>):
      %1 = limbeck.relu %a : (tensor<2xf32>) -> tensor<2xf32> loc("node")
      limbeck.yield %1 : tensor<2xf32>
    }
    return %0 : tensor<2xf32>
  }
}
