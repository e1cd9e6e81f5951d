// Weights on both sides of a channel get ranges of one size.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-equalize | FileCheck %s

// Channels are made by weights of 8 and 0.5, and read by weights of 0.5 and 2: f = sqrt(r2 / r1) is 1/4 and 2. The bias goes with the
// weights that make a channel.
// CHECK-LABEL: func @main
// CHECK-DAG: %[[U:.*]] = limbeck.const dense<{{\[\[}}2.000000e+00, 1.000000e+00], [1.000000e+00, 5.000000e-01]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = limbeck.const dense<[1.000000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK: limbeck.matmul %{{.*}}, %[[U]], %[[B]]
// CHECK-NEXT: limbeck.relu
// CHECK-NEXT: %[[W:.*]] = limbeck.const dense<{{\[\[}}2.000000e+00, 1.000000e+00], [5.000000e-01, 1.000000e+00]]> : tensor<2x2xf32>
// CHECK-NEXT: limbeck.matmul %{{.*}}, %[[W]]
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %u = limbeck.const dense<[[8.0, 0.5], [4.0, 0.25]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[4.0, 3.0]> : tensor<2xf32>
  %w = limbeck.const dense<[[0.5, 0.25], [1.0, 2.0]]> : tensor<2x2xf32>
  %a = limbeck.matmul %x, %u, %b {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %r = limbeck.relu %a : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = limbeck.matmul %r, %w {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A depthwise filter stands on both sides. Its three weights balance: 16, 1 and 1 become 16^(1/3) each, at most a thousandth off.
// CHECK-LABEL: func @main
// CHECK: limbeck.const dense<2.5{{[0-9e+]*}}> : tensor<1x1x1x1xf32>
// CHECK-NEXT: limbeck.conv
// CHECK-NEXT: limbeck.relu
// CHECK-NEXT: limbeck.const dense<2.5{{[0-9e+]*}}> : tensor<1x1x3x3xf32>
// CHECK-NEXT: limbeck.conv
// CHECK-NEXT: limbeck.relu
// CHECK-NEXT: limbeck.const dense<2.5{{[0-9e+]*}}> : tensor<1x1x1x1xf32>
// CHECK-NEXT: limbeck.conv
func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %u = limbeck.const dense<16.0> : tensor<1x1x1x1xf32>
  %d = limbeck.const dense<1.0> : tensor<1x1x3x3xf32>
  %w = limbeck.const dense<1.0> : tensor<1x1x1x1xf32>
  %a = limbeck.conv %x, %u strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" {calib.decision = {quantize = "static", equalize = "true"}}
    : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  %r = limbeck.relu %a : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  %b = limbeck.conv %r, %d strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW" {calib.decision = {quantize = "static", equalize = "true"}}
    : (tensor<1x1x4x4xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x4x4xf32>
  %s = limbeck.relu %b : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  %y = limbeck.conv %s, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" {calib.decision = {quantize = "static", equalize = "true"}}
    : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %y : tensor<1x1x4x4xf32>
}

// -----

// Left alone: behind a relu6, where one of the two is not to be equalized, and a channel that nobody makes or reads.
// CHECK-LABEL: func @main
// CHECK-NOT: limbeck.const dense<{{.*}}1.000000e+00
// CHECK: return
func.func @main(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %u = limbeck.const dense<8.0> : tensor<2x2xf32>
  %w = limbeck.const dense<0.5> : tensor<2x2xf32>
  %a = limbeck.matmul %x, %u {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %r = limbeck.clip %a min = 0.0 max = 6.0 : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = limbeck.matmul %r, %w {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %b = limbeck.matmul %x, %u {calib.decision = {quantize = "static", equalize = "false"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z = limbeck.matmul %b, %w {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %dead = limbeck.const dense<[[8.0, 0.0], [8.0, 0.0]]> : tensor<2x2xf32>
  %unread = limbeck.const dense<[[0.0, 0.0], [0.5, 0.5]]> : tensor<2x2xf32>
  %c = limbeck.matmul %x, %dead {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %v = limbeck.matmul %c, %unread {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y, %z, %v : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// A product of two constants is no place where factors pass, and no factor is more than a hundred: a channel that is nearly dead would
// take its bias, 0.5, to 5e5.
// CHECK-LABEL: func @main
// CHECK-DAG: limbeck.const dense<[1.000000e+00, 5.0{{[0-9]*}}e+01]> : tensor<2xf32>
func.func @main(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %c = limbeck.const dense<1.0> : tensor<4x2xf32>
  %u = limbeck.const dense<[[1.0, 1.0e-12], [1.0, 1.0e-12]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, 0.5]> : tensor<2xf32>
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  %k = limbeck.matmul %c, %w : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %a = limbeck.matmul %x, %u, %b {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %y = limbeck.matmul %a, %w {calib.decision = {quantize = "static", equalize = "true"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %k, %y : tensor<4x2xf32>, tensor<4x2xf32>
}
