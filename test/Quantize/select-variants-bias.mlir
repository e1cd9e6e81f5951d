// A bias is rounded to the scales of what its contraction reads where its input and its result are rounded: the pass
// limbeck-quantize-bias would. One whose result stays float is left as it is.
// RUN: limbeck-opt %s --limbeck-quantize-select-variants | FileCheck %s

calib.stat @x method = "minmax" storage = ui8 range = [-1.0, 1.0]
calib.stat @y method = "minmax" storage = ui8 range = [0.0, 1.0]

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[ROUNDING:[a-z0-9]+]]: tensor<2x4xf32> {limbeck.name = "limbeck.rounding"}
// CHECK: %[[BIAS:.*]] = limbeck.const dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// With float weights, the first variant, it stays.
// CHECK: scf.if
// CHECK: limbeck.conv %{{.*}}, %{{.*}}, %[[BIAS]]
// CHECK: scf.if
// CHECK: %[[SCALES:.*]] = limbeck.const dense<[0.00{{[0-9e.-]*}}, 0.0{{[0-9e.-]*}}]> : tensor<2xf32>
// CHECK: %[[UNIT:.*]] = limbeck.mul %[[SCALES]], %{{.*}} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
// CHECK: %[[STEPS:.*]] = limbeck.div %[[BIAS]], %[[UNIT]]
// CHECK: %[[ROUND:.*]] = limbeck.round %[[STEPS]]
// CHECK: %[[BACK:.*]] = limbeck.mul %[[ROUND]], %[[UNIT]]
// CHECK: %[[BOTH:.*]] = limbeck.min
// CHECK: %[[ON:.*]] = limbeck.greater %[[BOTH]],
// CHECK: %[[CHOSEN:.*]] = limbeck.where %[[ON]], %[[BACK]], %[[BIAS]]
// CHECK: limbeck.conv %{{.*}}, %{{.*}}, %[[CHOSEN]]
// The second convolution has a result that is not rounded.
// CHECK: limbeck.relu
// CHECK-NOT: limbeck.where %{{.*}} : (tensor<i1>, tensor<2xf32>
// CHECK-COUNT-4: limbeck.conv %{{.*}}, %{{.*}}, %[[BIAS]]
func.func @main(%x: tensor<1x2x3x3xf32> {limbeck.name = "x"}) -> (tensor<1x2x3x3xf32> {limbeck.name = "y"}) {
  %w = limbeck.const dense<[[[[0.5]], [[1.0]]], [[[2.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>
  %b = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = calib.observe %x stat = @x : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %1 = limbeck.conv %0, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
  %2 = limbeck.relu %1 : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %3 = calib.observe %2 stat = @y : (tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %4 = limbeck.conv %3, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x3x3xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
  return %4 : tensor<1x2x3x3xf32>
}
