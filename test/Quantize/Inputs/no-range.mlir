calib.stat @a method = "minmax" storage = ui8
func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = calib.observe %a stat = @a : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
