// What may not leave stage Layout, and the pass that should have changed it.
// RUN: limbeck-opt %s --limbeck-verify-layout --split-input-file --verify-diagnostics

func.func @channels_last(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32> {
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NHWC" : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}

// -----

func.func @channels_first(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  // expected-error@below {{expected layout "NHWC", found "NCHW"}}
  // expected-note@below {{run limbeck-layout-convert-to-nhwc before the end of stage Layout}}
  %0 = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return %0 : tensor<1x2x2x2xf32>
}
