// A constant per channel that is added behind a contraction becomes its bias.
// RUN: limbeck-opt %s --limbeck-graph-fold-bias | FileCheck %s

// CHECK-LABEL: @convolution
func.func @convolution(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  // CHECK: %[[B:.*]] = limbeck.const dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
  // CHECK: %[[Y:.*]] = limbeck.conv %{{.*}}, %{{.*}}, %[[B]] strides
  // CHECK-NEXT: return %[[Y]]
  %w = limbeck.const dense<1.0> : tensor<2x1x1x1xf32>
  %b = limbeck.const dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = limbeck.add %0, %b arith = "" : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// As exporters write a linear layer over three dimensions.
// CHECK-LABEL: @matmul
func.func @matmul(%x: tensor<?x3x4xf32>) -> tensor<?x3x2xf32> {
  // CHECK: %[[B:.*]] = limbeck.const dense<[5.000000e-01, 2.500000e-01]>
  // CHECK: limbeck.matmul %{{.*}}, %{{.*}}, %[[B]]
  // CHECK-NOT: limbeck.add
  %w = limbeck.const dense<1.0> : tensor<4x2xf32>
  %b = limbeck.const dense<[0.5, 0.25]> : tensor<2xf32>
  %0 = limbeck.matmul %x, %w : (tensor<?x3x4xf32>, tensor<4x2xf32>) -> tensor<?x3x2xf32>
  %1 = limbeck.add %b, %0 arith = "" : (tensor<2xf32>, tensor<?x3x2xf32>) -> tensor<?x3x2xf32>
  return %1 : tensor<?x3x2xf32>
}

// CHECK-LABEL: @kept
// CHECK-COUNT-5: limbeck.add
func.func @kept(%x: tensor<2x2xf32>, %v: tensor<2xf32>, %h: tensor<2x2xf16>)
    -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2x2xf32>, tensor<2x2xf16>) {
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  %b = limbeck.const dense<[0.5, 0.25]> : tensor<2xf32>
  %0 = limbeck.matmul %x, %w, %b : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %has_bias = limbeck.add %0, %b arith = "" : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %1 = limbeck.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %no_constant = limbeck.add %1, %v arith = "" : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  %rows = limbeck.const dense<[[0.5], [0.25]]> : tensor<2x1xf32>
  %2 = limbeck.matmul %w, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %per_row = limbeck.add %2, %rows arith = "" : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
  %more = limbeck.const dense<1.0> : tensor<2x1x2xf32>
  %3 = limbeck.matmul %x, %x : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %grows = limbeck.add %3, %more arith = "" : (tensor<2x2xf32>, tensor<2x1x2xf32>) -> tensor<2x2x2xf32>
  %hb = limbeck.const dense<[0.5, 0.25]> : tensor<2xf16>
  %4 = limbeck.matmul %h, %h : (tensor<2x2xf16>, tensor<2x2xf16>) -> tensor<2x2xf16>
  %rounds_twice = limbeck.add %4, %hb arith = "" : (tensor<2x2xf16>, tensor<2xf16>) -> tensor<2x2xf16>
  return %has_bias, %no_constant, %per_row, %grows, %rounds_twice
    : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2x2xf32>, tensor<2x2xf16>
}
