// A border around a concat goes to its operands, where kernels compute them.
// RUN: limbeck-opt %s --limbeck-fuse-split-borders | FileCheck %s

// CHECK-LABEL: @border
func.func @border(%x: tensor<2x3xf32>) -> tensor<4x6xf32> {
  // CHECK: %[[A:.*]] = limbeck.neg
  // CHECK: %[[B:.*]] = limbeck.exp
  // CHECK: %[[P:.*]] = limbeck.pad %[[A]] pads = [1, 0, 1, 0] mode = "constant" : (tensor<2x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[Q:.*]] = limbeck.pad %[[B]] pads = [1, 0, 1, 0]
  // CHECK: limbeck.concat %[[P]], %[[Q]] axis = 1 : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x6xf32>
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %3 = limbeck.pad %2 pads = [1, 0, 1, 0] mode = "constant" : (tensor<2x6xf32>) -> tensor<4x6xf32>
  return %3 : tensor<4x6xf32>
}

// What stands before the first operand along the axis is no part of it.
// CHECK-LABEL: @along_the_axis
func.func @along_the_axis(%x: tensor<2x3xf32>) -> tensor<2x7xf32> {
  // CHECK: %[[C:.*]] = limbeck.concat
  // CHECK: limbeck.pad %[[C]]
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %3 = limbeck.pad %2 pads = [0, 1, 0, 0] mode = "constant" : (tensor<2x6xf32>) -> tensor<2x7xf32>
  return %3 : tensor<2x7xf32>
}

// No kernel computes an argument.
// CHECK-LABEL: @argument
func.func @argument(%x: tensor<2x3xf32>) -> tensor<3x6xf32> {
  // CHECK: %[[C:.*]] = limbeck.concat
  // CHECK: limbeck.pad %[[C]]
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.concat %0, %x axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %2 = limbeck.pad %1 pads = [1, 0, 0, 0] mode = "constant" : (tensor<2x6xf32>) -> tensor<3x6xf32>
  return %2 : tensor<3x6xf32>
}
