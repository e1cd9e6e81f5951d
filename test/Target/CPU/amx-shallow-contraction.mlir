// A convolution of few products on AMX tiles: between the products of a block, the sums of the last group of columns are stored, and
// rows of the block before it requantized.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s

// The first block: products of four groups of two accumulators, three of which are stored.
// CHECK-LABEL: task_kernel_0:
// CHECK: ldtilecfg
// CHECK-COUNT-16: tdpbusd
// CHECK-NOT: {{tilestored|tdp}}
// Every other one.
// CHECK: tilezero %tmm0
// CHECK: tdpbusd {{.*}}, %tmm0
// CHECK-NOT: {{tile|tdp}}
// CHECK: tilestored %tmm2
// CHECK: tdpbusd {{.*}}, %tmm1
// CHECK-NOT: {{tile|tdp}}
// CHECK: tilestored %tmm3
// CHECK: vpackuswb
// CHECK: tdpbusd {{.*}}, %tmm0
// CHECK: tdpbusd {{.*}}, %tmm1
// CHECK-NOT: {{tilestored|tdp}}
// CHECK: tilezero %tmm2
// CHECK: tdpbusd {{.*}}, %tmm2
// CHECK: tilestored %tmm0
// CHECK: tdpbusd {{.*}}, %tmm3
// CHECK: tilestored %tmm1
// Behind the last block: what is left to store.
// CHECK: j{{[a-z]+}} .LBB
// CHECK: tilestored %tmm2
// CHECK: tilestored %tmm3
// CHECK-NOT: {{tile|tdp}}
module {
  func.func @main(%x: tensor<1x8x8x128xui8> {limbeck.name = "x"}) -> (tensor<1x8x8x64xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<64x128x1x1xsi8>
    %qw = limbeck.storage_cast %w : (tensor<64x128x1x1xsi8>) -> tensor<64x128x1x1x!quant.uniform<i8:f32, 0.0078125>>
    %qx = limbeck.storage_cast %x : (tensor<1x8x8x128xui8>) -> tensor<1x8x8x128x!quant.uniform<u8:f32, 0.015625:7>>
    %y = limbeck.fused %qx, %qw kind = "conv" : (tensor<1x8x8x128x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x128x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<1x8x8x128x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<64x128x1x1x!quant.uniform<i8:f32, 0.0078125>>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (tensor<1x8x8x128x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x128x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %y : (tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>) -> tensor<1x8x8x64xui8>
    return %o : tensor<1x8x8x64xui8>
  }
}
