// Matrix products of floats with weights that are stored as integers.
// RUN: limbeck-opt %s --limbeck-quantize-fuse-blocks --limbeck-graph-canonicalize | FileCheck %s

// Two products of the same weights; a bias is added behind the blocks.
// CHECK-LABEL: func @blocks
// CHECK-NOT: limbeck.dequantize_by
// CHECK: %[[Y:.*]] = limbeck.matmul_blocks %arg0, %{{.*}} block_size = 16
// CHECK-SAME: (tensor<4x32xf32>, tensor<32x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
// CHECK: limbeck.add %[[Y]], %{{.*}} : (tensor<4x8xf32>, tensor<8xf32>)
// CHECK: limbeck.matmul_blocks
func.func @blocks(%x: tensor<4x32xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %q = limbeck.const dense<3> : tensor<32x8xsi4>
  %s = limbeck.const dense<0.5> : tensor<2x8xf16>
  %z = limbeck.const dense<0> : tensor<2x8xsi4>
  %b = limbeck.const dense<2.0> : tensor<8xf32>
  %w = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 16 to = f32 : (tensor<32x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<32x8xf32>
  %y = limbeck.matmul %x, %w, %b : (tensor<4x32xf32>, tensor<32x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  %v = limbeck.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  return %y, %v : tensor<4x8xf32>, tensor<4x8xf32>
}

// Parameters in the type: a column is a block.
// CHECK-LABEL: func @columns
// CHECK-DAG: %[[S:.*]] = limbeck.const dense<{{\[\[}}5.000000e-01, 2.500000e-01]]> : tensor<1x2xf32>
// CHECK-DAG: %[[Z:.*]] = limbeck.const dense<{{\[\[}}0, 3]]> : tensor<1x2xsi8>
// CHECK: limbeck.matmul_blocks %arg0, %{{.*}}, %[[S]], %[[Z]] block_size = 3
func.func @columns(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %q = limbeck.const dense<5> : tensor<3x2xsi8>
  %t = limbeck.storage_cast %q : (tensor<3x2xsi8>) -> tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25:3}>>
  %w = limbeck.dequantize %t : (tensor<3x2x!quant.uniform<i8:f32:1, {0.5, 0.25:3}>>) -> tensor<3x2xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// One scale for all: every column has it.
// CHECK-LABEL: func @tensor
// CHECK: limbeck.const dense<5.000000e-01> : tensor<1x2xf32>
// CHECK: limbeck.matmul_blocks {{.*}} block_size = 3
func.func @tensor(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %q = limbeck.const dense<5> : tensor<3x2xsi8>
  %t = limbeck.storage_cast %q : (tensor<3x2xsi8>) -> tensor<3x2x!quant.uniform<i8:f32, 0.5>>
  %w = limbeck.dequantize %t : (tensor<3x2x!quant.uniform<i8:f32, 0.5>>) -> tensor<3x2xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// Scales that are no constant, scales along the columns, a left operand, several matrices, 16 bits: as they were.
// CHECK-LABEL: func @apart
// CHECK-NOT: matmul_blocks
func.func @apart(%x: tensor<4x32xf32>, %s: tensor<2x8xf32>, %m: tensor<2x4x32xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<2x4x8xf32>, tensor<4x8xf32>) {
  %q = limbeck.const dense<3> : tensor<32x8xsi4>
  %z = limbeck.const dense<0> : tensor<2x8xsi4>
  %w = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 16 to = f32 : (tensor<32x8xsi4>, tensor<2x8xf32>, tensor<2x8xsi4>) -> tensor<32x8xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %c = limbeck.const dense<0.5> : tensor<32x2xf32>
  %d = limbeck.const dense<0> : tensor<32x2xsi4>
  %r = limbeck.dequantize_by %q, %c, %d axis = 1 block_size = 4 to = f32 : (tensor<32x8xsi4>, tensor<32x2xf32>, tensor<32x2xsi4>) -> tensor<32x8xf32>
  %u = limbeck.matmul %x, %r : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %p = limbeck.const dense<5> : tensor<4x32xsi8>
  %t = limbeck.storage_cast %p : (tensor<4x32xsi8>) -> tensor<4x32x!quant.uniform<i8:f32, 0.5>>
  %l = limbeck.dequantize %t : (tensor<4x32x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x32xf32>
  %k = limbeck.matmul %l, %w : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  %e = limbeck.const dense<5> : tensor<2x32x8xsi8>
  %f = limbeck.storage_cast %e : (tensor<2x32x8xsi8>) -> tensor<2x32x8x!quant.uniform<i8:f32, 0.5>>
  %g = limbeck.dequantize %f : (tensor<2x32x8x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x32x8xf32>
  %h = limbeck.matmul %m, %g : (tensor<2x4x32xf32>, tensor<2x32x8xf32>) -> tensor<2x4x8xf32>
  %i = limbeck.const dense<5> : tensor<32x8xsi16>
  %j = limbeck.storage_cast %i : (tensor<32x8xsi16>) -> tensor<32x8x!quant.uniform<i16:f32, 0.5>>
  %n = limbeck.dequantize %j : (tensor<32x8x!quant.uniform<i16:f32, 0.5>>) -> tensor<32x8xf32>
  %o = limbeck.matmul %x, %n : (tensor<4x32xf32>, tensor<32x8xf32>) -> tensor<4x8xf32>
  return %y, %u, %k, %h, %o : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<2x4x8xf32>, tensor<4x8xf32>
}
