// A concat of what regions compute is no region: its operands are written behind one another.
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --limbeck-fuse-join-concats --limbeck-verify-fuse | FileCheck %s
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --limbeck-fuse-join-concats --remarks-filter=fuse --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: @joined
func.func @joined(%x: tensor<2x3xf32>) -> tensor<2x6xf32> {
  // CHECK: %[[A:.*]] = limbeck.fused
  // CHECK: %[[B:.*]] = limbeck.fused
  // CHECK-NOT: limbeck.fused
  // CHECK: %[[C:.*]] = limbeck.concat %[[A]], %[[B]] axis = 1
  // CHECK: return %[[C]]
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %2 : tensor<2x6xf32>
}

// One result for each use: one for the concat alone, the other for the rest.
// CHECK-LABEL: @used_elsewhere
func.func @used_elsewhere(%x: tensor<2x3xf32>) -> (tensor<2x6xf32>, tensor<2x3xf32>) {
  // CHECK: %[[A:.*]]:3 = limbeck.fused
  // CHECK: limbeck.yield %[[N:.*]], %[[N]], %[[N]] :
  // CHECK: %[[C:.*]] = limbeck.concat %[[A]]#1, %[[A]]#2
  // CHECK: return %[[C]], %[[A]]#0
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.concat %0, %0 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %1, %0 : tensor<2x6xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: @nested
func.func @nested(%x: tensor<2x3xf32>) -> tensor<4x6xf32> {
  // CHECK: %[[C:.*]] = limbeck.concat %{{.*}}, %{{.*}} axis = 1
  // CHECK: limbeck.concat %[[C]], %{{.*}} axis = 0
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %3 = limbeck.tile %x repeats = [1, 2] : (tensor<2x3xf32>) -> tensor<2x6xf32>
  %4 = limbeck.concat %2, %3 axis = 0 : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<4x6xf32>
  return %4 : tensor<4x6xf32>
}

// CHECK-LABEL: @argument
// CHECK: limbeck.fused {{.*}} kind = "concat"
// REMARK: concat copies its operands: an operand comes from outside
func.func @argument(%x: tensor<2x3xf32>) -> tensor<2x6xf32> {
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.concat %0, %x axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %1 : tensor<2x6xf32>
}

// CHECK-LABEL: @view
// CHECK: limbeck.fused {{.*}} kind = "concat"
// REMARK: concat copies its operands: an operand is a view of another value
func.func @view(%x: tensor<6xf32>) -> tensor<2x6xf32> {
  %0 = limbeck.neg %x : (tensor<6xf32>) -> tensor<6xf32>
  %1 = limbeck.reshape %0 shape = [2, 3] : (tensor<6xf32>) -> tensor<2x3xf32>
  %2 = limbeck.exp %1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.concat %1, %2 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  return %3 : tensor<2x6xf32>
}

// CHECK-LABEL: @followed
// CHECK: limbeck.fused {{.*}} kind = "concat"
// REMARK: concat copies its operands: what follows in its region changes its elements
func.func @followed(%x: tensor<2x3xf32>) -> tensor<2x6xf32> {
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %3 = limbeck.relu %2 : (tensor<2x6xf32>) -> tensor<2x6xf32>
  return %3 : tensor<2x6xf32>
}

// Loops over whole rows store no part of each pixel.
// CHECK-LABEL: @depthwise
// CHECK: limbeck.fused {{.*}} kind = "concat"
// REMARK: concat copies its operands: an operand is a convolution with groups, whose kernel writes whole rows
func.func @depthwise(%x: tensor<1x4x4x8xf32>, %w: tensor<8x1x1x1xf32>) -> tensor<1x4x4x16xf32> {
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 8 layout = "NHWC"
    : (tensor<1x4x4x8xf32>, tensor<8x1x1x1xf32>) -> tensor<1x4x4x8xf32>
  %1 = limbeck.exp %x : (tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32>
  %2 = limbeck.concat %0, %1 axis = 3 : (tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32>) -> tensor<1x4x4x16xf32>
  return %2 : tensor<1x4x4x16xf32>
}
