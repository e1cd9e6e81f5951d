func.func @main(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = limbeck.const dense<1.0> : tensor<2x3xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", granularity = "block", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}
