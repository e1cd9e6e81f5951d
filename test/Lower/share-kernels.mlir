// Kernels that differ in their names only become one; weights are operands of the launch.
// RUN: limbeck-opt %s --limbeck-lower-share-kernels | FileCheck %s

// CHECK-LABEL: @main
// CHECK: limbeck.launch @kernel_0
// CHECK: limbeck.launch @kernel_0
// CHECK: limbeck.launch @kernel_2
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = limbeck.launch @kernel_0(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = limbeck.launch @kernel_1(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = limbeck.launch @kernel_2(%1) : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK: func.func private @kernel_0
// CHECK-NOT: @kernel_1
// CHECK: func.func private @kernel_2
func.func private @kernel_0(%in: memref<4xf32>, %out: memref<4xf32>, %worker: index, %workers: index) {
  %0 = memref.load %in[%worker] : memref<4xf32>
  %1 = arith.addf %0, %0 : f32
  memref.store %1, %out[%worker] : memref<4xf32>
  return
}
func.func private @kernel_1(%in: memref<4xf32>, %out: memref<4xf32>, %worker: index, %workers: index) {
  %0 = memref.load %in[%worker] : memref<4xf32>
  %1 = arith.addf %0, %0 : f32
  memref.store %1, %out[%worker] : memref<4xf32>
  return
}
func.func private @kernel_2(%in: memref<4xf32>, %out: memref<4xf32>, %worker: index, %workers: index) {
  %0 = memref.load %in[%worker] : memref<4xf32>
  %1 = arith.mulf %0, %0 : f32
  memref.store %1, %out[%worker] : memref<4xf32>
  return
}
