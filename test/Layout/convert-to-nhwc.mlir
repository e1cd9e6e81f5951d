// Channels last, with as few transposes as the ops in between allow.
// RUN: limbeck-opt %s --limbeck-layout-convert-to-nhwc | FileCheck %s

// CHECK-LABEL: @convolution
// CHECK-SAME: (%[[X:.*]]: tensor<1x3x8x8xf32>, %[[W:.*]]: tensor
func.func @convolution(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // CHECK: %[[T:.*]] = limbeck.transpose %[[X]] perm = [0, 2, 3, 1]
  // CHECK: %[[C:.*]] = limbeck.conv %[[T]], %[[W]] {{.*}} layout = "NHWC"
  // CHECK: %[[Y:.*]] = limbeck.transpose %[[C]] perm = [0, 3, 1, 2]
  // CHECK: return %[[Y]]
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  return %0 : tensor<1x4x6x6xf32>
}

// Between two ops, the transposes cancel, and the constant is transposed now.
// CHECK-LABEL: @between_two_ops
func.func @between_two_ops(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x1x1xf32> {
  // CHECK: %[[C:.*]] = limbeck.const dense<[{{\[\[\[}}1.000000e+00, 2.000000e+00]]]]> : tensor<1x1x1x2xf32>
  // CHECK: limbeck.transpose
  // CHECK-NEXT: %[[P:.*]] = limbeck.max_pool
  // CHECK-NEXT: %[[A:.*]] = limbeck.add %[[P]], %[[C]]
  // CHECK-NEXT: %[[Q:.*]] = limbeck.average_pool %[[A]]
  // A transpose of 1x1x1x2 moves nothing.
  // CHECK-NEXT: %[[R:.*]] = limbeck.reshape %[[Q]] shape = [1, 2, 1, 1]
  // CHECK-NEXT: return %[[R]]
  %c = limbeck.const dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32>
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  %1 = limbeck.add %0, %c : (tensor<1x2x2x2xf32>, tensor<2x1x1xf32>) -> tensor<1x2x2x2xf32>
  %2 = limbeck.average_pool %1 kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW" : (tensor<1x2x2x2xf32>) -> tensor<1x2x1x1xf32>
  return %2 : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @axis_follows
func.func @axis_follows(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  // CHECK: limbeck.softmax {{.*}} axis = 3
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %1 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @channels_last_already
func.func @channels_last_already(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32> {
  // CHECK-NEXT: limbeck.max_pool %arg0
  // CHECK-NEXT: return
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NHWC" : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// Another operand would have to be transposed while the model runs.
// CHECK-LABEL: @other_operand_keeps_the_transpose
func.func @other_operand_keeps_the_transpose(%x: tensor<1x2x4x4xf32>, %y: tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> {
  // CHECK: %[[T:.*]] = limbeck.transpose {{.*}} perm = [0, 3, 1, 2]
  // CHECK: limbeck.add %[[T]], %arg1
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  %1 = limbeck.add %0, %y : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %1 : tensor<1x2x2x2xf32>
}

// A transpose of the model's own that has nothing to do with layouts is left where it is.
// CHECK-LABEL: @other_permutations_stay
func.func @other_permutations_stay(%x: tensor<1x2x3x4xf32>) -> tensor<1x3x2x4xf32> {
  // CHECK-NEXT: %[[T:.*]] = limbeck.transpose %arg0 perm = [0, 2, 1, 3]
  // CHECK-NEXT: limbeck.softmax %[[T]] axis = 3
  %0 = limbeck.transpose %x perm = [0, 2, 1, 3] : (tensor<1x2x3x4xf32>) -> tensor<1x3x2x4xf32>
  %1 = limbeck.softmax %0 axis = 3 : (tensor<1x3x2x4xf32>) -> tensor<1x3x2x4xf32>
  return %1 : tensor<1x3x2x4xf32>
}
