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

// -----

// One scale per row of the input: a block is as long as a row. Both scales follow the sum, one after the other.
// CHECK-LABEL: func @rows
// CHECK: %[[Q:.*]], %[[S:.*]], %{{.*}} = limbeck.dynamic_quantize_blocks %arg0 block_size = 2 : (tensor<3x4x2xf32>) -> (tensor<3x4x2xsi8>, tensor<3x4x1xf32>, tensor<3x4x1xsi32>)
// CHECK: %[[A:.*]] = limbeck.matmul_integer %[[Q]], %{{.*}}, %[[Z:.*]], %{{.*}} -> tensor<3x4x2xsi32>
// CHECK: %[[R:.*]] = limbeck.cast %[[A]] to = f32
// CHECK: %[[T:.*]] = limbeck.mul %[[R]], %[[S]] {{.*}}(tensor<3x4x2xf32>, tensor<3x4x1xf32>) -> tensor<3x4x2xf32>
// CHECK: limbeck.mul %[[T]], %{{.*}} (tensor<3x4x2xf32>, tensor<2xf32>) -> tensor<3x4x2xf32>
func.func @rows(%x: tensor<3x4x2xf32>) -> tensor<3x4x2xf32> {
  %w = limbeck.const dense<[[1.27, -2.54], [0.64, 1.0]]> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "dynamic", activation_granularity = "row", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<3x4x2xf32>, tensor<2x2xf32>) -> tensor<3x4x2xf32>
  return %y : tensor<3x4x2xf32>
}

// -----

// Blocks of 16: input and weights are rounded in the same; 20 products are two blocks. The bias is added behind them.
// CHECK-LABEL: func @blocks
// CHECK-DAG: %[[Q:.*]], %[[S:.*]], %[[U:.*]] = limbeck.dynamic_quantize_blocks %arg0 block_size = 16 : (tensor<?x20xf32>) -> (tensor<?x32xsi8>, tensor<?x2xf32>, tensor<?x2xsi32>)
// CHECK-DAG: %[[W:.*]] = limbeck.const dense<7> : tensor<20x2xsi4>
// CHECK: %[[Y:.*]] = limbeck.matmul_integer_blocks %[[Q]], %[[S]], %[[U]], %[[W]], %{{.*}}, %{{.*}} block_size = 16
// CHECK-SAME: (tensor<?x32xsi8>, tensor<?x2xf32>, tensor<?x2xsi32>, tensor<20x2xsi4>, tensor<2x2xf16>, tensor<2x2xsi4>) -> tensor<?x2xf32>
// CHECK: limbeck.add %[[Y]]
func.func @blocks(%x: tensor<?x20xf32>) -> tensor<?x2xf32> {
  %w = limbeck.const dense<0.7> : tensor<20x2xf32>
  %b = limbeck.const dense<[0.5, 0.25]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b {calib.decision = {quantize = "dynamic", granularity = "block", block = "16", weight_method = "minmax", weights = "s4"}}
    : (tensor<?x20xf32>, tensor<20x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
