// The padding of a convolution becomes an op of its own.
// RUN: limbeck-opt %s --limbeck-layout-materialize-padding | FileCheck %s

// CHECK-LABEL: @float
func.func @float(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x9x8x4xf32> {
  // CHECK: %[[P:.*]] = limbeck.pad %arg0 pads = [0, 1, 2, 0, 0, 2, 0, 0] mode = "constant" : (tensor<1x8x8x3xf32>) -> tensor<1x11x10x3xf32>
  // CHECK: limbeck.conv %[[P]], %arg1 strides = [1, 1] pads = [0, 0, 0, 0]
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [1, 2, 2, 0] dilations = [1, 1] groups = 1 layout = "NHWC"
    : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x9x8x4xf32>
  return %0 : tensor<1x9x8x4xf32>
}

!x = !quant.uniform<u8:f32, 0.5:7>
!w = !quant.uniform<i8:f32, 0.5:0>
// CHECK-LABEL: @quantized
func.func @quantized(%x: tensor<?x3x8x8x!x>, %w: tensor<4x3x3x3x!w>) -> tensor<?x4x8x8x!x> {
  // CHECK: limbeck.pad %arg0 pads = [0, 0, 1, 1, 0, 0, 1, 1]
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<?x3x8x8x!x>, tensor<4x3x3x3x!w>) -> tensor<?x4x8x8x!x>
  return %0 : tensor<?x4x8x8x!x>
}

// CHECK-LABEL: @integer
func.func @integer(%x: tensor<1x8x8x3xui8>, %w: tensor<4x3x3x3xui8>, %z: tensor<ui8>) -> tensor<1x8x8x4xsi32> {
  // CHECK: limbeck.pad %arg0, %arg2
  %0 = limbeck.conv_integer %x, %w, %z, %z strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NHWC"
    : (tensor<1x8x8x3xui8>, tensor<4x3x3x3xui8>, tensor<ui8>, tensor<ui8>) -> tensor<1x8x8x4xsi32>
  return %0 : tensor<1x8x8x4xsi32>
}

// CHECK-LABEL: @without_padding
func.func @without_padding(%x: tensor<1x8x8x3xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x6x6x4xf32> {
  // CHECK-NOT: limbeck.pad
  %0 = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC"
    : (tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x6x6x4xf32>
  return %0 : tensor<1x6x6x4xf32>
}

// Padding never wins a maximum, whatever its value.
// CHECK-LABEL: @pooling
func.func @pooling(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32> {
  // CHECK-NOT: limbeck.pad
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [1, 1, 1, 1] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x3x3xf32>
  return %0 : tensor<1x2x3x3xf32>
}
