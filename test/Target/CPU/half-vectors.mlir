// 24 columns of floats are a vector of 16 lanes and one of 8. Products of f32 spread inputs as they read them; those of bf16 cannot, and
// spread each once for both. Where vectors have 8 lanes, there is nothing to halve.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512 --quiet && \
// RUN:   FileCheck %s --input-file %t.s --implicit-check-not '(%%rsp), %%zmm' --implicit-check-not '(%%rsp), %%ymm'
// RUN: sed 's/\(x: tensor<[0-9x]*\)xf32/\1xbf16/; s/tensor<24x32x1x1xf32>/tensor<24x32x1x1xbf16>/g; s/tensor<1x7x8x32xf32>/tensor<1x7x8x32xbf16>/g; s/"NHWC" :/"NHWC" accumulate = f32 :/' %s > %t.bf16.mlir
// RUN: limbeck compile %t.bf16.mlir --from lower -o %t.bf16.s --target cpu:avx512-bf16 --quiet && FileCheck %s --input-file %t.bf16.s --check-prefix=PAIRS
// RUN: limbeck compile %s --from lower -o %t.avx2.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.avx2.s --check-prefix=AVX2

// CHECK-LABEL: task_kernel_0:
// CHECK-COUNT-14: vfmadd231ps {{.*}}{1to8}, %ymm
// CHECK: jb
// PAIRS-LABEL: task_kernel_0:
// PAIRS-NOT: vpbroadcastd %e
// PAIRS: vbroadcastss ({{.*}}), %zmm[[#X:]]
// PAIRS: vdpbf16ps %zmm{{.*}}, %zmm[[#X]]
// PAIRS: vdpbf16ps %ymm{{.*}}, %ymm[[#X]]
// PAIRS: jb
// AVX2-LABEL: task_kernel_0:
// AVX2-NOT: vfmadd231ps {{.*}}%xmm
// AVX2: vfmadd231ps {{.*}}, %ymm
// AVX2: jb
module {
  func.func @main(%x: tensor<1x7x8x32xf32> {limbeck.name = "x"}) -> (tensor<1x7x8x24xf32> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3.0> : tensor<24x32x1x1xf32>
    %y = limbeck.fused %x, %w kind = "conv" : (tensor<1x7x8x32xf32>, tensor<24x32x1x1xf32>) -> tensor<1x7x8x24xf32> {
    ^bb0(%a: tensor<1x7x8x32xf32>, %b: tensor<24x32x1x1xf32>):
      %0 = limbeck.conv %a, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (tensor<1x7x8x32xf32>, tensor<24x32x1x1xf32>) -> tensor<1x7x8x24xf32>
      limbeck.yield %0 : tensor<1x7x8x24xf32>
    }
    return %y : tensor<1x7x8x24xf32>
  }
}
