// A 1x1 convolution of bytes as register tiles: the loop over the depth is 28 dot products and their loads, nothing else of width.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.vex.s --target cpu:avx-vnni --quiet && FileCheck %s --input-file %t.vex.s --check-prefix=VEX
// RUN: limbeck compile %s --from lower -o %t.dot.s --target cpu:arm64-dotprod --quiet && FileCheck %s --input-file %t.dot.s --check-prefix=DOTPROD
// RUN: limbeck compile %s --from lower -o %t.i8mm.s --target cpu:arm64-i8mm --quiet && FileCheck %s --input-file %t.i8mm.s --check-prefix=I8MM
// Signed inputs are moved by 128 where the instruction wants unsigned ones, behind the load that spreads them, and the reverse.
// RUN: sed 's/ui8/si8/g; s/<u8:/<i8:/g' %s > %t.signed.mlir
// RUN: limbeck compile %t.signed.mlir --from lower -o %t.signed.s --target cpu:avx-vnni --quiet && FileCheck %s --input-file %t.signed.s --check-prefix=VEX-SIGNED
// RUN: limbeck compile %t.signed.mlir --from lower -o %t.signed-dot.s --target cpu:arm64-dotprod --quiet && FileCheck %s --input-file %t.signed-dot.s --check-prefix=DOTPROD-SIGNED
// RUN: limbeck compile %t.signed.mlir --from lower -o %t.signed-i8mm.s --target cpu:arm64-i8mm --quiet && FileCheck %s --input-file %t.signed-i8mm.s --check-prefix=I8MM-SIGNED

// CHECK-LABEL: task_kernel_0:
// CHECK: vpbroadcastd
// CHECK-COUNT-28: vpdpbusd
// CHECK-NOT: vpdpbusd
// CHECK-NOT: (%rsp), %zmm
// CHECK: jb
// The weights bound the result, so no clamp comes before the packs.
// CHECK-NOT: vmaxps
// CHECK: vpackuswb

// VEX-LABEL: task_kernel_0:
// VEX: vpbroadcastd
// VEX-COUNT-8: {vex} vpdpbusd {{.*}}%ymm
// VEX-NOT: (%rsp), %ymm
// VEX: vpackuswb
// VEX-SIGNED-LABEL: task_kernel_0:
// VEX-SIGNED: vpbroadcastd ({{.*}}), %ymm[[#X:]]
// VEX-SIGNED-NEXT: vpxor %ymm{{.*}}, %ymm[[#X]], %ymm[[#X]]
// VEX-SIGNED-NEXT: vpdpbusd

// Four steps with one load of the inputs, each step with its part of the register; no load spreads an element.
// DOTPROD-LABEL: task_kernel_0:
// DOTPROD-NOT: ld1r
// DOTPROD: eor v{{[0-9]+}}.16b
// DOTPROD: sdot v{{[0-9]+}}.4s, v{{[0-9]+}}.16b, v{{[0-9]+}}.4b[0]
// DOTPROD-NOT: [sp
// DOTPROD: sdot v{{[0-9]+}}.4s, v{{[0-9]+}}.16b, v{{[0-9]+}}.4b[3]
// DOTPROD: sqxtn2
// DOTPROD: sqxtun
// DOTPROD-SIGNED-LABEL: task_kernel_0:
// DOTPROD-SIGNED-NOT: eor v
// DOTPROD-SIGNED: sdot
// DOTPROD-SIGNED-NOT: sqxtun
// DOTPROD-SIGNED: sqxtn{{2?}} v{{[0-9]+}}.{{8|16}}b

// Two rows by two columns in each instruction.
// I8MM-LABEL: task_kernel_0:
// I8MM: zip2 v{{[0-9]+}}.2d
// I8MM-COUNT-32: usmmla
// I8MM-NOT: usmmla
// I8MM-NOT: [sp
// I8MM: b.lo
// I8MM: zip2 v{{[0-9]+}}.2d
// I8MM: sqxtun
// I8MM-SIGNED-LABEL: task_kernel_0:
// I8MM-SIGNED-NOT: eor v
// I8MM-SIGNED: {{[[:space:]]}}smmla
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
