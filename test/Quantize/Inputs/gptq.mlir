func.func @main(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = limbeck.const dense<1.0> : tensor<2x3xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "weights", granularity = "channel", input = "x", weight_method = "gptq", weights = "s4"}}
    : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
