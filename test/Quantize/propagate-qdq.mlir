// Data movement works on stored integers: dequantize moves forward through it, quantize back.
// RUN: limbeck-opt %s --limbeck-quantize-propagate-qdq | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:7>
!r = !quant.uniform<u8:f32, 0.25:9>
!channels = !quant.uniform<i8:f32:1, {0.5, 0.25, 0.125}>

// CHECK-LABEL: @dequantize_forward
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x!{{.*}}>)
func.func @dequantize_forward(%x: tensor<2x3x!q>) -> tensor<6xf32> {
  // CHECK: %[[R:.*]] = limbeck.reshape %[[X]]
  // CHECK: %[[D:.*]] = limbeck.dequantize %[[R]]
  // CHECK: return %[[D]]
  %0 = limbeck.dequantize %x : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %1 = limbeck.reshape %0 shape = [6] : (tensor<2x3xf32>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

// CHECK-LABEL: @quantize_back
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
func.func @quantize_back(%x: tensor<2x3xf32>) -> tensor<3x2x!q> {
  // CHECK: %[[Q:.*]] = limbeck.quantize %[[X]]
  // CHECK: limbeck.transpose %[[Q]]
  %0 = limbeck.transpose %x perm = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = limbeck.quantize %0 : (tensor<3x2xf32>) -> tensor<3x2x!q>
  return %1 : tensor<3x2x!q>
}

// CHECK-LABEL: @axis_moves_along
func.func @axis_moves_along(%x: tensor<2x3x!channels>) -> tensor<3x2xf32> {
  // CHECK: limbeck.transpose {{.*}} -> tensor<3x2x!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01,1.250000e-01}>>
  %0 = limbeck.dequantize %x : (tensor<2x3x!channels>) -> tensor<2x3xf32>
  %1 = limbeck.transpose %0 perm = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// Each user has a dequantize of its own.
// CHECK-LABEL: @two_users
func.func @two_users(%x: tensor<2x3x!q>) -> (tensor<6xf32>, tensor<2x3xf32>) {
  // CHECK-DAG: limbeck.reshape %arg0
  // CHECK-DAG: limbeck.dequantize %arg0
  %0 = limbeck.dequantize %x : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %1 = limbeck.reshape %0 shape = [6] : (tensor<2x3xf32>) -> tensor<6xf32>
  %2 = limbeck.exp %0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %1, %2 : tensor<6xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @pad_with_zero
func.func @pad_with_zero(%x: tensor<2x3x!q>) -> tensor<2x4xf32> {
  // CHECK: %[[Z:.*]] = limbeck.const dense<7> : tensor<ui8>
  // CHECK: %[[V:.*]] = limbeck.storage_cast %[[Z]]
  // CHECK: limbeck.pad %arg0, %[[V]]
  %0 = limbeck.dequantize %x : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %1 = limbeck.pad %0 pads = [0, 0, 0, 1] mode = "constant" : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @quantized_constant
func.func @quantized_constant() -> tensor<2x!q> {
  // CHECK: limbeck.const dense<[9, 5]> : tensor<2xui8>
  // CHECK-NOT: limbeck.quantize
  %0 = limbeck.const dense<[1.0, -1.0]> : tensor<2xf32>
  %1 = limbeck.quantize %0 : (tensor<2xf32>) -> tensor<2x!q>
  return %1 : tensor<2x!q>
}

// 0.3 lies between two stored values.
// CHECK-LABEL: @border_without_stored_form
func.func @border_without_stored_form(%x: tensor<2x3x!q>) -> tensor<2x4xf32> {
  // CHECK: %[[D:.*]] = limbeck.dequantize
  // CHECK: limbeck.pad %[[D]]
  %v = limbeck.const dense<0.3> : tensor<f32>
  %0 = limbeck.dequantize %x : (tensor<2x3x!q>) -> tensor<2x3xf32>
  %1 = limbeck.pad %0, %v pads = [0, 0, 0, 1] mode = "constant" : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @concat_of_different_parameters
func.func @concat_of_different_parameters(%x: tensor<2x!q>, %y: tensor<2x!r>) -> tensor<4xf32> {
  // CHECK: limbeck.concat {{.*}} : (tensor<2xf32>, tensor<2xf32>)
  %0 = limbeck.dequantize %x : (tensor<2x!q>) -> tensor<2xf32>
  %1 = limbeck.dequantize %y : (tensor<2x!r>) -> tensor<2xf32>
  %2 = limbeck.concat %0, %1 axis = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// A reshape that mixes channels cannot carry their scales.
// CHECK-LABEL: @axis_lost
func.func @axis_lost(%x: tensor<2x3x!channels>) -> tensor<6xf32> {
  // CHECK: limbeck.reshape {{.*}} : (tensor<2x3xf32>)
  %0 = limbeck.dequantize %x : (tensor<2x3x!channels>) -> tensor<2x3xf32>
  %1 = limbeck.reshape %0 shape = [6] : (tensor<2x3xf32>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}

// Two rows of a thousand are wanted: the others are not quantized for it.
// CHECK-LABEL: @quantize_stays_behind_gather
func.func @quantize_stays_behind_gather(%x: tensor<1000x4xf32>, %i: tensor<2xsi64>) -> tensor<2x4x!q> {
  // CHECK: %[[G:.*]] = limbeck.gather
  // CHECK: limbeck.quantize %[[G]]
  %0 = limbeck.gather %x, %i axis = 0 : (tensor<1000x4xf32>, tensor<2xsi64>) -> tensor<2x4xf32>
  %1 = limbeck.quantize %0 : (tensor<2x4xf32>) -> tensor<2x4x!q>
  return %1 : tensor<2x4x!q>
}

// NaN passes a maximum of floats.
// CHECK-LABEL: @quantize_stays_behind_max_pool
func.func @quantize_stays_behind_max_pool(%x: tensor<1x1x4xf32>) -> tensor<1x1x4x!q> {
  // CHECK: %[[P:.*]] = limbeck.max_pool
  // CHECK: limbeck.quantize %[[P]]
  %0 = limbeck.max_pool %x kernel = [1] strides = [1] pads = [0, 0] dilations = [1] ceil_mode = false layout = "NCHW" : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
  %1 = limbeck.quantize %0 : (tensor<1x1x4xf32>) -> tensor<1x1x4x!q>
  return %1 : tensor<1x1x4x!q>
}

// The first tap of the first window lies on padding, and so does the second: the float result is -inf.
// CHECK-LABEL: @window_of_padding_alone
func.func @window_of_padding_alone(%x: tensor<1x1x1x!q>) -> tensor<1x1x1xf32> {
  // CHECK: limbeck.max_pool {{.*}} : (tensor<1x1x1xf32>)
  %0 = limbeck.dequantize %x : (tensor<1x1x1x!q>) -> tensor<1x1x1xf32>
  %1 = limbeck.max_pool %0 kernel = [2] strides = [1] pads = [1, 1] dilations = [2] ceil_mode = false layout = "NCHW" : (tensor<1x1x1xf32>) -> tensor<1x1x1xf32>
  return %1 : tensor<1x1x1xf32>
}
