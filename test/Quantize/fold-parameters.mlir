// Constant scales and zero points move into types; others, and block-wise ones, stay operands.
// RUN: limbeck-opt %s --limbeck-quantize-fold-parameters | FileCheck %s

// CHECK-LABEL: @per_tensor
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
func.func @per_tensor(%x: tensor<2x3xf32>) -> tensor<2x3xui8> {
  // CHECK: %[[Q:.*]] = limbeck.quantize %[[X]] : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:7>>
  // CHECK: limbeck.storage_cast %[[Q]]
  // CHECK-SAME: -> tensor<2x3xui8>
  // CHECK-NOT: quantize_by
  %s = limbeck.const dense<0.5> : tensor<f32>
  %z = limbeck.const dense<7> : tensor<ui8>
  %0 = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<2x3xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %0 : tensor<2x3xui8>
}

// CHECK-LABEL: @per_axis
func.func @per_axis(%x: tensor<?x3xsi8>) -> tensor<?x3xf32> {
  // CHECK: %[[Q:.*]] = limbeck.storage_cast %{{.*}} -> tensor<?x3x!quant.uniform<i8:f32:1, {5.000000e-01:-1,2.500000e-01,1.250000e-01:1}>>
  // CHECK: limbeck.dequantize %[[Q]]
  %s = limbeck.const dense<[0.5, 0.25, 0.125]> : tensor<3xf32>
  %z = limbeck.const dense<[-1, 0, 1]> : tensor<3xsi8>
  %0 = limbeck.dequantize_by %x, %s, %z axis = 1 block_size = 0 to = f32 : (tensor<?x3xsi8>, tensor<3xf32>, tensor<3xsi8>) -> tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// CHECK-LABEL: @integer_contraction
func.func @integer_contraction(%x: tensor<2x4xui8>) -> tensor<2x3xui8> {
  // CHECK: %[[B:.*]] = limbeck.const dense<[1, 2, 3]> : tensor<3xsi32>
  // CHECK: %[[A:.*]] = limbeck.storage_cast %{{.*}} : (tensor<2x4xui8>) -> tensor<2x4x!quant.uniform<u8:f32, 5.000000e-01:9>>
  // CHECK: %[[W:.*]] = limbeck.storage_cast %{{.*}} -> tensor<4x3x!quant.uniform<i8:f32:1, {1.000000e+00,2.000000e+00,4.000000e+00}>>
  // CHECK: %[[Y:.*]] = limbeck.matmul %[[A]], %[[W]], %[[B]] : {{.*}} -> tensor<2x3x!quant.uniform<u8:f32, 8.000000e+00:5>>
  // CHECK: limbeck.storage_cast %[[Y]]
  %w = limbeck.const dense<3> : tensor<4x3xsi8>
  %b = limbeck.const dense<[1, 2, 3]> : tensor<3xsi32>
  %zx = limbeck.const dense<9> : tensor<ui8>
  %zw = limbeck.const dense<0> : tensor<si8>
  %sx = limbeck.const dense<0.5> : tensor<f32>
  %sw = limbeck.const dense<[1.0, 2.0, 4.0]> : tensor<3xf32>
  %sy = limbeck.const dense<8.0> : tensor<f32>
  %zy = limbeck.const dense<5> : tensor<ui8>
  %0 = limbeck.matmul_integer %x, %w, %zx, %zw, %b : (tensor<2x4xui8>, tensor<4x3xsi8>, tensor<ui8>, tensor<si8>, tensor<3xsi32>) -> tensor<2x3xsi32>
  %1 = limbeck.requantize_by %0, %sx, %sw, %sy, %zy axis = 1 : (tensor<2x3xsi32>, tensor<f32>, tensor<3xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %1 : tensor<2x3xui8>
}

// CHECK-LABEL: @unknown_scale_stays
func.func @unknown_scale_stays(%x: tensor<2x3xf32>, %s: tensor<f32>) -> tensor<2x3xui8> {
  // CHECK: limbeck.quantize_by
  %z = limbeck.const dense<7> : tensor<ui8>
  %0 = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<2x3xf32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %0 : tensor<2x3xui8>
}

// CHECK-LABEL: @block_wise_scales_stay
func.func @block_wise_scales_stay(%x: tensor<2x4xsi8>) -> tensor<2x4xf32> {
  // CHECK: limbeck.dequantize_by
  %s = limbeck.const dense<[[0.5, 1.0], [2.0, 4.0]]> : tensor<2x2xf32>
  %z = limbeck.const dense<0> : tensor<2x2xsi8>
  %0 = limbeck.dequantize_by %x, %s, %z axis = 1 block_size = 2 to = f32 : (tensor<2x4xsi8>, tensor<2x2xf32>, tensor<2x2xsi8>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// CHECK-LABEL: @accumulator_with_another_user_stays
func.func @accumulator_with_another_user_stays(%x: tensor<2x4xui8>, %w: tensor<4x3xui8>) -> (tensor<2x3xui8>, tensor<2x3xsi32>) {
  // CHECK: limbeck.matmul_integer
  // CHECK: limbeck.requantize_by
  %z = limbeck.const dense<9> : tensor<ui8>
  %s = limbeck.const dense<0.5> : tensor<f32>
  %0 = limbeck.matmul_integer %x, %w, %z, %z : (tensor<2x4xui8>, tensor<4x3xui8>, tensor<ui8>, tensor<ui8>) -> tensor<2x3xsi32>
  %1 = limbeck.requantize_by %0, %s, %s, %s, %z axis = 1 : (tensor<2x3xsi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %1, %0 : tensor<2x3xui8>, tensor<2x3xsi32>
}

// CHECK-LABEL: @scale_per_row_stays
func.func @scale_per_row_stays(%x: tensor<2x4xui8>, %w: tensor<4x3xui8>) -> tensor<2x3xui8> {
  // CHECK: limbeck.requantize_by
  %z = limbeck.const dense<9> : tensor<ui8>
  %rows = limbeck.const dense<[0.5, 1.0]> : tensor<2xf32>
  %s = limbeck.const dense<0.5> : tensor<f32>
  %0 = limbeck.matmul_integer %x, %w, %z, %z : (tensor<2x4xui8>, tensor<4x3xui8>, tensor<ui8>, tensor<ui8>) -> tensor<2x3xsi32>
  %1 = limbeck.requantize_by %0, %rows, %s, %s, %z axis = 1 : (tensor<2x3xsi32>, tensor<2xf32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %1 : tensor<2x3xui8>
}

// CHECK-LABEL: @sum_that_may_wrap_stays
func.func @sum_that_may_wrap_stays(%x: tensor<2x70000xui8>, %w: tensor<70000x3xui8>) -> tensor<2x3xui8> {
  // CHECK: limbeck.matmul_integer
  %z = limbeck.const dense<0> : tensor<ui8>
  %s = limbeck.const dense<0.5> : tensor<f32>
  %0 = limbeck.matmul_integer %x, %w, %z, %z : (tensor<2x70000xui8>, tensor<70000x3xui8>, tensor<ui8>, tensor<ui8>) -> tensor<2x3xsi32>
  %1 = limbeck.requantize_by %0, %s, %s, %s, %z axis = 1 : (tensor<2x3xsi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<ui8>) -> tensor<2x3xui8>
  return %1 : tensor<2x3xui8>
}
