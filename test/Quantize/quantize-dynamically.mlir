// Contractions whose input is quantized when the model runs.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-dynamically | FileCheck %s

// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = limbeck.dynamic_quantize %arg0
// CHECK-DAG: %[[W:.*]] = limbeck.const dense<{{\[}}[127, -127], [64, 50]]> : tensor<2x2xsi8>
// CHECK: %[[A:.*]] = limbeck.matmul_integer %[[Q]], %[[W]], %[[Z]], %{{.*}} -> tensor<4x2xsi32>
// CHECK: %[[T:.*]] = limbeck.mul %[[S]], %{{.*}} : (tensor<f32>, tensor<2xf32>) -> tensor<2xf32>
// CHECK: %[[R:.*]] = limbeck.cast %[[A]] to = f32
// CHECK: %[[Y:.*]] = limbeck.mul %[[R]], %[[T]]
// CHECK: %[[B:.*]] = limbeck.add %[[Y]]
// CHECK: return %[[B]]
func.func @matmul(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<[[1.27, -2.54], [0.64, 1.0]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[0.5, 0.25]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b {calib.decision = {quantize = "dynamic", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// Channels of images are not last: their scales have dimensions behind them. Attributes go along.
// CHECK-LABEL: func @conv
// CHECK: limbeck.conv_integer {{.*}} strides = [2, 2] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
// CHECK-SAME: -> tensor<1x3x2x2xsi32>
// CHECK: limbeck.mul %{{.*}}, %{{.*}} : (tensor<f32>, tensor<3x1x1xf32>) -> tensor<3x1x1xf32>
func.func @conv(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = limbeck.const dense<0.5> : tensor<3x2x3x3xf32>
  %y = limbeck.conv %x, %w strides = [2, 2] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
    {calib.decision = {quantize = "dynamic", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x4x4xf32>, tensor<3x2x3x3xf32>) -> tensor<1x3x2x2xf32>
  return %y : tensor<1x3x2x2xf32>
}

// -----

// CHECK-LABEL: func @kept
// CHECK-NOT: dynamic_quantize
func.func @kept(%x: tensor<4x2xf32>, %v: tensor<2x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = limbeck.const dense<0.5> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %v {calib.decision = {quantize = "dynamic", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z = limbeck.matmul %x, %w {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y, %z : tensor<4x2xf32>, tensor<4x2xf32>
}
