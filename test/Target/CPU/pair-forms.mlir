// A residual sum of bytes: words in pairs, one product instruction, one fused multiply-add and no conversion for a vector of results.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.avx2.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.avx2.s --check-prefix=AVX2
// RUN: limbeck compile %s --from lower -o %t.neon.s --target cpu:arm64 --quiet && FileCheck %s --input-file %t.neon.s --check-prefix=NEON

// CHECK-LABEL: task_kernel_0:
// CHECK-NOT: vcvt
// CHECK: vpdpwssd {{.*}}, %zmm
// CHECK-NOT: vcvt
// CHECK: vfmadd{{.*}}ps {{.*}}, %zmm
// CHECK-NOT: vcvt
// CHECK: vpackuswb {{.*}}, %zmm
// CHECK: vpackuswb {{.*}}, %zmm
// CHECK: vmovdqu64 %zmm

// AVX2-LABEL: task_kernel_0:
// AVX2: vpmaddwd {{.*}}, %ymm
// AVX2: vfmadd{{.*}}ps {{.*}}, %ymm
// AVX2: vpackuswb {{.*}}, %ymm

// NEON-LABEL: task_kernel_0:
// NEON-NOT: scvtf
// NEON: fmla

!x = tensor<1x8x8x64x!quant.uniform<u8:f32, 0.023137100040912628:3>>
!y = tensor<1x8x8x64x!quant.uniform<i8:f32, 0.04171130061149597:-9>>
!z = tensor<1x8x8x64x!quant.uniform<u8<7:200>:f32, 0.051273901015520096:90>>
module {
  func.func @main(%x: tensor<1x8x8x64xui8> {limbeck.name = "x"}, %y: tensor<1x8x8x64xsi8> {limbeck.name = "y"}) -> (tensor<1x8x8x64xui8> {limbeck.name = "z"}) {
    %qx = limbeck.storage_cast %x : (tensor<1x8x8x64xui8>) -> !x
    %qy = limbeck.storage_cast %y : (tensor<1x8x8x64xsi8>) -> !y
    %z = limbeck.fused %qx, %qy kind = "elementwise" : (!x, !y) -> !z {
    ^bb0(%a: !x, %b: !y):
      %0 = limbeck.add %a, %b : (!x, !y) -> !z
      limbeck.yield %0 : !z
    }
    %o = limbeck.storage_cast %z : (!z) -> tensor<1x8x8x64xui8>
    return %o : tensor<1x8x8x64xui8>
  }
}
