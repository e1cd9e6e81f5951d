// Where the weights are too many for the second cache, but fewer than pixels and results, a worker walks over all panels of weights
// for its own pixels: those that it wrote in the contraction before.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels | FileCheck %s

// 576 KiB of weights, 1.9 MiB of pixels and results, 28 tiles of 14 pixels in four panels.
// CHECK-LABEL: func.func private @kernel_0(
// CHECK-SAME: %[[WORKER:[a-z0-9]+]]: index, %[[WORKERS:[a-z0-9]+]]: index)
// CHECK: %[[FIRST:.*]] = arith.divui %{{.*}}, %[[WORKERS]] : index
// CHECK: %[[LAST:.*]] = arith.divui %{{.*}}, %[[WORKERS]] : index
// CHECK: scf.for %[[PANEL:.*]] = %{{.*}} to %c4{{.*}} step
// CHECK: %[[ABOVE:.*]] = arith.addi %[[FIRST]], %c3{{.*}} : index
// CHECK: %[[FROM:.*]] = arith.subi %[[ABOVE]], %[[PANEL]] : index
// CHECK: %[[LOW:.*]] = arith.divui %[[FROM]], %c4{{.*}} : index
// CHECK: scf.for %{{.*}} = %[[LOW]] to
// CHECK-NOT: scf.forall
// CHECK: math.fma
module attributes {limbeck.target = "avx512"} {
  func.func @main(%x: tensor<392x1152xf32>) -> tensor<392x128xf32> {
    %w = limbeck.const dense<3.0> : tensor<1152x128xf32>
    %y = limbeck.fused %x, %w kind = "matmul" : (tensor<392x1152xf32>, tensor<1152x128xf32>) -> tensor<392x128xf32> {
    ^bb0(%a: tensor<392x1152xf32>, %b: tensor<1152x128xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<392x1152xf32>, tensor<1152x128xf32>) -> tensor<392x128xf32>
      limbeck.yield %0 : tensor<392x128xf32>
    }
    return %y : tensor<392x128xf32>
  }
}

// -----

// 420 KiB of pixels and results: each worker reads its share of the weights, and all pixels.
// CHECK-LABEL: func.func private @kernel_0(
// CHECK: scf.forall
// CHECK: math.fma
module attributes {limbeck.target = "avx512"} {
  func.func @main(%x: tensor<84x1152xf32>) -> tensor<84x128xf32> {
    %w = limbeck.const dense<3.0> : tensor<1152x128xf32>
    %y = limbeck.fused %x, %w kind = "matmul" : (tensor<84x1152xf32>, tensor<1152x128xf32>) -> tensor<84x128xf32> {
    ^bb0(%a: tensor<84x1152xf32>, %b: tensor<1152x128xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<84x1152xf32>, tensor<1152x128xf32>) -> tensor<84x128xf32>
      limbeck.yield %0 : tensor<84x128xf32>
    }
    return %y : tensor<84x128xf32>
  }
}

// -----

// 4.3 MiB of pixels come from memory, once for all workers that read the same ones.
// CHECK-LABEL: func.func private @kernel_0(
// CHECK: scf.forall
// CHECK: math.fma
module attributes {limbeck.target = "avx512"} {
  func.func @main(%x: tensor<980x1152xf32>) -> tensor<980x128xf32> {
    %w = limbeck.const dense<3.0> : tensor<1152x128xf32>
    %y = limbeck.fused %x, %w kind = "matmul" : (tensor<980x1152xf32>, tensor<1152x128xf32>) -> tensor<980x128xf32> {
    ^bb0(%a: tensor<980x1152xf32>, %b: tensor<1152x128xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<980x1152xf32>, tensor<1152x128xf32>) -> tensor<980x128xf32>
      limbeck.yield %0 : tensor<980x128xf32>
    }
    return %y : tensor<980x128xf32>
  }
}
