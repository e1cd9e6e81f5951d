// A depthwise convolution of bytes whose windows overlap: taps interleaved in fours and stored to a plane; then dot products with
// what is read from there, one pack for 64 results, nothing stored in the loop but those.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.avx2.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.avx2.s --check-prefix=AVX2
// RUN: limbeck compile %s --from lower -o %t.dot.s --target cpu:arm64-i8mm --quiet && FileCheck %s --input-file %t.dot.s --check-prefixes=NEON,I8MM
// RUN: limbeck compile %s --from lower -o %t.neon.s --target cpu:arm64 --quiet && FileCheck %s --input-file %t.neon.s --check-prefixes=NEON,PAIRS

// CHECK-LABEL: task_kernel_0:
// CHECK: vpunpcklbw
// CHECK: vpunpcklwd
// CHECK-NOT: vpdpbusd
// CHECK-COUNT-4: vmovdqa64 %zmm{{[0-9]+}}, {{.*}}(%rsp,
// CHECK: vpdpbusd
// CHECK-NOT: vpunpck
// CHECK-NOT: %zmm{{[0-9]+}}, {{.*}}(%rsp
// CHECK: vpackssdw
// CHECK: vpackuswb {{.*}}, %zmm
// CHECK: vmovdqu64 %zmm{{[0-9]+}}, {{[0-9]*}}(%r{{[a-oq-z0-9]}}

// AVX2-LABEL: task_kernel_0:
// AVX2: vpunpcklbw
// AVX2: vpmaddubsw
// AVX2-NOT: %ymm{{[0-9]+}}, {{.*}}(%rsp
// AVX2: vpackuswb {{.*}}, %ymm

// Without dot products, pairs of products are summed in 16 bits.
// NEON-LABEL: task_kernel_0:
// NEON: zip1 v{{[0-9]+}}.16b
// I8MM: usdot
// PAIRS: smlal{{2?}} v{{[0-9]+}}.8h
// PAIRS: sadalp
// NEON-NOT: [sp
// NEON: sqxtun2
// NEON: str q
module {
  func.func @main(%x: tensor<1x10x34x64xui8> {limbeck.name = "x"}) -> (tensor<1x8x32x64xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<64x1x3x3xsi8>
    %qw = limbeck.storage_cast %w : (tensor<64x1x3x3xsi8>) -> tensor<64x1x3x3x!quant.uniform<i8:f32, 0.0078125>>
    %qx = limbeck.storage_cast %x : (tensor<1x10x34x64xui8>) -> tensor<1x10x34x64x!quant.uniform<u8:f32, 0.015625:7>>
    %y = limbeck.fused %qx, %qw kind = "conv" : (tensor<1x10x34x64x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x1x3x3x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x32x64x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<1x10x34x64x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<64x1x3x3x!quant.uniform<i8:f32, 0.0078125>>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 64 layout = "NHWC" : (tensor<1x10x34x64x!quant.uniform<u8:f32, 0.015625:7>>, tensor<64x1x3x3x!quant.uniform<i8:f32, 0.0078125>>) -> tensor<1x8x32x64x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<1x8x32x64x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %y : (tensor<1x8x32x64x!quant.uniform<u8:f32, 0.03125>>) -> tensor<1x8x32x64xui8>
    return %o : tensor<1x8x32x64xui8>
  }
}
