// A batch normalization with constant parameters becomes part of the convolution before it.
// RUN: limbeck-opt %s --limbeck-graph-fold-batch-norm | FileCheck %s

// Channel 0: factor 2 / sqrt(3 + 1) = 1, channel 1: 3 / sqrt(8 + 1) = 1. Shift: bias - mean * factor.
// CHECK-LABEL: @without_bias
func.func @without_bias(%x: tensor<1x1x4x4xf32>) -> tensor<1x2x4x4xf32> {
  // CHECK-DAG: %[[W:.*]] = limbeck.const dense<{{.*}}5.000000e+00{{.*}}7.000000e+00{{.*}}> : tensor<2x1x1x1xf32>
  // CHECK-DAG: %[[B:.*]] = limbeck.const dense<[-1.000000e+01, 4.000000e+01]> : tensor<2xf32>
  // CHECK: %[[Y:.*]] = limbeck.conv %{{.*}}, %[[W]], %[[B]] strides = [1, 1]
  // CHECK-NOT: limbeck.batch_norm
  // CHECK: return %[[Y]]
  %w = limbeck.const dense<[[[[5.0]]], [[[7.0]]]]> : tensor<2x1x1x1xf32>
  %s = limbeck.const dense<[2.0, 3.0]> : tensor<2xf32>
  %b = limbeck.const dense<[0.0, 50.0]> : tensor<2xf32>
  %m = limbeck.const dense<[10.0, 10.0]> : tensor<2xf32>
  %v = limbeck.const dense<[3.0, 8.0]> : tensor<2xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x1x4x4xf32>, tensor<2x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = limbeck.batch_norm %0, %s, %b, %m, %v axis = 1 epsilon = 1.0
    : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// Factor 4 / sqrt(3 + 1) = 2; the bias of the convolution is scaled, too: 1 * 2 + (5 - 3 * 2) = 1.
// CHECK-LABEL: @with_bias
func.func @with_bias(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  // CHECK-DAG: limbeck.const dense<6.000000e+00> : tensor<1x1x1x1xf32>
  // CHECK-DAG: limbeck.const dense<1.000000e+00> : tensor<1xf32>
  // CHECK-NOT: limbeck.batch_norm
  %w = limbeck.const dense<3.0> : tensor<1x1x1x1xf32>
  %c = limbeck.const dense<1.0> : tensor<1xf32>
  %s = limbeck.const dense<4.0> : tensor<1xf32>
  %b = limbeck.const dense<5.0> : tensor<1xf32>
  %m = limbeck.const dense<3.0> : tensor<1xf32>
  %0 = limbeck.conv %x, %w, %c strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC"
    : (tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x4x4x1xf32>
  %1 = limbeck.batch_norm %0, %s, %b, %m, %m axis = 3 epsilon = 1.0
    : (tensor<1x4x4x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

// CHECK-LABEL: @convolution_with_other_users_is_kept
func.func @convolution_with_other_users_is_kept(%x: tensor<1x1x4x4xf32>) -> (tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>) {
  // CHECK: limbeck.batch_norm
  %w = limbeck.const dense<3.0> : tensor<1x1x1x1xf32>
  %s = limbeck.const dense<4.0> : tensor<1xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  %1 = limbeck.batch_norm %0, %s, %s, %s, %s axis = 1 epsilon = 1.0
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %0, %1 : tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>
}

// CHECK-LABEL: @other_axis_is_kept
func.func @other_axis_is_kept(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
  // CHECK: limbeck.batch_norm
  %w = limbeck.const dense<3.0> : tensor<4x4x1x1xf32>
  %s = limbeck.const dense<4.0> : tensor<4xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x4x4x4xf32>, tensor<4x4x1x1xf32>) -> tensor<1x4x4x4xf32>
  %1 = limbeck.batch_norm %0, %s, %s, %s, %s axis = 3 epsilon = 1.0
    : (tensor<1x4x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>
  return %1 : tensor<1x4x4x4xf32>
}

// CHECK-LABEL: @weights_from_outside_are_kept
func.func @weights_from_outside_are_kept(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> {
  // CHECK: limbeck.batch_norm
  %s = limbeck.const dense<4.0> : tensor<1xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  %1 = limbeck.batch_norm %0, %s, %s, %s, %s axis = 1 epsilon = 1.0
    : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}
