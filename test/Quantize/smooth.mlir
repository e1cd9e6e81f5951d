// Large channels become smaller, and the weights that read them larger.
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-smooth=statistics=%S/Inputs/magnitudes.json" | FileCheck %s
// RUN: limbeck-opt %s -split-input-file "--limbeck-quantize-smooth=statistics=%S/Inputs/magnitudes.json" --remarks-filter=quantize --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// With alpha 0.5, s = sqrt(64 / 1) and sqrt(1 / 1), relative to their geometric mean: sqrt(8) and 1 / sqrt(8). The product in front
// takes 1 / s in its columns and its bias.
// CHECK-LABEL: func @main
// CHECK-DAG: %[[U:.*]] = limbeck.const dense<{{\[\[}}0.353553{{[0-9]*}}, 2.828427{{[0-9]*}}], [0.353553{{[0-9]*}}, 2.828427{{[0-9]*}}]]> : tensor<2x2xf32>
// CHECK-DAG: %[[B:.*]] = limbeck.const dense<[0.353553{{[0-9]*}}, 5.656854{{[0-9]*}}]> : tensor<2xf32>
// CHECK: limbeck.matmul %{{.*}}, %[[U]], %[[B]]
// CHECK-NEXT: limbeck.relu
// CHECK: %[[W:.*]] = limbeck.const dense<{{\[\[}}2.828427{{[0-9]*}}, 2.828427{{[0-9]*}}], [0.353553{{[0-9]*}}, 0.353553{{[0-9]*}}]]> : tensor<2x2xf32>
// CHECK-NEXT: limbeck.matmul %{{.*}}, %[[W]]
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %u = limbeck.const dense<1.0> : tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
  %w = limbeck.const dense<[[1.0, 1.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %a = limbeck.matmul %x, %u, %b {calib.decision = {quantize = "static", smooth = "none"}} : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  %r = limbeck.relu %a : (tensor<4x2xf32>) -> tensor<4x2xf32>
  %y = limbeck.matmul %r, %w {calib.decision = {quantize = "static", smooth = "0.5", input = "r", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A sum around the product reads the norm, too: a multiplication for the product alone, which shares it with its neighbour.
// CHECK-LABEL: func @main
// CHECK: %[[N:.*]], %{{.*}}, %{{.*}} = limbeck.layer_norm
// CHECK: %[[F:.*]] = limbeck.const dense<[0.353553{{[0-9]*}}, 2.828427{{[0-9]*}}]> : tensor<2xf32>
// CHECK: %[[D:.*]] = limbeck.mul %[[N]], %[[F]] arith = "" {calib.smoothing}
// CHECK: limbeck.matmul %[[D]]
// CHECK: limbeck.matmul %[[D]]
// CHECK: limbeck.add %{{.*}}, %[[N]]
// REMARK: a multiplication divides what matmul reads
func.func @main(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %s = limbeck.const dense<1.0> : tensor<2xf32>
  %w = limbeck.const dense<[[1.0, 0.5], [1.0, 0.5]]> : tensor<2x2xf32>
  %n, %m, %i = limbeck.layer_norm %x, %s axis = 1 epsilon = 1.0e-5 : (tensor<4x2xf32>, tensor<2xf32>) -> (tensor<4x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>)
  %y = limbeck.matmul %n, %w {calib.decision = {quantize = "static", smooth = "0.5", input = "x", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %v = limbeck.matmul %n, %w {calib.decision = {quantize = "static", smooth = "0.5", input = "x", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z = limbeck.add %y, %n arith = "" : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x2xf32>
  return %z, %v : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// The norm takes the factors where nothing else reads it. Of all exponents, 0.65 has the least error.
// CHECK-LABEL: func @main
// CHECK: %[[S:.*]] = limbeck.const dense<[0.258816{{[0-9]*}}, 3.863745{{[0-9]*}}]> : tensor<2xf32>
// CHECK: limbeck.layer_norm %{{.*}}, %[[S]]
// CHECK-NOT: limbeck.mul
// CHECK: return
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = limbeck.const dense<1.0> : tensor<2xf32>
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  %n, %m, %i = limbeck.layer_norm %x, %s axis = 1 epsilon = 1.0e-5 : (tensor<4x2xf32>, tensor<2xf32>) -> (tensor<4x2xf32>, tensor<4x1xf32>, tensor<4x1xf32>)
  %y = limbeck.matmul %n, %w {calib.decision = {quantize = "static", smooth = "auto", input = "x", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// Channels that are alike stay, as do those of a contraction that nothing is said of.
// CHECK-LABEL: func @main
// CHECK-NOT: limbeck.mul
// CHECK: return
// REMARK: matmul: smoothing its input would add to the errors
func.func @main(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", smooth = "auto", input = "even", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %z = limbeck.matmul %y, %w {calib.decision = {quantize = "static", smooth = "none"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y, %z : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

// A tensor without magnitudes, as its readers have channels along different dimensions, stays as it is.
// REMARK: no magnitudes of 'z', whose readers have channels along different dimensions
// CHECK-LABEL: func @main
// CHECK: limbeck.const dense<1.000000e+00> : tensor<2x2xf32>
// CHECK-NEXT: limbeck.matmul
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<1.0> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", smooth = "auto", input = "z", granularity = "channel"}} : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
