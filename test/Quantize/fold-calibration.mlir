// Ranges as scales and zero points.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-fold-calibration | FileCheck %s
// RUN: not limbeck-opt %S/Inputs/no-range.mlir --limbeck-quantize-fold-calibration 2>&1 | FileCheck %s --check-prefix=NONE

// NONE: expected a range for tensor 'a', found none; calibration finds it
// CHECK-LABEL: module @forms
// CHECK-NOT: calib
// u8: (3 - -1) / 255, zero point round(1 / scale); what is `like` another takes its parameters.
// CHECK: %[[A:.*]] = limbeck.quantize %arg0 : (tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.0156862754{{.*}}:64>>
// CHECK: limbeck.dequantize %[[A]]
// CHECK: limbeck.quantize %arg1 : (tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.0156862754{{.*}}:64>>
// Symmetric: 3 / 127, zero point 0. A range that does not hold 0 is widened. None: scale 1.
// CHECK: limbeck.quantize %arg2 : (tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.023622047156095505>>
// CHECK: limbeck.quantize %arg3 : (tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.0078431377187371254>>
// CHECK: limbeck.quantize %arg4 : (tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 1.000000e+00>>
module @forms {
  calib.stat @a method = "minmax" storage = ui8 range = [-1.0, 3.0]
  calib.stat @part method = "minmax" storage = ui8 like = @a
  calib.stat @c method = "minmax" storage = si8 symmetric range = [-1.0, 3.0]
  calib.stat @d method = "minmax" storage = ui8 range = [1.0, 2.0]
  calib.stat @e method = "minmax" storage = ui8 range = [0.0, 0.0]
  func.func @main(%a: tensor<4xf32>, %b: tensor<4xf32>, %c: tensor<4xf32>, %d: tensor<4xf32>, %e: tensor<4xf32>)
      -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
    %0 = calib.observe %a stat = @a : (tensor<4xf32>) -> tensor<4xf32>
    %1 = calib.observe %b stat = @part : (tensor<4xf32>) -> tensor<4xf32>
    %2 = calib.observe %c stat = @c : (tensor<4xf32>) -> tensor<4xf32>
    %3 = calib.observe %d stat = @d : (tensor<4xf32>) -> tensor<4xf32>
    %4 = calib.observe %e stat = @e : (tensor<4xf32>) -> tensor<4xf32>
    return %0, %1, %2, %3, %4 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
}
