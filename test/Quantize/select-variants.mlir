// Roundings become choices of inputs: a row for the tensor, a number for the weights, and what was measured on the way.
// RUN: limbeck-opt %s --limbeck-quantize-select-variants | FileCheck %s
// RUN: limbeck-opt %s --limbeck-quantize-select-variants | FileCheck %s --check-prefix=VERSIONS
// RUN: not limbeck-opt %S/Inputs/half-precision.mlir --limbeck-quantize-select-variants 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: expected f32 to round, found 'tensor<2x2xf16>'

// The second tensor has the parameters of the first, and so no row.
calib.stat @x method = "minmax" storage = ui8 range = [-1.0, 1.0]
calib.stat @part method = "minmax" storage = ui8 like = @x
// What is observed for its statistics only stays as it is.
calib.stat @seen method = "minmax"

// CHECK-NOT: calib
// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<2x2xf32>
// CHECK-SAME: %[[ROUNDING:[a-z0-9]+]]: tensor<1x4xf32> {limbeck.name = "limbeck.rounding"}
// CHECK-SAME: %[[MEASURE:[a-z0-9]+]]: tensor<i1> {limbeck.name = "limbeck.measure"}
// CHECK-SAME: %[[WEIGHTS:[a-z0-9]+]]: tensor<1xsi32> {limbeck.name = "limbeck.weights"}
// CHECK-SAME: tensor<4xf32> {limbeck.name = "limbeck.measured:x"}, tensor<4xf32> {limbeck.name = "limbeck.measured:part"}
// CHECK: limbeck.slice %[[ROUNDING]] starts = [0, 0] ends = [1, 1]
// CHECK: %[[STEPS:.*]] = limbeck.div %[[X]],
// CHECK: %[[ABOVE:.*]] = limbeck.max %[[STEPS]],
// CHECK: %[[WITHIN:.*]] = limbeck.min %[[ABOVE]],
// CHECK: %[[ROUND:.*]] = limbeck.round %[[WITHIN]]
// CHECK: %[[BACK:.*]] = limbeck.mul %[[ROUND]],
// CHECK: %[[CHOSEN:.*]] = limbeck.where %{{.*}}, %[[BACK]], %[[X]]
// CHECK: tensor.extract %[[MEASURE]]
// CHECK: scf.if
// CHECK: limbeck.reduce_sum
// CHECK: limbeck.concat
// CHECK: limbeck.slice %[[WEIGHTS]] starts = [0]
// The contraction once per variant of its weights, the last one without a question.
// CHECK-COUNT-3: scf.if
// CHECK-NOT: scf.if

// Columns of 1.27 and 2.54: as they are, with the recipe's one scale of 0.02, and with one each, which loses nothing here.
// VERSIONS: limbeck.const dense<{{\[}}[1.270000e+00, -2.540000e+00
// VERSIONS: limbeck.matmul
// VERSIONS: limbeck.const dense<{{\[}}[1.28
// VERSIONS: limbeck.matmul
// VERSIONS: limbeck.const dense<{{\[}}[1.27
// VERSIONS: limbeck.matmul
// VERSIONS: limbeck.matmul
func.func @main(%x: tensor<2x2xf32> {limbeck.name = "x"}) -> (tensor<2x2xf32> {limbeck.name = "y"}) {
  %w = limbeck.const dense<[[1.27, -2.54], [0.64, 1.0]]> : tensor<2x2xf32>
  %0 = calib.observe %x stat = @x : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = calib.observe %0 stat = @part : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = limbeck.matmul %1, %w {calib.decision = {quantize = "static", granularity = "tensor", weight_method = "minmax", weights = "s8"}}
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %3 = calib.observe %2 stat = @seen : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %3 : tensor<2x2xf32>
}
