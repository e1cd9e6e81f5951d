// A 1x1 convolution of bytes on AMX tiles. The tiles are configured once, outside of loops. A step of four products loads two tiles of
// inputs and two of weights; sums stay in tiles until the last step, and no tile is loaded or stored for want of room.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s
// RUN: grep -c tdpbusd %t.s > %t.products && grep -c tileload %t.s | diff - %t.products
// RUN: grep -c ldtilecfg %t.s | FileCheck %s --check-prefix=ONCE
// ONCE: {{^1$}}

// The first block: eight steps for each of two groups of columns.
// CHECK-LABEL: task_kernel_0:
// CHECK: ldtilecfg
// CHECK-COUNT-4: tilezero
// CHECK-COUNT-32: tdpbusd
// CHECK-NOT: tdpbusd
// CHECK-COUNT-4: tilestored
// CHECK-COUNT-32: tdpbusd
// CHECK-NOT: tdpbusd
// CHECK-COUNT-4: tilestored
// Every other one: rows of the one before it are requantized between the products.
// CHECK-COUNT-4: tilezero
// CHECK: [[STEP:.LBB[0-9_]+]]:
// CHECK: tileloadd {{.*}}, %tmm4
// CHECK: tileloaddt1 {{.*}}, %tmm6
// CHECK: tdpbusd %tmm6, %tmm4, %tmm0
// CHECK: tileloaddt1 {{.*}}, %tmm7
// CHECK: tdpbusd %tmm7, %tmm4, %tmm1
// CHECK: tileloadd {{.*}}, %tmm5
// CHECK-NEXT: tdpbusd %tmm6, %tmm5, %tmm2
// CHECK-NEXT: tdpbusd %tmm7, %tmm5, %tmm3
// CHECK-NOT: {{tile|tdp}}
// CHECK: vcvtdq2ps
// CHECK-NOT: {{tile|tdp}}
// CHECK: vpackuswb
// CHECK-NOT: {{tile|tdp}}
// CHECK: j{{[a-z]+}} [[STEP]]
// CHECK-COUNT-4: tilestored
// CHECK-COUNT-32: tdpbusd
// CHECK-NOT: tdpbusd
module {
  func.func @main(%x: tensor<1x8x8x512xui8> {limbeck.name = "x"}) -> (tensor<1x8x8x64xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<64x512x1x1xsi8>
    %qw = limbeck.storage_cast %w : (tensor<64x512x1x1xsi8>) -> tensor<64x512x1x1x!quant.uniform<i8:f32, 0.0078125>>
    %qx = limbeck.storage_cast %x : (tensor<1x8x8x512xui8>) -> tensor<1x8x8x512x!quant.uniform<u8:f32, 0.015625:7>>
    %y = limbeck.fused %qx, %qw kind = "conv" : (tensor<1x8x8x512x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x512x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<1x8x8x512x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<64x512x1x1x!quant.uniform<i8:f32, 0.0078125>>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (tensor<1x8x8x512x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x512x1x1x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %y : (tensor<1x8x8x64x!quant.uniform<u8:f32, 0.03125>>) -> tensor<1x8x8x64xui8>
    return %o : tensor<1x8x8x64xui8>
  }
}
