// RUN: limbeck-opt %s --split-input-file --limbeck-quantize-lower-observers --verify-diagnostics | FileCheck %s
// RUN: limbeck-opt %s --split-input-file "--limbeck-quantize-lower-observers=collect=minmax,histogram,channels,gram" --verify-diagnostics | FileCheck %s --check-prefix=ALL

calib.stat @x method = "minmax"
calib.stat @"a/b:0" method = "percentile" {calib.collect = "histogram"}

// What is observed leaves behind the results that were there, under a name that says what it is.
// CHECK-LABEL: func.func @two_tensors(
// CHECK-SAME: %[[X:.*]]: tensor<2x3xf32>
// CHECK-SAME: tensor<2x3xf32> {limbeck.name = "y"}
// CHECK-SAME: tensor<f32> {limbeck.name = "least:0:x"}, tensor<f32> {limbeck.name = "greatest:0:x"}
// CHECK-SAME: tensor<f32> {limbeck.name = "least:1:a/b:0"}, tensor<f32> {limbeck.name = "greatest:1:a/b:0"}
// CHECK-SAME: tensor<2048xsi32> {limbeck.name = "histogram:1:a/b:0"}
// CHECK: %[[L0:.*]] = limbeck.reduce_min %[[X]] axes = [0, 1] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
// CHECK: %[[G0:.*]] = limbeck.reduce_max %[[X]] axes = [0, 1] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
// CHECK: %[[Y:.*]] = limbeck.relu %[[X]]
// CHECK: %[[L1:.*]] = limbeck.reduce_min %[[Y]]
// CHECK: %[[G1:.*]] = limbeck.reduce_max %[[Y]]
// CHECK: %[[N1:.*]] = limbeck.histogram %[[Y]], %[[L1]], %[[G1]]
// CHECK: return %[[Y]], %[[L0]], %[[G0]], %[[L1]], %[[G1]], %[[N1]] :
// CHECK-NOT: calib
func.func @two_tensors(%x: tensor<2x3xf32> {limbeck.name = "x"}) -> (tensor<2x3xf32> {limbeck.name = "y"}) {
  %0 = calib.observe %x stat = @x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.relu %0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = calib.observe %1 stat = @"a/b:0" : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// -----

// Channels are what a contraction sums over; their values give those of the whole tensor.
calib.stat @image method = "minmax"
calib.stat @rows method = "minmax"

// ALL-LABEL: func.func @channels(
// ALL-SAME: tensor<3xf32> {limbeck.name = "channels:0:image"}, tensor<f32> {limbeck.name = "least:0:image"}
// ALL-SAME: tensor<2048xsi32> {limbeck.name = "histogram:0:image"}, tensor<3x3xf32> {limbeck.name = "gram:0:image"}
// ALL-SAME: tensor<4xf32> {limbeck.name = "channels:1:rows"}
// ALL-SAME: tensor<4x4xf32> {limbeck.name = "gram:1:rows"}
// ALL: %[[LOW:.*]] = limbeck.reduce_min %arg0 axes = [0, 2, 3] keepdims = false : (tensor<2x3x4x4xf32>) -> tensor<3xf32>
// ALL: %[[HIGH:.*]] = limbeck.reduce_max %arg0 axes = [0, 2, 3]
// ALL: %[[L:.*]] = limbeck.reduce_min %[[LOW]] axes = [0] keepdims = false : (tensor<3xf32>) -> tensor<f32>
// ALL: %[[G:.*]] = limbeck.reduce_max %[[HIGH]] axes = [0]
// ALL: %[[BELOW:.*]] = limbeck.abs %[[LOW]]
// ALL: %[[ABOVE:.*]] = limbeck.abs %[[HIGH]]
// ALL: limbeck.max %[[BELOW]], %[[ABOVE]]
// ALL: limbeck.histogram %arg0, %[[L]], %[[G]]
// ALL: limbeck.transpose %arg0 perm = [1, 0, 2, 3]
// ALL: %[[LEFT:.*]] = limbeck.reshape {{.*}} -> tensor<3x32xf32>
// ALL: limbeck.transpose %arg0 perm = [0, 2, 3, 1]
// ALL: %[[RIGHT:.*]] = limbeck.reshape {{.*}} -> tensor<32x3xf32>
// ALL: limbeck.matmul %[[LEFT]], %[[RIGHT]] : (tensor<3x32xf32>, tensor<32x3xf32>) -> tensor<3x3xf32>
// ALL: limbeck.reduce_min %arg2 axes = [0, 1]
func.func @channels(%x: tensor<2x3x4x4xf32>, %w: tensor<5x3x1x1xf32>, %a: tensor<2x6x4xf32>, %b: tensor<4x8xf32>)
    -> (tensor<2x5x4x4xf32>, tensor<2x6x8xf32>) {
  %0 = calib.observe %x stat = @image : (tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>
  %1 = limbeck.conv %0, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<2x3x4x4xf32>, tensor<5x3x1x1xf32>) -> tensor<2x5x4x4xf32>
  %2 = calib.observe %a stat = @rows : (tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  %3 = limbeck.matmul %2, %b : (tensor<2x6x4xf32>, tensor<4x8xf32>) -> tensor<2x6x8xf32>
  return %1, %3 : tensor<2x5x4x4xf32>, tensor<2x6x8xf32>
}

// -----

// Means per channel of what a contraction reads, and of what it makes.
// RUN: limbeck-opt %s --split-input-file "--limbeck-quantize-lower-observers=collect=minmax,means" --verify-diagnostics | FileCheck %s --check-prefix=MEANS
calib.stat @read method = "minmax"
calib.stat @made method = "minmax"

// MEANS-LABEL: func.func @means(
// MEANS-SAME: tensor<3xf32> {limbeck.name = "means:0:read"}
// MEANS-SAME: tensor<5xf32> {limbeck.name = "means:1:made"}
// MEANS: limbeck.reduce_mean %arg0 axes = [0, 2, 3] keepdims = false : (tensor<2x3x4x4xf32>) -> tensor<3xf32>
// MEANS: %[[Y:.*]] = limbeck.conv %arg0
// MEANS: limbeck.reduce_mean %[[Y]] axes = [0, 2, 3] keepdims = false : (tensor<2x5x4x4xf32>) -> tensor<5xf32>
func.func @means(%x: tensor<2x3x4x4xf32>, %w: tensor<5x3x1x1xf32>) -> tensor<2x5x4x4xf32> {
  %0 = calib.observe %x stat = @read : (tensor<2x3x4x4xf32>) -> tensor<2x3x4x4xf32>
  %1 = limbeck.conv %0, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<2x3x4x4xf32>, tensor<5x3x1x1xf32>) -> tensor<2x5x4x4xf32>
  %2 = calib.observe %1 stat = @made : (tensor<2x5x4x4xf32>) -> tensor<2x5x4x4xf32>
  return %2 : tensor<2x5x4x4xf32>
}

// -----

// A tensor that no contraction reads has no channels; weights are no channels of an input.
calib.stat @w method = "minmax"

// ALL-LABEL: func.func @no_channels(
// ALL-NOT: "channels:
// ALL-NOT: "gram:
// ALL: limbeck.histogram
func.func @no_channels(%a: tensor<2x4xf32>, %w: tensor<4x8xf32>) -> tensor<2x8xf32> {
  %0 = calib.observe %w stat = @w : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %1 = limbeck.matmul %a, %0 : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// -----

// Halves are widened: statistics are f32. The stat that two observers feed leaves twice.
calib.stat @h method = "minmax"

// CHECK-LABEL: func.func @halves(
// CHECK-SAME: "least:0:h"
// CHECK-SAME: "least:1:h"
// CHECK: limbeck.cast %arg0 to = f32 : (tensor<4xf16>) -> tensor<4xf32>
func.func @halves(%x: tensor<4xf16>, %y: tensor<f32>) -> (tensor<4xf16>, tensor<f32>) {
  %0 = calib.observe %x stat = @h : (tensor<4xf16>) -> tensor<4xf16>
  %1 = calib.observe %y stat = @h : (tensor<f32>) -> tensor<f32>
  return %0, %1 : tensor<4xf16>, tensor<f32>
}

// -----

// Without observers nothing changes.
// CHECK-LABEL: func.func @nothing(%arg0: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: return %arg0
func.func @nothing(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// What is computed in a branch cannot leave the function; it stays as it is.
calib.stat @inside method = "minmax"

// CHECK-LABEL: func.func @branch(
// CHECK-SAME: -> tensor<4xf32> {
// CHECK-NOT: reduce
// CHECK-NOT: calib
func.func @branch(%c: i1, %x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = scf.if %c -> tensor<4xf32> {
    %1 = calib.observe %x stat = @inside : (tensor<4xf32>) -> tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}

// -----

calib.stat @x method = "minmax" {calib.collect = "everything"}
func.func @unknown(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{[E-FLAG] expected a list of minmax, histogram, channels, gram and means, found 'everything'}}
  %0 = calib.observe %x stat = @x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

calib.stat @x method = "minmax"
func.func @integers(%x: tensor<4xsi32>) -> tensor<4xsi32> {
  // expected-error @+1 {{expected floats to observe, found 'tensor<4xsi32>'}}
  %0 = calib.observe %x stat = @x : (tensor<4xsi32>) -> tensor<4xsi32>
  return %0 : tensor<4xsi32>
}
