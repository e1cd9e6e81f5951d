// Quantization per axis follows its slices through ops that keep them whole and in order.
// RUN: limbeck-opt %s | FileCheck %s

!q0 = !quant.uniform<i8:f32:0, {0.5, 0.25}>
!q1 = !quant.uniform<i8:f32:1, {0.5, 0.25}>
!q2 = !quant.uniform<i8:f32:2, {0.5, 0.25}>

// CHECK-LABEL: @transpose
func.func @transpose(%x: tensor<2x3x4x!q0>) -> tensor<3x4x2x!q2> {
  %y = limbeck.transpose %x perm = [1, 2, 0] : (tensor<2x3x4x!q0>) -> tensor<3x4x2x!q2>
  return %y : tensor<3x4x2x!q2>
}

// CHECK-LABEL: @reshape
func.func @reshape(%x: tensor<3x2x4x1x!q1>) -> tensor<1x3x2x2x2x!q2> {
  %y = limbeck.reshape %x shape = [1, 3, 2, 2, 2] : (tensor<3x2x4x1x!q1>) -> tensor<1x3x2x2x2x!q2>
  return %y : tensor<1x3x2x2x2x!q2>
}

// CHECK-LABEL: @expand
func.func @expand(%x: tensor<2x1x!q0>) -> tensor<3x2x5x!q1> {
  %y = limbeck.expand %x shape = [3, 2, 5] : (tensor<2x1x!q0>) -> tensor<3x2x5x!q1>
  return %y : tensor<3x2x5x!q1>
}

// CHECK-LABEL: @slice_of_another_axis
func.func @slice_of_another_axis(%x: tensor<2x5x!q0>) -> tensor<2x2x!q0> {
  %y = limbeck.slice %x starts = [0, 1] ends = [9223372036854775807, 5] steps = [1, 2] : (tensor<2x5x!q0>) -> tensor<2x2x!q0>
  return %y : tensor<2x2x!q0>
}

// CHECK-LABEL: @gather_before
func.func @gather_before(%x: tensor<5x2x!q1>, %i: tensor<3x4xsi64>) -> tensor<3x4x2x!q2> {
  %y = limbeck.gather %x, %i axis = 0 : (tensor<5x2x!q1>, tensor<3x4xsi64>) -> tensor<3x4x2x!q2>
  return %y : tensor<3x4x2x!q2>
}

// CHECK-LABEL: @concat_along_another_axis
func.func @concat_along_another_axis(%x: tensor<2x3x!q0>, %y: tensor<2x1x!q0>) -> tensor<2x4x!q0> {
  %z = limbeck.concat %x, %y axis = 1 : (tensor<2x3x!q0>, tensor<2x1x!q0>) -> tensor<2x4x!q0>
  return %z : tensor<2x4x!q0>
}

// CHECK-LABEL: @pad_and_tile_another_axis
func.func @pad_and_tile_another_axis(%x: tensor<2x3x!q0>) -> tensor<2x10x!q0> {
  %y = limbeck.pad %x pads = [0, 1, 0, 1] mode = "edge" : (tensor<2x3x!q0>) -> tensor<2x5x!q0>
  %z = limbeck.tile %y repeats = [1, 2] : (tensor<2x5x!q0>) -> tensor<2x10x!q0>
  return %z : tensor<2x10x!q0>
}
