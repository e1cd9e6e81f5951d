// Pixels that come from memory, not from a cache, are asked for while the tile in front of them is computed: here those of the next
// 14 rows, a part at each step of depth.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels | FileCheck %s

// 4,197,888 bytes:
// CHECK-LABEL: func.func private @kernel_0(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<16398x64xf32>
// CHECK: scf.for %[[K:[a-z0-9]+]] =
// CHECK: %[[DONE:.*]] = arith.muli %{{.*}}, %c14{{.*}} : index
// CHECK: %[[PART:.*]] = arith.divui %[[DONE]], %c1{{.*}} : index
// CHECK: memref.prefetch %[[X]][%{{.*}}, %[[PART]]], read, locality<3>, data
// CHECK: math.fma
module attributes {limbeck.target = "avx512"} {
  func.func @main(%x: tensor<16398x64xf32>) -> tensor<16398x32xf32> {
    %w = limbeck.const dense<3.0> : tensor<64x32xf32>
    %y = limbeck.fused %x, %w kind = "matmul" : (tensor<16398x64xf32>, tensor<64x32xf32>) -> tensor<16398x32xf32> {
    ^bb0(%a: tensor<16398x64xf32>, %b: tensor<64x32xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<16398x64xf32>, tensor<64x32xf32>) -> tensor<16398x32xf32>
      limbeck.yield %0 : tensor<16398x32xf32>
    }
    return %y : tensor<16398x32xf32>
  }
}

// -----

// 4 MiB are not many enough.
// CHECK-LABEL: func.func private @kernel_0(
// CHECK-NOT: memref.prefetch
// CHECK: math.fma
// CHECK-NOT: memref.prefetch
module attributes {limbeck.target = "avx512"} {
  func.func @main(%x: tensor<16384x64xf32>) -> tensor<16384x32xf32> {
    %w = limbeck.const dense<3.0> : tensor<64x32xf32>
    %y = limbeck.fused %x, %w kind = "matmul" : (tensor<16384x64xf32>, tensor<64x32xf32>) -> tensor<16384x32xf32> {
    ^bb0(%a: tensor<16384x64xf32>, %b: tensor<64x32xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<16384x64xf32>, tensor<64x32xf32>) -> tensor<16384x32xf32>
      limbeck.yield %0 : tensor<16384x32xf32>
    }
    return %y : tensor<16384x32xf32>
  }
}
