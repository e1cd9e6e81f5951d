// A residual sum whose scales stand in a ratio that makes ties, which f32 rounds both ways: no integers prove it. Bytes become floats and
// floats bytes by interleaving and packing, without a conversion of integers and without a clamp.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.avx2.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.avx2.s --check-prefix=AVX2
// RUN: limbeck compile %s --from lower --to lower -o %t.mlir --target cpu:avx2 --quiet && FileCheck %s --input-file %t.mlir --check-prefix=FORM
// RUN: limbeck compile %s --from lower --to lower -o %t.neon.mlir --target cpu:arm64 --quiet && FileCheck %s --input-file %t.neon.mlir --check-prefix=NEON

// FORM: forms = ["unpacked", "split reciprocal"]
// NEON: forms = ["split reciprocal"]

// CHECK-LABEL: task_kernel_0:
// CHECK-NOT: {{vcvtdq2ps|vpmovzx|vmaxps|vminps}}
// CHECK: vpunpck{{.*}} %zmm
// CHECK-NOT: {{vcvtdq2ps|vpmovzx|vmaxps|vminps}}
// CHECK: vcvtps2dq %zmm
// CHECK-NOT: {{vcvtdq2ps|vpmovzx|vmaxps|vminps}}
// CHECK: vpackuswb {{.*}}, %zmm
// CHECK: retq

// AVX2-LABEL: task_kernel_0:
// AVX2: vpunpck{{.*}} %ymm
// AVX2: vcvtps2dq %ymm
// AVX2: vpackuswb {{.*}}, %ymm
!x = tensor<1x8x8x64x!quant.uniform<u8:f32, 0.0205078125:3>>
!y = tensor<1x8x8x64x!quant.uniform<u8:f32, 0.0166015625>>
!z = tensor<1x8x8x64x!quant.uniform<u8:f32, 0.025390625:91>>
module {
  func.func @main(%x: tensor<1x8x8x64xui8> {limbeck.name = "x"}, %y: tensor<1x8x8x64xui8> {limbeck.name = "y"}) -> (tensor<1x8x8x64xui8> {limbeck.name = "z"}) {
    %qx = limbeck.storage_cast %x : (tensor<1x8x8x64xui8>) -> !x
    %qy = limbeck.storage_cast %y : (tensor<1x8x8x64xui8>) -> !y
    %z = limbeck.fused %qx, %qy kind = "elementwise" : (!x, !y) -> !z {
    ^bb0(%a: !x, %b: !y):
      %0 = limbeck.add %a, %b : (!x, !y) -> !z
      limbeck.yield %0 : !z
    }
    %o = limbeck.storage_cast %z : (!z) -> tensor<1x8x8x64xui8>
    return %o : tensor<1x8x8x64xui8>
  }
}
