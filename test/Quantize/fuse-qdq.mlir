// Ops between dequantize and quantize work on quantized types; what stays in float gives a reason.
// RUN: limbeck-opt %s --limbeck-quantize-fuse-qdq | FileCheck %s
// RUN: limbeck-opt %s --limbeck-quantize-fuse-qdq --remarks-filter=quantize --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

!x = !quant.uniform<u8:f32, 0.5:7>
!w = !quant.uniform<i8:f32:1, {0.5, 0.25, 0.125}>
!b = !quant.uniform<i32:f32:0, {0.25, 0.125, 0.0625}>
!y = !quant.uniform<u8:f32, 2.0:9>

// CHECK-LABEL: @matmul_with_bias
// CHECK-SAME: (%[[X:.*]]: tensor<2x4x!{{[^>]*}}>>, %[[W:.*]]: tensor<4x3x!{{[^>]*}}>>, %[[B:.*]]: tensor<3x!{{[^>]*}}>>)
func.func @matmul_with_bias(%x: tensor<2x4x!x>, %w: tensor<4x3x!w>, %b: tensor<3x!b>) -> tensor<2x3x!y> {
  // CHECK-NEXT: %[[S:.*]] = limbeck.storage_cast %[[B]] : {{.*}} -> tensor<3xsi32>
  // CHECK-NEXT: %[[Y:.*]] = limbeck.matmul %[[X]], %[[W]], %[[S]]
  // CHECK-NEXT: return %[[Y]]
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.dequantize %w : (tensor<4x3x!w>) -> tensor<4x3xf32>
  %2 = limbeck.dequantize %b : (tensor<3x!b>) -> tensor<3xf32>
  %3 = limbeck.matmul %0, %1, %2 : (tensor<2x4xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %4 = limbeck.quantize %3 : (tensor<2x3xf32>) -> tensor<2x3x!y>
  return %4 : tensor<2x3x!y>
}

// CHECK-LABEL: @relu_is_a_range
func.func @relu_is_a_range(%x: tensor<2x4x!x>, %w: tensor<4x3x!w>) -> tensor<2x3x!y> {
  // CHECK: %[[Y:.*]] = limbeck.matmul {{.*}} -> tensor<2x3x!quant.uniform<u8<9:255>:f32, 2.000000e+00:9>>
  // CHECK-NOT: limbeck.relu
  // CHECK: limbeck.storage_cast %[[Y]]
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.dequantize %w : (tensor<4x3x!w>) -> tensor<4x3xf32>
  %2 = limbeck.matmul %0, %1 : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.relu %2 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = limbeck.quantize %3 : (tensor<2x3xf32>) -> tensor<2x3x!y>
  return %4 : tensor<2x3x!y>
}

// CHECK-LABEL: @clip_is_a_range
func.func @clip_is_a_range(%x: tensor<2x4x!x>, %w: tensor<4x3x!w>) -> tensor<2x3x!y> {
  // CHECK: limbeck.matmul {{.*}} -> tensor<2x3x!quant.uniform<u8<9:12>:f32, 2.000000e+00:9>>
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.dequantize %w : (tensor<4x3x!w>) -> tensor<4x3xf32>
  %2 = limbeck.matmul %0, %1 : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.clip %2 min = 0.0 max = 6.0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = limbeck.quantize %3 : (tensor<2x3xf32>) -> tensor<2x3x!y>
  return %4 : tensor<2x3x!y>
}

// CHECK-LABEL: @constant_operand_stays_float
func.func @constant_operand_stays_float(%x: tensor<2x4x!x>) -> tensor<2x4x!y> {
  // CHECK: limbeck.add %arg0, %{{.*}} : (tensor<2x4x!{{.*}}>, tensor<f32>) -> tensor<2x4x!
  %c = limbeck.const dense<0.3> : tensor<f32>
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.add %0, %c : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
  %2 = limbeck.quantize %1 : (tensor<2x4xf32>) -> tensor<2x4x!y>
  return %2 : tensor<2x4x!y>
}

// CHECK-LABEL: @first_result_of_layer_norm
func.func @first_result_of_layer_norm(%x: tensor<2x4x!x>) -> tensor<2x4x!y> {
  // CHECK: limbeck.layer_norm {{.*}} -> (tensor<2x4x!{{.*}}>, tensor<2x1xf32>, tensor<2x1xf32>)
  // CHECK-NEXT: return
  %s = limbeck.const dense<0.3> : tensor<4xf32>
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1, %m, %i = limbeck.layer_norm %0, %s axis = 1 epsilon = 0.001 : (tensor<2x4xf32>, tensor<4xf32>) -> (tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x1xf32>)
  %2 = limbeck.quantize %1 : (tensor<2x4xf32>) -> tensor<2x4x!y>
  return %2 : tensor<2x4x!y>
}

// The sum is of integers, what is added to it is float.
// CHECK-LABEL: @float_bias
func.func @float_bias(%x: tensor<2x4x!x>, %w: tensor<4x3x!w>) -> tensor<2x3x!y> {
  // CHECK: %[[B:.*]] = limbeck.const dense<[1.0{{.*}}, 2.0{{.*}}, 3.0{{.*}}]>
  // CHECK: %[[S:.*]] = limbeck.matmul %arg0, %arg1 : (tensor<2x4x!{{.*}}>, tensor<4x3x!{{.*}}>) -> tensor<2x3xf32>
  // CHECK: %[[Y:.*]] = limbeck.add %[[S]], %[[B]]
  // CHECK: limbeck.quantize %[[Y]]
  %b = limbeck.const dense<[0.1, 0.2, 0.3]> : tensor<3xf32>
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.dequantize %w : (tensor<4x3x!w>) -> tensor<4x3xf32>
  %2 = limbeck.matmul %0, %1, %b : (tensor<2x4xf32>, tensor<4x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.quantize %2 : (tensor<2x3xf32>) -> tensor<2x3x!y>
  return %3 : tensor<2x3x!y>
}

// CHECK-LABEL: @no_quantize_behind
func.func @no_quantize_behind(%x: tensor<2x4x!x>, %w: tensor<4x3x!w>) -> tensor<2x3xf32> {
  // CHECK: limbeck.matmul %arg0, %arg1 : (tensor<2x4x!{{.*}}>, tensor<4x3x!{{.*}}>) -> tensor<2x3xf32>
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.dequantize %w : (tensor<4x3x!w>) -> tensor<4x3xf32>
  %2 = limbeck.matmul %0, %1 : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// Channels of images are not the last dimension: the bias gets dimensions behind its own.
// CHECK-LABEL: @float_bias_of_images
func.func @float_bias_of_images(%x: tensor<1x2x4x4x!x>, %w: tensor<3x2x1x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x3x4x4xf32> {
  // CHECK: %[[S:.*]] = limbeck.conv %arg0, %arg1 strides
  // CHECK: %[[B:.*]] = limbeck.reshape %{{.*}} shape = [3, 1, 1]
  // CHECK: limbeck.add %[[S]], %[[B]]
  %b = limbeck.const dense<[0.1, 0.2, 0.3]> : tensor<3xf32>
  %0 = limbeck.dequantize %x : (tensor<1x2x4x4x!x>) -> tensor<1x2x4x4xf32>
  %1 = limbeck.dequantize %w : (tensor<3x2x1x1x!quant.uniform<i8:f32, 0.5>>) -> tensor<3x2x1x1xf32>
  %2 = limbeck.conv %0, %1, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32>, tensor<3xf32>) -> tensor<1x3x4x4xf32>
  return %2 : tensor<1x3x4x4xf32>
}

// CHECK-LABEL: @several_users
func.func @several_users(%x: tensor<2x4x!x>) -> (tensor<2x4x!y>, tensor<2x4xf32>) {
  // CHECK: limbeck.sigmoid {{.*}} -> tensor<2x4xf32>
  // REMARK: sigmoid stays in float: its float result has several users
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.sigmoid %0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = limbeck.quantize %1 : (tensor<2x4xf32>) -> tensor<2x4x!y>
  return %2, %1 : tensor<2x4x!y>, tensor<2x4xf32>
}

// CHECK-LABEL: @float_operand
func.func @float_operand(%x: tensor<2x4x!x>, %f: tensor<2x4xf32>) -> tensor<2x4x!y> {
  // CHECK: limbeck.add {{.*}} -> tensor<2x4xf32>
  // REMARK: add stays in float: operand 1 is neither dequantized nor constant
  %0 = limbeck.dequantize %x : (tensor<2x4x!x>) -> tensor<2x4xf32>
  %1 = limbeck.add %0, %f : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %2 = limbeck.quantize %1 : (tensor<2x4xf32>) -> tensor<2x4x!y>
  return %2 : tensor<2x4x!y>
}

// Scales that run along rows of the weights cannot leave the sum.
// CHECK-LABEL: @scales_per_row_of_the_weights
func.func @scales_per_row_of_the_weights(%x: tensor<2x3x!x>, %w: tensor<3x3x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.125}>>) -> tensor<2x3x!y> {
  // CHECK: limbeck.matmul {{.*}} -> tensor<2x3xf32>
  // REMARK: matmul stays in float: expected weights with one scale, or one per index of axis 1, found axis 0
  %0 = limbeck.dequantize %x : (tensor<2x3x!x>) -> tensor<2x3xf32>
  %1 = limbeck.dequantize %w : (tensor<3x3x!quant.uniform<i8:f32:0, {0.5, 0.25, 0.125}>>) -> tensor<3x3xf32>
  %2 = limbeck.matmul %0, %1 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.quantize %2 : (tensor<2x3xf32>) -> tensor<2x3x!y>
  return %3 : tensor<2x3x!y>
}
