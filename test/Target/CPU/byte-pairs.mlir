// A 1x1 convolution of bytes where products come in pairs of 16 bits: each row picks its inputs, multiplies by weights in memory and widens
// the sums; no vector lies on the stack, and no two steps are added before their sum is.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.wide.s --target cpu:avx512 --quiet && FileCheck %s --input-file %t.wide.s --check-prefix=WIDE
// Signed inputs are moved by 128, once for all steps that share a load.
// RUN: sed 's/ui8/si8/g; s/<u8:/<i8:/g' %s > %t.signed.mlir
// RUN: limbeck compile %t.signed.mlir --from lower -o %t.signed.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.signed.s --check-prefix=SIGNED
// Where all weights are 127, what is too much for a pair has steps of its own, in a second loop.
// RUN: sed 's/dense<3>/dense<127>/' %s > %t.heavy.mlir
// RUN: limbeck compile %t.heavy.mlir --from lower -o %t.heavy.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.heavy.s --check-prefix=HEAVY

// CHECK-LABEL: task_kernel_0:
// CHECK: vbroadcasti128
// CHECK: vpshufb ({{.*}}), %ymm[[#X:]], %ymm
// CHECK-NOT: (%rsp), %ymm
// CHECK: vpmaddubsw 32({{.*}}), %ymm[[#P:]], %ymm
// CHECK: vpmaddwd %ymm
// CHECK: vpaddd %ymm
// CHECK-NOT: (%rsp), %ymm
// CHECK: vpackuswb
// CHECK-NOT: vpmaddubsw

// WIDE-LABEL: task_kernel_0:
// WIDE: vbroadcasti{{32x4|64x2}}
// WIDE: vpshufb ({{.*}}), %zmm
// WIDE: vpmaddubsw 64({{.*}}), %zmm
// WIDE-NOT: (%rsp), %zmm
// WIDE: vpackuswb

// SIGNED-LABEL: task_kernel_0:
// SIGNED: vbroadcasti128
// SIGNED: vpxor
// SIGNED: vpshufb
// SIGNED-NOT: vpxor
// SIGNED: vpmaddwd

// HEAVY-LABEL: task_kernel_0:
// HEAVY: vpmaddubsw
// HEAVY: j{{[a-z]+}} .LBB
// HEAVY: vpmaddubsw
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
