// Weights that are stored as integers join the matrix product that reads them; each product has them to itself.
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --limbeck-verify-fuse | FileCheck %s

// CHECK-LABEL: func @blocks
// CHECK-COUNT-2: limbeck.fused
// CHECK-NOT: limbeck.fused
func.func @blocks(%x: tensor<4x32xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %q = limbeck.const dense<3> : tensor<32x8xsi4>
  %s = limbeck.const dense<0.5> : tensor<2x8xf16>
  %z = limbeck.const dense<0> : tensor<2x8xsi4>
  %w = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 16 to = f32 : (tensor<32x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<32x8xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %r = limbeck.relu %y : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %v = limbeck.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  return %r, %v : tensor<4x8xf32>, tensor<4x8xf32>
}

// Scales that are no constant, weights that something else reads, a left operand: kernels of their own.
// CHECK-LABEL: func @apart
// CHECK-COUNT-5: limbeck.fused
func.func @apart(%x: tensor<4x32xf32>, %s: tensor<2x8xf32>) -> (tensor<4x8xf32>, tensor<32x8xf32>, tensor<4x8xf32>) {
  %q = limbeck.const dense<3> : tensor<32x8xsi4>
  %z = limbeck.const dense<0> : tensor<2x8xsi4>
  %w = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 16 to = f32 : (tensor<32x8xsi4>, tensor<2x8xf32>, tensor<2x8xsi4>) -> tensor<32x8xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %p = limbeck.const dense<5> : tensor<4x32xsi8>
  %t = limbeck.storage_cast %p : (tensor<4x32xsi8>) -> tensor<4x32x!quant.uniform<i8:f32, 0.5>>
  %l = limbeck.dequantize %t : (tensor<4x32x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x32xf32>
  %k = limbeck.matmul %l, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %n = limbeck.neg %w : (tensor<32x8xf32>) -> tensor<32x8xf32>
  return %y, %n, %k : tensor<4x8xf32>, tensor<32x8xf32>, tensor<4x8xf32>
}
