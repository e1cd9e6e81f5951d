// A bias in units of the product of scales; attributes of the recipe go.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-bias | FileCheck %s

!x = tensor<4x2x!quant.uniform<u8:f32, 0.5:10>>
!w = tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {0.25,0.125}>>
!y = tensor<4x2x!quant.uniform<u8:f32, 1.0>>

// CHECK-LABEL: func @rounded
// CHECK: %[[B:.*]] = limbeck.const dense<[8, -3]> : tensor<2xsi32>
// CHECK: %[[Q:.*]] = limbeck.storage_cast %[[B]] : (tensor<2xsi32>) -> tensor<2x!quant.uniform<i32:f32:0, {1.250000e-01,6.250000e-02}>>
// CHECK: %[[D:.*]] = limbeck.dequantize %[[Q]]
// CHECK: limbeck.matmul %{{.*}}, %{{.*}}, %[[D]] :
// CHECK-NOT: calib.decision
func.func @rounded(%qx: !x, %qw: !w) -> !y {
  %x = limbeck.dequantize %qx : (!x) -> tensor<4x2xf32>
  %w = limbeck.dequantize %qw : (!w) -> tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, -0.2]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b {calib.decision = {quantize = "static"}} : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %r = limbeck.relu %y : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %q = limbeck.quantize %r : (tensor<4x2xf32>) -> !y
  return %q : !y
}

// -----

!x = tensor<4x2x!quant.uniform<u8:f32, 0.5:10>>
!w = tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {0.25,0.125}>>

// A float result takes the bias as it is, and so does one whose bias is beyond 32 bits.
// CHECK-LABEL: func @kept
// CHECK: %[[B:.*]] = limbeck.const dense<[1.000000e+00, -2.000000e-01]>
// CHECK: limbeck.matmul %{{.*}}, %{{.*}}, %[[B]]
func.func @kept(%qx: !x, %qw: !w) -> tensor<4x2xf32> {
  %x = limbeck.dequantize %qx : (!x) -> tensor<4x2xf32>
  %w = limbeck.dequantize %qw : (!w) -> tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, -0.2]> : tensor<2xf32>
  %y = limbeck.matmul %x, %w, %b : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

!x = tensor<1x2x1x1x!quant.uniform<u8:f32, 0.5:10>>
!w = tensor<2x2x1x1x!quant.uniform<i8<-127:127>:f32:1, {0.25,0.125}>>
!y = tensor<1x4x1x1x!quant.uniform<u8:f32, 1.0>>

// The groups of a transposed convolution share the scales of their weights: channels 0 and 2, 1 and 3.
// CHECK-LABEL: func @groups
// CHECK: limbeck.const dense<[8, -3, 16, 4]> : tensor<4xsi32>
// CHECK: tensor<4x!quant.uniform<i32:f32:0, {1.250000e-01,6.250000e-02,1.250000e-01,6.250000e-02}>>
func.func @groups(%qx: !x, %qw: !w) -> !y {
  %x = limbeck.dequantize %qx : (!x) -> tensor<1x2x1x1xf32>
  %w = limbeck.dequantize %qw : (!w) -> tensor<2x2x1x1xf32>
  %b = limbeck.const dense<[1.0, -0.2, 2.0, 0.25]> : tensor<4xf32>
  %y = limbeck.conv_transpose %x, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 2 layout = "NCHW"
    : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>, tensor<4xf32>) -> tensor<1x4x1x1xf32>
  %q = limbeck.quantize %y : (tensor<1x4x1x1xf32>) -> !y
  return %q : !y
}
