// Lists of numbers are read as the bits that were written, by as few digits as that takes. (The generic form, which is MLIR's, has seven.)
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s

// The neighbours of -1 and 0.1, and the end of all floats.
// CHECK: calib.stat @short method = "minmax" range = [-1.000000e+00, 1.000000e-01]
calib.stat @short method = "minmax" range = [-1.0, 0.1]
// CHECK: calib.stat @long method = "minmax" range = [-1.0000001e+00, 1.0000001e-01]
calib.stat @long method = "minmax" range = [-1.00000012, 0.10000001]
// CHECK: calib.stat @greatest method = "minmax" range = [-3.4028235e+38, 1.401298e-45]
calib.stat @greatest method = "minmax" range = [-3.40282347e+38, 0x00000001]

// CHECK-LABEL: @resize(
// CHECK: scales = [1.000000e+00, 1.000000e+00, 1.3333334e+00, 2.000000e+00]
func.func @resize(%x: tensor<1x3x3x4xf32>) -> tensor<1x3x4x8xf32> {
  %y = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 0x3FAAAAAB, 2.0] sizes = [-1, -1, 4, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x3x3x4xf32>) -> tensor<1x3x4x8xf32>
  return %y : tensor<1x3x4x8xf32>
}
