// Folds what depends on constants only and does not grow.
// RUN: limbeck-opt %s --limbeck-graph-fold-constants | FileCheck %s

// CHECK-LABEL: @chain
func.func @chain() -> tensor<3xf32> {
  // CHECK-NEXT: %[[C:.*]] = limbeck.const dense<[0.000000e+00, 3.000000e+00, 5.000000e+00]> : tensor<3xf32>
  // CHECK-NEXT: return %[[C]]
  %a = limbeck.const dense<[-2.0, 2.0, 4.0]> : tensor<3xf32>
  %b = limbeck.const dense<1.0> : tensor<1xf32>
  %0 = limbeck.add %a, %b : (tensor<3xf32>, tensor<1xf32>) -> tensor<3xf32>
  %1 = limbeck.relu %0 : (tensor<3xf32>) -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// CHECK-LABEL: @constant_with_another_user_stays
func.func @constant_with_another_user_stays() -> (tensor<2xf32>, tensor<2xf32>) {
  // CHECK-DAG: limbeck.const dense<[1.000000e+00, 2.000000e+00]>
  // CHECK-DAG: limbeck.const dense<[-1.000000e+00, -2.000000e+00]>
  // CHECK-NOT: limbeck.neg
  %a = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
  return %a, %0 : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: @inside_a_region
func.func @inside_a_region(%c: i1, %x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: scf.if
  // CHECK-NEXT: limbeck.const dense<[-1.000000e+00, -2.000000e+00]>
  %a = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %y = scf.if %c -> tensor<2xf32> {
    %0 = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

!q0 = !quant.uniform<i8:f32:0, {0.5, 0.25}>
!q1 = !quant.uniform<i8:f32:1, {0.5, 0.25}>

// Moving quantized weights is not computing: they stay quantized.
// CHECK-LABEL: @quantized_transpose
func.func @quantized_transpose() -> tensor<1x2x!q1> {
  // CHECK-NEXT: %[[C:.*]] = limbeck.const dense<{{\[\[}}1, 2]]> : tensor<1x2xsi8>
  // CHECK-NEXT: limbeck.storage_cast %[[C]]
  // CHECK-NOT: limbeck.transpose
  %a = limbeck.const dense<[[1], [2]]> : tensor<2x1xsi8>
  %0 = limbeck.storage_cast %a : (tensor<2x1xsi8>) -> tensor<2x1x!q0>
  %1 = limbeck.transpose %0 perm = [1, 0] : (tensor<2x1x!q0>) -> tensor<1x2x!q1>
  return %1 : tensor<1x2x!q1>
}

// Each product alone would take the interpreter a minute; a small one is folded.
// CHECK-LABEL: @long_work_is_kept
func.func @long_work_is_kept() -> (tensor<4096x4096xf32>, tensor<2x2xf32>) {
  // CHECK-COUNT-2: limbeck.matmul
  // CHECK-NOT: limbeck.matmul
  %a = limbeck.const dense<1.0> : tensor<4096x4096xf32>
  %0 = limbeck.matmul %a, %a : (tensor<4096x4096xf32>, tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %1 = limbeck.matmul %a, %a : (tensor<4096x4096xf32>, tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %2 = limbeck.add %0, %1 : (tensor<4096x4096xf32>, tensor<4096x4096xf32>) -> tensor<4096x4096xf32>
  %b = limbeck.const dense<1.0> : tensor<2x2xf32>
  %3 = limbeck.matmul %b, %b : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %2, %3 : tensor<4096x4096xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: @growing_is_kept
func.func @growing_is_kept() -> tensor<4x2xf32> {
  // CHECK: limbeck.expand
  %a = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = limbeck.expand %a shape = [4, 2] : (tensor<2xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Four bytes in, four bytes out, and yet a bias that must stay an integer.
// CHECK-LABEL: @dequantized_bias_is_kept
func.func @dequantized_bias_is_kept() -> tensor<2xf32> {
  // CHECK: limbeck.dequantize_by
  %b = limbeck.const dense<[100, -7]> : tensor<2xsi32>
  %s = limbeck.const dense<0.5> : tensor<f32>
  %z = limbeck.const dense<0> : tensor<si32>
  %0 = limbeck.dequantize_by %b, %s, %z axis = 0 block_size = 0 to = f32 : (tensor<2xsi32>, tensor<f32>, tensor<si32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @quantized_weights_are_kept
func.func @quantized_weights_are_kept() -> tensor<2x1xf32> {
  // CHECK: limbeck.dequantize
  %a = limbeck.const dense<[[1], [2]]> : tensor<2x1xsi8>
  %0 = limbeck.storage_cast %a : (tensor<2x1xsi8>) -> tensor<2x1x!q0>
  %1 = limbeck.dequantize %0 : (tensor<2x1x!q0>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}

// CHECK-LABEL: @argument_is_kept
func.func @argument_is_kept(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: limbeck.add
  %a = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = limbeck.add %x, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
