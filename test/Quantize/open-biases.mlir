// Corrections come in, means go out; only for contractions whose decision names their result.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-open-biases | FileCheck %s

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:.*]]: tensor<1x3x5x5xf32>, %[[C:.*]]: tensor<4xf32> {limbeck.name = "limbeck.correction:y"}, %[[D:.*]]: tensor<2xf32> {limbeck.name = "limbeck.correction:z"})
// CHECK-SAME: -> (tensor<100x2xf32>, tensor<4xf32> {limbeck.name = "limbeck.mean:y"}, tensor<2xf32> {limbeck.name = "limbeck.mean:z"})
// CHECK: %[[Y:.*]] = limbeck.conv %[[X]]
// CHECK: %[[R:.*]] = limbeck.reshape %[[C]] {{.*}} -> tensor<4x1x1xf32>
// CHECK: %[[S:.*]] = limbeck.add %[[Y]], %[[R]]
// CHECK: %[[M:.*]] = limbeck.reduce_mean %[[S]] axes = [0, 2, 3] keepdims = false
// CHECK: limbeck.relu %[[S]]
// CHECK: %[[Z:.*]] = limbeck.matmul
// CHECK: %[[T:.*]] = limbeck.add %[[Z]], %{{.*}}
// CHECK: %[[N:.*]] = limbeck.reduce_mean %[[T]] axes = [0] keepdims = false
// CHECK: %[[O:.*]] = limbeck.matmul %[[T]]
// CHECK: return %[[O]], %[[M]], %[[N]]
// CHECK-NOT: calib.decision
func.func @main(%x: tensor<1x3x5x5xf32>) -> tensor<100x2xf32> {
  %w = limbeck.const dense<0.5> : tensor<4x3x1x1xf32>
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" {calib.decision = {result = "y"}}
    : (tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x5x5xf32>
  %r = limbeck.relu %y : (tensor<1x4x5x5xf32>) -> tensor<1x4x5x5xf32>
  %f = limbeck.reshape %r shape = [100, 1] : (tensor<1x4x5x5xf32>) -> tensor<100x1xf32>
  %v = limbeck.const dense<0.5> : tensor<1x2xf32>
  %z = limbeck.matmul %f, %v {calib.decision = {result = "z"}} : (tensor<100x1xf32>, tensor<1x2xf32>) -> tensor<100x2xf32>
  %u = limbeck.const dense<0.5> : tensor<2x2xf32>
  %o = limbeck.matmul %z, %u {calib.decision = {quantize = "none"}} : (tensor<100x2xf32>, tensor<2x2xf32>) -> tensor<100x2xf32>
  return %o : tensor<100x2xf32>
}
