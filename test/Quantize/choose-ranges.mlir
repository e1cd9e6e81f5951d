// Ranges from a file of statistics.
// RUN: not limbeck-opt %s --limbeck-quantize-choose-ranges 2>&1 | FileCheck %s --check-prefix=FILE
// FILE: expected statistics of tensor 'x': a file that calibrate wrote

// Two samples, from -1 to 3 and from -3 to 5: their extremes on the average, and those of all.
// RUN: %make_model float %t.onnx
// RUN: %python -c "import numpy, sys; numpy.save(sys.argv[1], numpy.stack([numpy.linspace(-1, 3, 189), numpy.linspace(-3, 5, 189)]).reshape(2, 3, 7, 9).astype('f'))" %t.npy
// RUN: limbeck calibrate %t.onnx --data %t.npy -o %t.json --quiet
// RUN: limbeck compile %t.onnx --to graph -o %t.mlir --quiet
// RUN: limbeck-opt %t.mlir --limbeck-quantize-insert-observers --limbeck-quantize-choose-ranges=statistics=%t.json | FileCheck %s
// CHECK: calib.stat @x method = "avg-minmax" storage = ui8 statistics = {greatest = 5.000000e+00 : f32, least = -3.000000e+00 : f32, mean_greatest = 4.000000e+00 : f64, mean_least = -2.000000e+00 : f64, samples = 2 : i64} range = [-2.000000e+00, 4.000000e+00]
calib.stat @x method = "minmax" storage = ui8
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = calib.observe %x stat = @x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
