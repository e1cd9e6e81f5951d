// Reshapes that add or drop dimensions of 1 end up behind element-wise ops.
// RUN: limbeck-opt %s --limbeck-graph-sink-reshapes | FileCheck %s

// As a convolution over one dimension is imported; a scale per channel is one per channel in front, too.
// CHECK-LABEL: @convolution
func.func @convolution(%x: tensor<1x2x1x6xf32>) -> tensor<1x2x6xf32> {
  // CHECK: %[[S:.*]] = limbeck.const {{.*}} : tensor<1x2x1x1xf32>
  // CHECK: %[[Y:.*]] = limbeck.conv
  // CHECK-NEXT: %[[R:.*]] = limbeck.relu %[[Y]] : (tensor<1x2x1x6xf32>)
  // CHECK-NEXT: %[[M:.*]] = limbeck.mul %[[R]], %[[S]] arith = "" : (tensor<1x2x1x6xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x6xf32>
  // CHECK-NEXT: %[[B:.*]] = limbeck.reshape %[[M]] shape = [1, 2, 6]
  // CHECK-NEXT: return %[[B]]
  %w = limbeck.const dense<1.0> : tensor<2x2x1x1xf32>
  %s = limbeck.const dense<[[0.5], [0.25]]> : tensor<2x1xf32>
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x2x1x6xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x1x6xf32>
  %1 = limbeck.reshape %0 shape = [1, 2, 6] : (tensor<1x2x1x6xf32>) -> tensor<1x2x6xf32>
  %2 = limbeck.relu %1 : (tensor<1x2x6xf32>) -> tensor<1x2x6xf32>
  %3 = limbeck.mul %2, %s arith = "" : (tensor<1x2x6xf32>, tensor<2x1xf32>) -> tensor<1x2x6xf32>
  return %3 : tensor<1x2x6xf32>
}

// Both operands of a sum, with an open dimension.
// CHECK-LABEL: @residual
// CHECK-NOT: limbeck.reshape
// CHECK: limbeck.add %arg0, %arg1 arith = "" : (tensor<?x2x1x6xf32>, tensor<?x2x1x6xf32>) -> tensor<?x2x1x6xf32>
func.func @residual(%x: tensor<?x2x1x6xf32>, %y: tensor<?x2x1x6xf32>) -> tensor<?x2x6xf32> {
  %0 = limbeck.reshape %x shape = [-1, 2, 6] : (tensor<?x2x1x6xf32>) -> tensor<?x2x6xf32>
  %1 = limbeck.reshape %y shape = [-1, 2, 6] : (tensor<?x2x1x6xf32>) -> tensor<?x2x6xf32>
  %2 = limbeck.add %0, %1 arith = "" : (tensor<?x2x6xf32>, tensor<?x2x6xf32>) -> tensor<?x2x6xf32>
  return %2 : tensor<?x2x6xf32>
}

// The channels of a batch normalization move along.
// CHECK-LABEL: @batch_norm
// CHECK: limbeck.batch_norm %arg0, {{.*}} axis = 2 epsilon
// CHECK-NEXT: limbeck.reshape
func.func @batch_norm(%x: tensor<1x5x2x1xf32>) -> tensor<5x2xf32> {
  %p = limbeck.const dense<0.5> : tensor<2xf32>
  %0 = limbeck.reshape %x shape = [5, 2] : (tensor<1x5x2x1xf32>) -> tensor<5x2xf32>
  %1 = limbeck.batch_norm %0, %p, %p, %p, %p axis = 1 epsilon = 1.0e-5
    : (tensor<5x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<5x2xf32>
  return %1 : tensor<5x2xf32>
}

// Elements that change their dimensions, another operand that is not reshaped, a result that is repeated, two open dimensions.
// CHECK-LABEL: @kept
// CHECK: limbeck.reshape
// CHECK-NEXT: limbeck.relu
// CHECK: limbeck.reshape
// CHECK-NEXT: limbeck.add
// CHECK: limbeck.reshape
// CHECK-NEXT: limbeck.mul
// CHECK: limbeck.reshape
// CHECK-NEXT: limbeck.relu
func.func @kept(%x: tensor<2x1x6xf32>, %y: tensor<2x6xf32>, %z: tensor<?x1x?xf32>)
    -> (tensor<12xf32>, tensor<2x6xf32>, tensor<3x2x6xf32>, tensor<?x?xf32>) {
  %c = limbeck.const dense<0.5> : tensor<3x1x1xf32>
  %0 = limbeck.reshape %x shape = [12] : (tensor<2x1x6xf32>) -> tensor<12xf32>
  %mixes = limbeck.relu %0 : (tensor<12xf32>) -> tensor<12xf32>
  %1 = limbeck.reshape %x shape = [2, 6] : (tensor<2x1x6xf32>) -> tensor<2x6xf32>
  %other = limbeck.add %1, %y arith = "" : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<2x6xf32>
  %2 = limbeck.reshape %x shape = [2, 6] : (tensor<2x1x6xf32>) -> tensor<2x6xf32>
  %repeats = limbeck.mul %2, %c arith = "" : (tensor<2x6xf32>, tensor<3x1x1xf32>) -> tensor<3x2x6xf32>
  %3 = limbeck.reshape %z shape = [-1, -1] : (tensor<?x1x?xf32>) -> tensor<?x?xf32>
  %open = limbeck.relu %3 : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %mixes, %other, %repeats, %open : tensor<12xf32>, tensor<2x6xf32>, tensor<3x2x6xf32>, tensor<?x?xf32>
}
