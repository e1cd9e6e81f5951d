// A 3x3 convolution of bf16: inputs are loaded where they are multiplied, so that LLVM does not spill accumulators to make room for
// those of a whole step.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-bf16 --quiet && \
// RUN:   FileCheck %s --input-file %t.s --implicit-check-not '(%%rsp), %%zmm' --implicit-check-not '{{%%zmm[0-9]+, .*[(]%%rsp[)]}}'

// CHECK-LABEL: task_kernel_0:
// CHECK-COUNT-28: vdpbf16ps
// CHECK: jb
module {
  func.func @main(%x: tensor<1x16x16x64xbf16> {limbeck.name = "x"}) -> (tensor<1x14x14x64xf32> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3.0> : tensor<64x64x3x3xbf16>
    %y = limbeck.fused %x, %w kind = "conv" : (tensor<1x16x16x64xbf16>, tensor<64x64x3x3xbf16>) -> tensor<1x14x14x64xf32> {
    ^bb0(%a: tensor<1x16x16x64xbf16>, %b: tensor<64x64x3x3xbf16>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" accumulate = f32 : (tensor<1x16x16x64xbf16>, tensor<64x64x3x3xbf16>) -> tensor<1x14x14x64xf32>
      limbeck.yield %0 : tensor<1x14x14x64xf32>
    }
    return %y : tensor<1x14x14x64xf32>
  }
}
