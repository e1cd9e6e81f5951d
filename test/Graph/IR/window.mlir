// Every op of WindowOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @arg_max_pool(
// CHECK: limbeck.arg_max_pool {{.*}} kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW" :
func.func @arg_max_pool(%x: tensor<1x3x8x8xf32>) {
  %y = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// CHECK-LABEL: @average_pool(
// CHECK: limbeck.average_pool {{.*}} kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW" :
func.func @average_pool(%x: tensor<1x3x8x8xf32>) {
  %y = limbeck.average_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// CHECK-LABEL: @max_pool(
// CHECK: limbeck.max_pool {{.*}} kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW" :
func.func @max_pool(%x: tensor<1x3x8x8xf32>) {
  %y = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// CHECK-LABEL: @resize(
// CHECK: limbeck.resize {{.*}} mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00] sizes = [-1, -1, -1, -1] extrapolation_value = 0.000000e+00 roi = [] :
func.func @resize(%x: tensor<1x3x4x4xf32>) {
  %y = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>
  return
}
