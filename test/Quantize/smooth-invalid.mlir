// What the statistics do not say is an error with the tensor's name.
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-smooth=statistics=%S/Inputs/magnitudes.json" --verify-diagnostics

// expected-error @below {{expected the magnitudes of 3 channels of tensor 'x', found none}}
func.func @main(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<1.0> : tensor<3x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", smooth = "auto", input = "x", granularity = "channel"}} : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
