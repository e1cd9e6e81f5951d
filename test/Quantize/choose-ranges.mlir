// Ranges from a file of statistics.
// RUN: not limbeck-opt %s --limbeck-quantize-choose-ranges 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: expected statistics of tensor 'x': a file that calibrate wrote
calib.stat @x method = "minmax" storage = ui8
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = calib.observe %x stat = @x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
