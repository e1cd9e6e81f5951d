// A 1x1 convolution of bf16 on AMX tiles, 32 products a step: sums of floats stay in tiles until the last step, then pass the stack to
// the bias and the clip. A depth of 48 leaves half a tile, behind which there may be no numbers: the inputs of a block are copied,
// with zeros there.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s
// RUN: grep -c ldtilecfg %t.s | FileCheck %s --check-prefix=ONCE
// ONCE: {{^2$}}

// CHECK-LABEL: task_kernel_0:
// CHECK: ldtilecfg
// CHECK-COUNT-4: tilezero
// CHECK: tdpbf16ps %tmm6, %tmm4, %tmm0
// CHECK-NOT: vdpbf16ps
// CHECK: tilestored
// CHECK: vcvtneps2bf16
// CHECK-LABEL: task_kernel_1:
// CHECK: vmovdqu16 {{.*}} {%k{{[0-9]}}} {z}
// CHECK: tdpbf16ps
module {
  func.func @main(%x: tensor<1x8x8x256xbf16> {limbeck.name = "x"}, %z: tensor<1x8x8x48xbf16> {limbeck.name = "z"}) -> (tensor<1x8x8x64xbf16> {limbeck.name = "y"}, tensor<1x8x8x64xbf16> {limbeck.name = "u"}) {
    %w = limbeck.const dense<3.0> : tensor<64x256x1x1xbf16>
    %y = limbeck.fused %x, %w kind = "conv" : (tensor<1x8x8x256xbf16>, tensor<64x256x1x1xbf16>) -> tensor<1x8x8x64xbf16> {
    ^bb0(%a: tensor<1x8x8x256xbf16>, %b: tensor<64x256x1x1xbf16>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" accumulate = f32 : (tensor<1x8x8x256xbf16>, tensor<64x256x1x1xbf16>) -> tensor<1x8x8x64xf32>
      %1 = limbeck.clip %0 min = 0.0 max = 6.0 : (tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>
      %2 = limbeck.cast %1 to = bf16 : (tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xbf16>
      limbeck.yield %2 : tensor<1x8x8x64xbf16>
    }
    %v = limbeck.const dense<3.0> : tensor<64x48x1x1xbf16>
    %u = limbeck.fused %z, %v kind = "conv" : (tensor<1x8x8x48xbf16>, tensor<64x48x1x1xbf16>) -> tensor<1x8x8x64xbf16> {
    ^bb0(%a: tensor<1x8x8x48xbf16>, %b: tensor<64x48x1x1xbf16>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" accumulate = f32 : (tensor<1x8x8x48xbf16>, tensor<64x48x1x1xbf16>) -> tensor<1x8x8x64xf32>
      %1 = limbeck.clip %0 min = 0.0 max = 6.0 : (tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xf32>
      %2 = limbeck.cast %1 to = bf16 : (tensor<1x8x8x64xf32>) -> tensor<1x8x8x64xbf16>
      limbeck.yield %2 : tensor<1x8x8x64xbf16>
    }
    return %y, %u : tensor<1x8x8x64xbf16>, tensor<1x8x8x64xbf16>
  }
}
