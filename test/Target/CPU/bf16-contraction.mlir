// A 1x1 convolution of bf16 as register tiles: the loop over the depth is 28 products of pairs and their loads, nothing is spilled,
// and what follows is rounded by one instruction a vector. Where the instruction is not there, f32 is.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-bf16 --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.vnni.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.vnni.s --check-prefix=WIDENED

// CHECK-LABEL: task_kernel_0:
// CHECK-COUNT-28: vdpbf16ps
// CHECK-NOT: vdpbf16ps
// CHECK-NOT: (%rsp), %zmm
// CHECK: jb
// CHECK: vmaxps
// CHECK: vcvtneps2bf16
// WIDENED-LABEL: task_kernel_0:
// WIDENED-NOT: bf16
// WIDENED: vfmadd
module {
  func.func @main(%x: tensor<1x7x8x64xbf16> {limbeck.name = "x"}) -> (tensor<1x7x8x64xbf16> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3.0> : tensor<64x64x1x1xbf16>
    %y = limbeck.fused %x, %w kind = "conv" : (tensor<1x7x8x64xbf16>, tensor<64x64x1x1xbf16>) -> tensor<1x7x8x64xbf16> {
    ^bb0(%a: tensor<1x7x8x64xbf16>, %b: tensor<64x64x1x1xbf16>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" accumulate = f32 : (tensor<1x7x8x64xbf16>, tensor<64x64x1x1xbf16>) -> tensor<1x7x8x64xf32>
      %1 = limbeck.clip %0 min = 0.0 max = 6.0 : (tensor<1x7x8x64xf32>) -> tensor<1x7x8x64xf32>
      %2 = limbeck.cast %1 to = bf16 : (tensor<1x7x8x64xf32>) -> tensor<1x7x8x64xbf16>
      limbeck.yield %2 : tensor<1x7x8x64xbf16>
    }
    return %y : tensor<1x7x8x64xbf16>
  }
}
