calib.stat @x method = "minmax" storage = ui8 range = [-1.0, 1.0]
func.func @main(%x: tensor<2x2xf16> {limbeck.name = "x"}) -> (tensor<2x2xf16> {limbeck.name = "y"}) {
  %0 = calib.observe %x stat = @x : (tensor<2x2xf16>) -> tensor<2x2xf16>
  return %0 : tensor<2x2xf16>
}
