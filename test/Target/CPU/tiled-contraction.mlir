// A 1x1 convolution of bytes as register tiles: the loop over the depth is 28 dot products and their loads, nothing else of width.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s

// CHECK-LABEL: task_kernel_0:
// CHECK: vpbroadcastd
// CHECK-COUNT-28: vpdpbusd
// CHECK-NOT: vpdpbusd
// CHECK-NOT: (%rsp), %zmm
// CHECK: jb
// The weights bound the result, so no clamp comes before the packs.
// CHECK-NOT: vmaxps
// CHECK: vpackuswb
module {
  func.func @main(%x: tensor<1x7x8x64xui8> {limbeck.name = "x"}) -> (tensor<1x7x8x32xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<32x64x1x1xsi8>
    %qw = limbeck.storage_cast %w : (tensor<32x64x1x1xsi8>) -> tensor<32x64x1x1x!quant.uniform<i8:f32, 0.0078125>>
    %qx = limbeck.storage_cast %x : (tensor<1x7x8x64xui8>) -> tensor<1x7x8x64x!quant.uniform<u8:f32, 0.015625:7>>
    %y = limbeck.fused %qx, %qw kind = "conv" : (tensor<1x7x8x64x!quant.uniform<u8:f32, 0.015625:7>>, tensor<32x64x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x7x8x32x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<1x7x8x64x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<32x64x1x1x!quant.uniform<i8:f32, 0.0078125>>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (tensor<1x7x8x64x!quant.uniform<u8:f32, 0.015625:7>>, tensor<32x64x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x7x8x32x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<1x7x8x32x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %y : (tensor<1x7x8x32x!quant.uniform<u8:f32, 0.03125>>) -> tensor<1x7x8x32xui8>
    return %o : tensor<1x7x8x32xui8>
  }
}
