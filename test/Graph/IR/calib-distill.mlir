// The dialects that end with calibration and training, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK: calib.stat @open method = "minmax"
// CHECK-NOT: range
calib.stat @open method = "minmax"
// CHECK: calib.stat @closed method = "entropy" range = [-1.000000e+00, 6.500000e+00]
calib.stat @closed method = "entropy" range = [-1.0, 6.5]
// CHECK: distill.param @fresh : tensor<2xf32> trainable = true
distill.param @fresh : tensor<2xf32> trainable = true
// CHECK: distill.param @step : tensor<1xf32> trainable = false initial = dense<1.000000e+00> : tensor<1xf32>
distill.param @step : tensor<1xf32> trainable = false initial = dense<1.0> : tensor<1xf32>

// CHECK-LABEL: @observe
func.func @observe(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  // CHECK: calib.observe %{{.*}} stat = @open : (tensor<2x?xf32>) -> tensor<2x?xf32>
  %y = calib.observe %x stat = @open : (tensor<2x?xf32>) -> tensor<2x?xf32>
  return %y : tensor<2x?xf32>
}

// CHECK-LABEL: @fake_quant
func.func @fake_quant(%x: tensor<3xf32>, %s: tensor<f32>, %z: tensor<si32>) -> tensor<3xf32> {
  // CHECK: calib.fake_quant {{.*}} storage = si8 lowest = -127 highest = 127 axis = -1 :
  %y = calib.fake_quant %x, %s, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<3xf32>, tensor<f32>, tensor<si32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @loss
func.func @loss(%s: tensor<8x10xf32>, %t: tensor<8x10xf32>) -> tensor<f32> {
  // CHECK: distill.stop_gradient %{{.*}} : (tensor<8x10xf32>) -> tensor<8x10xf32>
  %0 = distill.stop_gradient %t : (tensor<8x10xf32>) -> tensor<8x10xf32>
  // CHECK: distill.loss {{.*}} kind = "kl_soft" weight = 5.000000e-01 temperature = 4.000000e+00 :
  %l = distill.loss %s, %0 kind = "kl_soft" weight = 0.5 temperature = 4.0
    : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<f32>
  return %l : tensor<f32>
}
