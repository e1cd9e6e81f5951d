// What the canonicalizer may do with our ops: identities and pairs that are exact for every value.
// RUN: limbeck-opt %s --canonicalize | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:128>
!r = !quant.uniform<u8:f32, 0.25:128>

// CHECK-LABEL: @reshape_identity
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @reshape_identity(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK-NEXT: return %[[X]]
  %y = limbeck.reshape %x shape = [2, -1] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// Equal types with unknown dimensions may hold different shapes.
// CHECK-LABEL: @reshape_unknown_is_kept
func.func @reshape_unknown_is_kept(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // CHECK: limbeck.reshape
  %y = limbeck.reshape %x shape = [-1, -1] : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// CHECK-LABEL: @reshape_pair
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @reshape_pair(%x: tensor<2x3x4xf32>) -> tensor<4x6xf32> {
  // CHECK-NEXT: %[[Y:.*]] = limbeck.reshape %[[X]] shape = [4, 6] : (tensor<2x3x4xf32>) -> tensor<4x6xf32>
  // CHECK-NEXT: return %[[Y]]
  %0 = limbeck.reshape %x shape = [24] : (tensor<2x3x4xf32>) -> tensor<24xf32>
  %y = limbeck.reshape %0 shape = [4, 6] : (tensor<24xf32>) -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// What the second keeps is a dimension that the first kept, or the only one that is inferred.
// CHECK-LABEL: @reshape_pair_that_keeps
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @reshape_pair_that_keeps(%x: tensor<?x?x4xf32>) -> tensor<?x8x?xf32> {
  // CHECK-NEXT: %[[Y:.*]] = limbeck.reshape %[[X]] shape = [-1, 8, -1] kept = [1, -1, -1]
  // CHECK-NEXT: return %[[Y]]
  %0 = limbeck.reshape %x shape = [-1, 2, 2, -1] kept = [0, -1, -1, 1] : (tensor<?x?x4xf32>) -> tensor<?x2x2x?xf32>
  %y = limbeck.reshape %0 shape = [-1, 8, -1] kept = [3, -1, -1] : (tensor<?x2x2x?xf32>) -> tensor<?x8x?xf32>
  return %y : tensor<?x8x?xf32>
}

// Which two dimensions of x these are is nowhere but in the first one's result.
// CHECK-LABEL: @reshape_pair_that_keeps_unknown_ones
func.func @reshape_pair_that_keeps_unknown_ones(%x: tensor<?x?x4xf32>) -> tensor<?x?x1xf32> {
  // CHECK: limbeck.reshape {{.*}} shape = [-1, -1] :
  // CHECK: limbeck.reshape {{.*}} shape = [-1, -1, 1] kept = [0, 1, -1]
  %0 = limbeck.reshape %x shape = [-1, -1] : (tensor<?x?x4xf32>) -> tensor<?x?xf32>
  %y = limbeck.reshape %0 shape = [-1, -1, 1] kept = [0, 1, -1] : (tensor<?x?xf32>) -> tensor<?x?x1xf32>
  return %y : tensor<?x?x1xf32>
}

// CHECK-LABEL: @transpose_pair
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @transpose_pair(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  // CHECK-NEXT: limbeck.transpose %[[X]] perm = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %0 = limbeck.transpose %x perm = [1, 2, 0] : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %y = limbeck.transpose %0 perm = [1, 2, 0] : (tensor<3x4x2xf32>) -> tensor<4x2x3xf32>
  return %y : tensor<4x2x3xf32>
}

// CHECK-LABEL: @transpose_inverse_pair
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @transpose_inverse_pair(%x: tensor<1x?x4x5xf32>) -> tensor<1x?x4x5xf32> {
  // CHECK-NEXT: return %[[X]]
  %0 = limbeck.transpose %x perm = [0, 2, 3, 1] : (tensor<1x?x4x5xf32>) -> tensor<1x4x5x?xf32>
  %y = limbeck.transpose %0 perm = [0, 3, 1, 2] : (tensor<1x4x5x?xf32>) -> tensor<1x?x4x5xf32>
  return %y : tensor<1x?x4x5xf32>
}

// A square matrix has the type of its transpose.
// CHECK-LABEL: @transpose_square_is_kept
func.func @transpose_square_is_kept(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK: limbeck.transpose
  %y = limbeck.transpose %x perm = [1, 0] : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}

// CHECK-LABEL: @storage_cast_pair
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @storage_cast_pair(%x: tensor<3xui8>) -> tensor<3xui8> {
  // CHECK-NEXT: return %[[X]]
  %0 = limbeck.storage_cast %x : (tensor<3xui8>) -> tensor<3x!q>
  %y = limbeck.storage_cast %0 : (tensor<3x!q>) -> tensor<3xui8>
  return %y : tensor<3xui8>
}

// CHECK-LABEL: @quantize_of_dequantize
// CHECK-SAME: (%[[X:.*]]: tensor
func.func @quantize_of_dequantize(%x: tensor<3x!q>) -> tensor<3x!q> {
  // CHECK-NEXT: return %[[X]]
  %0 = limbeck.dequantize %x : (tensor<3x!q>) -> tensor<3xf32>
  %y = limbeck.quantize %0 : (tensor<3xf32>) -> tensor<3x!q>
  return %y : tensor<3x!q>
}

// CHECK-LABEL: @quantize_of_dequantize_with_other_scale_is_kept
func.func @quantize_of_dequantize_with_other_scale_is_kept(%x: tensor<3x!q>) -> tensor<3x!r> {
  // CHECK: limbeck.dequantize
  // CHECK: limbeck.quantize
  %0 = limbeck.dequantize %x : (tensor<3x!q>) -> tensor<3xf32>
  %y = limbeck.quantize %0 : (tensor<3xf32>) -> tensor<3x!r>
  return %y : tensor<3x!r>
}

// Quantizing loses information, which the model was built to lose.
// CHECK-LABEL: @dequantize_of_quantize_is_kept
func.func @dequantize_of_quantize_is_kept(%x: tensor<3xf32>) -> tensor<3xf32> {
  // CHECK: limbeck.quantize
  // CHECK: limbeck.dequantize
  %0 = limbeck.quantize %x : (tensor<3xf32>) -> tensor<3x!q>
  %y = limbeck.dequantize %0 : (tensor<3x!q>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// Neither order nor shape changes what is counted.
// CHECK-LABEL: @histogram_of_moved_elements
func.func @histogram_of_moved_elements(%x: tensor<2x3xf32>, %l: tensor<f32>, %g: tensor<f32>) -> tensor<2048xsi32> {
  // CHECK-NEXT: %[[N:.*]] = limbeck.histogram %arg0
  // CHECK-NEXT: return %[[N]]
  %0 = limbeck.transpose %x perm = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = limbeck.reshape %0 shape = [6] : (tensor<3x2xf32>) -> tensor<6xf32>
  %n = limbeck.histogram %1, %l, %g : (tensor<6xf32>, tensor<f32>, tensor<f32>) -> tensor<2048xsi32>
  return %n : tensor<2048xsi32>
}

// A slice has fewer elements.
// CHECK-LABEL: @histogram_of_slice
func.func @histogram_of_slice(%x: tensor<6xf32>, %l: tensor<f32>, %g: tensor<f32>) -> tensor<2048xsi32> {
  // CHECK: limbeck.slice
  %0 = limbeck.slice %x starts = [0] ends = [3] steps = [1] : (tensor<6xf32>) -> tensor<3xf32>
  %n = limbeck.histogram %0, %l, %g : (tensor<3xf32>, tensor<f32>, tensor<f32>) -> tensor<2048xsi32>
  return %n : tensor<2048xsi32>
}
