// Every op of ContractionOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @conv_integer(
// CHECK: limbeck.conv_integer {{.*}} strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" :
func.func @conv_integer(%x: tensor<1x3x8x8xui8>, %w: tensor<4x3x1x1xsi8>, %zx: tensor<ui8>, %zw: tensor<si8>) {
  %y = limbeck.conv_integer %x, %w, %zx, %zw strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// CHECK-LABEL: @conv(
// CHECK: limbeck.conv {{.*}} strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW" :
func.func @conv(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>, %b: tensor<4xf32>) {
  %y = limbeck.conv %x, %w, %b strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  return
}

// CHECK-LABEL: @conv_transpose(
// CHECK: limbeck.conv_transpose {{.*}} strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW" :
func.func @conv_transpose(%x: tensor<1x3x4x4xf32>, %w: tensor<3x4x2x2xf32>) {
  %y = limbeck.conv_transpose %x, %w strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x4x4xf32>, tensor<3x4x2x2xf32>) -> tensor<1x4x8x8xf32>
  return
}

// CHECK-LABEL: @matmul_integer(
// CHECK: limbeck.matmul_integer %{{.*}} :
func.func @matmul_integer(%a: tensor<4x8xui8>, %b: tensor<8x16xsi8>, %za: tensor<ui8>, %zb: tensor<si8>) {
  %y = limbeck.matmul_integer %a, %b, %za, %zb
    : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32>
  return
}

// CHECK-LABEL: @matmul(
// CHECK: limbeck.matmul %{{.*}} :
func.func @matmul(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>) {
  %y = limbeck.matmul %a, %b : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  return
}

// CHECK-LABEL: @accumulated_in_f32(
// CHECK: limbeck.matmul %{{.*}}, %{{.*}}, %{{.*}} accumulate = f32 :
func.func @accumulated_in_f32(%a: tensor<4x8xbf16>, %b: tensor<8x16xbf16>, %c: tensor<16xf32>) {
  %y = limbeck.matmul %a, %b, %c accumulate = f32 : (tensor<4x8xbf16>, tensor<8x16xbf16>, tensor<16xf32>) -> tensor<4x16xf32>
  return
}

// CHECK-LABEL: @matmul_blocks(
// CHECK: limbeck.matmul_blocks {{.*}} block_size = 32 :
func.func @matmul_blocks(%x: tensor<4x64xf32>, %w: tensor<64x8xsi4>, %s: tensor<2x8xf16>, %z: tensor<2x8xsi4>) {
  %y = limbeck.matmul_blocks %x, %w, %s, %z block_size = 32
    : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @matmul_integer_blocks(
// CHECK: limbeck.matmul_integer_blocks {{.*}} block_size = 32 :
func.func @matmul_integer_blocks(%q: tensor<4x64xsi8>, %t: tensor<4x2xf32>, %u: tensor<4x2xsi32>, %w: tensor<64x8xsi4>, %s: tensor<2x8xf16>, %z: tensor<2x8xsi4>) {
  %y = limbeck.matmul_integer_blocks %q, %t, %u, %w, %s, %z block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}
