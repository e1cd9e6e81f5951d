// What the statistics do not say is an error with the tensor's name.
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-correct-bias=statistics=%S/Inputs/means.json" --verify-diagnostics

func.func @unknown(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{expected the mean of each channel of tensor 'z', found none}}
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", correct_bias = "means", granularity = "tensor", input = "z", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

func.func @channels(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<1.0> : tensor<3x2xf32>
  // expected-error @below {{expected the mean of each channel of tensor 'x', found those of 2 channels, not of 3}}
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", correct_bias = "means", granularity = "tensor", input = "x", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x3xf32>, tensor<3x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

func.func @never_run(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  // expected-error @below {{expected the mean errors of 2 channels of tensor 'z', found none}}
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", correct_bias = "runs", granularity = "tensor", result = "z", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
