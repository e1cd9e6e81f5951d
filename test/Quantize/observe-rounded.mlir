// What a quantized model rounds becomes observers: of QDQ pairs, of ops on integers, of constants; weights say how they were stored.
// RUN: limbeck-opt %s --split-input-file --limbeck-quantize-observe-rounded | FileCheck %s

// A pair becomes an observer, over a transpose of the integers; relu is in the range, and put back.
// CHECK: calib.stat @tensor method = "given" storage = ui8 range = [0.000000e+00, 1.275000e+02] {calib.row = array<f32: 5.000000e-01, 0.000000e+00, 2.550000e+02>}
// CHECK-LABEL: func.func @main(
// CHECK-NOT: quantize
// CHECK: %[[RELU:.*]] = limbeck.relu %{{.*}}
// CHECK: %[[SEEN:.*]] = calib.observe %[[RELU]] stat = @tensor
// CHECK: %[[MOVED:.*]] = limbeck.transpose %[[SEEN]]
// CHECK: limbeck.matmul %[[MOVED]], %{{.*}} {calib.decision = {granularity = "channel", quantize = "static", weight_method = "given", weights = "s8"}}
func.func @main(%x: tensor<2x3xf32> {limbeck.name = "x"}) -> (tensor<3x2xf32> {limbeck.name = "y"}) {
  %w = limbeck.const dense<[[2, -4], [6, 8]]> : tensor<2x2xsi8>
  %0 = limbeck.quantize %x : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 5.0e-1>>
  %1 = limbeck.transpose %0 perm = [1, 0] : (tensor<2x3x!quant.uniform<u8:f32, 5.0e-1>>) -> tensor<3x2x!quant.uniform<u8:f32, 5.0e-1>>
  %2 = limbeck.dequantize %1 : (tensor<3x2x!quant.uniform<u8:f32, 5.0e-1>>) -> tensor<3x2xf32>
  %3 = limbeck.storage_cast %w : (tensor<2x2xsi8>) -> tensor<2x2x!quant.uniform<i8:f32:1, {2.5e-1, 5.0e-1}>>
  %4 = limbeck.dequantize %3 : (tensor<2x2x!quant.uniform<i8:f32:1, {2.5e-1, 5.0e-1}>>) -> tensor<2x2xf32>
  %5 = limbeck.matmul %2, %4 : (tensor<3x2xf32>, tensor<2x2xf32>) -> tensor<3x2xf32>
  return %5 : tensor<3x2xf32>
}

// -----

// An op on integers computes floats; its bias was in units of the products of scales, 0.125 here. A range from 0 to 6 is a clip.
// CHECK-DAG: calib.stat @tensor method = "given" storage = ui8 range = [-6.400000e+01, 6.350000e+01]
// CHECK-DAG: calib.stat @tensor_0 method = "given" storage = ui8 range = [0.000000e+00, 6.000000e+00]
// CHECK-LABEL: func.func @main(
// CHECK-NOT: quantize
// CHECK: %[[X:.*]] = calib.observe %{{.*}} stat = @tensor :
// CHECK-DAG: %[[BIAS:.*]] = limbeck.const dense<[1.250000e+00, -2.500000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[WEIGHTS:.*]] = limbeck.const dense<{{\[}}[5.000000e-01, -1.000000e+00], [1.500000e+00, 2.000000e+00]]> : tensor<2x2xf32>
// CHECK: %[[SUM:.*]] = limbeck.matmul %[[X]], %[[WEIGHTS]], %[[BIAS]]
// CHECK: %[[CLIP:.*]] = limbeck.clip %[[SUM]] min = 0.000000e+00 max = 6.000000e+00
// CHECK: calib.observe %[[CLIP]] stat = @tensor_0
func.func @main(%x: tensor<3x2xf32> {limbeck.name = "x"}) -> (tensor<3x2xf32> {limbeck.name = "y"}) {
  %w = limbeck.const dense<[[2, -4], [6, 8]]> : tensor<2x2xsi8>
  %b = limbeck.const dense<[10, -20]> : tensor<2xsi32>
  %0 = limbeck.quantize %x : (tensor<3x2xf32>) -> tensor<3x2x!quant.uniform<u8:f32, 5.0e-1:128>>
  %1 = limbeck.storage_cast %w : (tensor<2x2xsi8>) -> tensor<2x2x!quant.uniform<i8:f32, 2.5e-1>>
  %2 = limbeck.matmul %0, %1, %b : (tensor<3x2x!quant.uniform<u8:f32, 5.0e-1:128>>, tensor<2x2x!quant.uniform<i8:f32, 2.5e-1>>, tensor<2xsi32>) -> tensor<3x2x!quant.uniform<u8:f32, 0.023529412224888802>>
  %3 = limbeck.dequantize %2 : (tensor<3x2x!quant.uniform<u8:f32, 0.023529412224888802>>) -> tensor<3x2xf32>
  return %3 : tensor<3x2xf32>
}

// -----

// A constant that no contraction reads has an observer; scales per channel of activations stay, and so does what rounds at run time.
// CHECK: calib.stat @tensor method = "given" storage = si8
// CHECK-LABEL: func.func @main(
// CHECK-DAG: %[[C:.*]] = limbeck.const dense<[5.000000e-01, -5.000000e-01]> : tensor<2xf32>
// CHECK-DAG: %[[SEEN:.*]] = calib.observe %[[C]] stat = @tensor
// CHECK: limbeck.add %{{.*}}, %[[SEEN]]
// CHECK: limbeck.quantize %{{.*}} -> tensor<2x!quant.uniform<u8:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK: limbeck.dequantize
// CHECK: limbeck.dynamic_quantize
func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}) -> (tensor<2xf32> {limbeck.name = "y"}, tensor<2xui8> {limbeck.name = "z"}) {
  %c = limbeck.const dense<[1, -1]> : tensor<2xsi8>
  %0 = limbeck.storage_cast %c : (tensor<2xsi8>) -> tensor<2x!quant.uniform<i8:f32, 5.0e-1>>
  %1 = limbeck.dequantize %0 : (tensor<2x!quant.uniform<i8:f32, 5.0e-1>>) -> tensor<2xf32>
  %2 = limbeck.add %x, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %3 = limbeck.quantize %2 : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32:0, {5.0e-1, 2.5e-1}>>
  %4 = limbeck.dequantize %3 : (tensor<2x!quant.uniform<u8:f32:0, {5.0e-1, 2.5e-1}>>) -> tensor<2xf32>
  %5, %6, %7 = limbeck.dynamic_quantize %4 : (tensor<2xf32>) -> (tensor<2xui8>, tensor<f32>, tensor<ui8>)
  return %4, %5 : tensor<2xf32>, tensor<2xui8>
}

// -----

// 32 bits, as biases of norms have them, are observed to be found in the float model, and have no row.
// CHECK: calib.stat @tensor method = "given"{{$}}
// CHECK-LABEL: func.func @main(
// CHECK: %[[C:.*]] = limbeck.const dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf32>
// CHECK: %[[SEEN:.*]] = calib.observe %[[C]] stat = @tensor
// CHECK: limbeck.add %{{.*}}, %[[SEEN]]
func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}) -> (tensor<2xf32> {limbeck.name = "y"}) {
  %c = limbeck.const dense<[512, -1024]> : tensor<2xsi32>
  %0 = limbeck.storage_cast %c : (tensor<2xsi32>) -> tensor<2x!quant.uniform<i32:f32, 0.001953125>>
  %1 = limbeck.dequantize %0 : (tensor<2x!quant.uniform<i32:f32, 0.001953125>>) -> tensor<2xf32>
  %2 = limbeck.add %x, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
