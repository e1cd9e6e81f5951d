// A transposed convolution of floats whose 2x2 windows do not overlap, of one channel: its four taps are one product, and what follows
// sees whole vectors of neighbouring results. The sums of two results are no part of that: where an operand has the shape of the
// result, each tap is a product of its own, and results are stored one by one.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512 --quiet && FileCheck %s --input-file %t.s
// RUN: sed 's/relu %0 : (tensor<1x8x32x1xf32>)/add %0, %c : (tensor<1x8x32x1xf32>, tensor<1x8x32x1xf32>)/' %s > %t.sum.mlir
// RUN: limbeck compile %t.sum.mlir --from lower -o %t.sum.s --target cpu:avx512 --quiet && FileCheck %s --input-file %t.sum.s --check-prefix=APART

// CHECK-LABEL: task_kernel_0:
// CHECK-COUNT-16: vfmadd231ps
// CHECK-NOT: vfmadd231ps
// CHECK: vmaxps {{.*}}%zmm
// CHECK-NOT: vmovss %xmm{{[0-9]+}}, {{.*}}(
// CHECK: vmovups %zmm{{[0-9]+}}, {{.*}}(
// APART-LABEL: task_kernel_0:
// APART: {{vmovss|vextractps}} {{.*}}%xmm{{[0-9]+}}, {{.*}}(
module {
  func.func @main(%x: tensor<1x4x16x24xf32> {limbeck.name = "x"}, %s: tensor<1x8x32x1xf32> {limbeck.name = "s"}) -> (tensor<1x8x32x1xf32> {limbeck.name = "y"}) {
    %k = limbeck.const dense<3.0> : tensor<24x1x2x2xf32>
    %y = limbeck.fused %x, %k, %s kind = "conv_transpose" : (tensor<1x4x16x24xf32>, tensor<24x1x2x2xf32>, tensor<1x8x32x1xf32>) -> tensor<1x8x32x1xf32> {
    ^bb0(%a: tensor<1x4x16x24xf32>, %w: tensor<24x1x2x2xf32>, %c: tensor<1x8x32x1xf32>):
      %0 = limbeck.conv_transpose %a, %w strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NHWC" : (tensor<1x4x16x24xf32>, tensor<24x1x2x2xf32>) -> tensor<1x8x32x1xf32>
      %1 = limbeck.relu %0 : (tensor<1x8x32x1xf32>) -> tensor<1x8x32x1xf32>
      limbeck.yield %1 : tensor<1x8x32x1xf32>
    }
    return %y : tensor<1x8x32x1xf32>
  }
}
