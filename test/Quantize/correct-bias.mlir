// The mean error of each channel goes off its bias.
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-correct-bias=statistics=%S/Inputs/means.json" | FileCheck %s
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-correct-bias=statistics=%S/Inputs/means.json" --remarks-filter=quantize --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// In steps of 1/127, 0.3 becomes 38 of them, which is 0.000787 less, and 0.4 becomes 51, which is 0.001575 more. Channels have the means
// 2 and -1, so that rounding adds 0.000787 to the first result and 0.00315 to the second.
// CHECK-LABEL: func @product
// CHECK: limbeck.const dense<[0.99921{{[0-9]*}}, 1.99685{{[0-9]*}}]> : tensor<2xf32>
// CHECK-NEXT: limbeck.matmul
func.func @product(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<[[1.0, 0.4], [0.3, 1.0]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b {calib.decision = {quantize = "static", correct_bias = "means", granularity = "tensor", input = "x", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A depthwise filter without a bias gets one. Of five rows and columns, the border takes the outer taps of one row and one column at
// each end: they count for four fifths of the results. The corner of the first channel, 0.3, has an error of
// -0.000787, times 2 and 0.64; that of 1 is one of f32.
// CHECK-LABEL: func @depthwise
// CHECK: %[[B:.*]] = limbeck.const dense<[0.001007{{[0-9]*}}, -3.725{{[0-9]*}}E-9]> : tensor<2xf32>
// CHECK: limbeck.conv %{{.*}}, %{{.*}}, %[[B]]
func.func @depthwise(%x: tensor<1x2x5x5xf32>) -> tensor<1x2x5x5xf32> {
  %w = limbeck.const dense<[[[[0.3, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]], [[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<2x1x3x3xf32>
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 2 layout = "NCHW"
    {calib.decision = {quantize = "static", correct_bias = "means", granularity = "channel", input = "x", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x5x5xf32>, tensor<2x1x3x3xf32>) -> tensor<1x2x5x5xf32>
  return %y : tensor<1x2x5x5xf32>
}

// -----

// What runs have shown is taken off as it is, whatever the form.
// CHECK-LABEL: func @measured
// CHECK: limbeck.const dense<[7.500000e-01, 2.500000e+00]> : tensor<2xf32>
func.func @measured(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<[[1.0, 0.4], [0.3, 1.0]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b {calib.decision = {quantize = "static", correct_bias = "runs", granularity = "tensor", result = "y", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// Nothing asks for it, or there is no formula.
// CHECK-LABEL: func @kept
// CHECK-NOT: limbeck.const dense<{{.*}}> : tensor<2xf32>
// REMARK: conv_transpose keeps its bias: there is no formula for its form
func.func @kept(%x: tensor<4x2xf32>, %i: tensor<1x2x3x3xf32>) -> (tensor<4x2xf32>, tensor<1x2x6x6xf32>) {
  %w = limbeck.const dense<[[1.0, 0.4], [0.3, 1.0]]> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", correct_bias = "none", granularity = "tensor", input = "x", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %f = limbeck.const dense<0.3> : tensor<2x2x2x2xf32>
  %z = limbeck.conv_transpose %i, %f strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    {calib.decision = {quantize = "static", correct_bias = "means", granularity = "tensor", input = "x", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32>) -> tensor<1x2x6x6xf32>
  return %y, %z : tensor<4x2xf32>, tensor<1x2x6x6xf32>
}
