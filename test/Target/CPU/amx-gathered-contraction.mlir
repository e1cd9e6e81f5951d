// A 3x3 convolution of 24 channels on AMX tiles. Its windows cross lines, so the inputs of a block are copied, in pieces of the
// window's rows: 72 bytes are a line and eight bytes more, and three rows are four lines instead of six. Tiles then read whole lines,
// 64 bytes apart; a piece that is no whole line is read under a mask, so that nothing but inputs and zeros meets weights.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s

// CHECK-LABEL: task_kernel_0:
// CHECK: ldtilecfg
// The first block: a line, and the eight bytes behind it; of the next row 56 bytes fill that line.
// CHECK: vmovups (%[[X:[a-z0-9]+]],%[[AT:[a-z0-9]+]]), %zmm0
// CHECK-NEXT: vmovaps %zmm0, {{.*}}(%rsp
// CHECK-NEXT: vmovdqu8 64(%[[X]],%[[AT]]), %zmm0 {%k{{[0-9]}}} {z}
// CHECK-COUNT-4: vmovdqu8 {{.*}} {%k{{[0-9]}}} {z}
// CHECK: movl $64, %{{e?}}[[LINE:[a-z]+]]
// CHECK: tileloadd ({{.*}},%r[[LINE]]), %tmm4
// CHECK: tdpbusd
// Every other one is copied with the first of its panels.
// CHECK: vmovdqu8 {{.*}} {%k{{[0-9]}}} {z}
module {
  func.func @main(%x: tensor<1x34x34x24xui8> {limbeck.name = "x"}) -> (tensor<1x32x32x128xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<128x24x3x3xsi8>
    %qw = limbeck.storage_cast %w : (tensor<128x24x3x3xsi8>) -> tensor<128x24x3x3x!quant.uniform<i8:f32, 0.0078125>>
    %qx = limbeck.storage_cast %x : (tensor<1x34x34x24xui8>) -> tensor<1x34x34x24x!quant.uniform<u8:f32, 0.015625:7>>
    %y = limbeck.fused %qx, %qw kind = "conv" : (tensor<1x34x34x24x!quant.uniform<u8:f32, 0.015625:7>>, tensor<128x24x3x3x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x32x32x128x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<1x34x34x24x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<128x24x3x3x!quant.uniform<i8:f32, 0.0078125>>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (tensor<1x34x34x24x!quant.uniform<u8:f32, 0.015625:7>>, tensor<128x24x3x3x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x32x32x128x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<1x32x32x128x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %y : (tensor<1x32x32x128x!quant.uniform<u8:f32, 0.03125>>) -> tensor<1x32x32x128xui8>
    return %o : tensor<1x32x32x128xui8>
  }
}
