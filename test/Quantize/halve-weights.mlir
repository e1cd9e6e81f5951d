// With the precision f16, constant weights of f32 are stored as f16; all else stays as it is.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-halve-weights --limbeck-graph-fold-constants --limbeck-graph-canonicalize --remarks-filter=quantize --remark-format=emitRemark 2>%t.remarks | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.remarks

module attributes {limbeck.precision = "f16"} {
  // CHECK-LABEL: func @product
  // CHECK: %[[W:.*]] = limbeck.const dense<{{\[\[}}9.997550e-02, -2.000000e+00]]> : tensor<1x2xf16>
  // CHECK: limbeck.matmul %arg0, %[[W]], %{{.*}} accumulate = f32 : (tensor<4x1xf32>, tensor<1x2xf16>, tensor<2xf32>) -> tensor<4x2xf32>
  func.func @product(%x: tensor<4x1xf32>, %b: tensor<2xf32>) -> tensor<4x2xf32> {
    %w = limbeck.const dense<[[0.1, -2.0]]> : tensor<1x2xf32>
    %y = limbeck.matmul %x, %w, %b : (tensor<4x1xf32>, tensor<1x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
    return %y : tensor<4x2xf32>
  }
  // Small weights beside one of normal size: a subnormal, the tie at 2^-25, and just above it.
  // CHECK-LABEL: func @small
  // CHECK: limbeck.const dense<{{\[\[}}6.103520e-05, 5.960460e-08, 0.000000e+00, 5.960460e-08]]> : tensor<1x4xf16>
  func.func @small(%x: tensor<4x1xf32>) -> tensor<4x4xf32> {
    %w = limbeck.const dense<[[0x38800000, 0x33800000, 0x33000000, 0x33000001]]> : tensor<1x4xf32>
    %y = limbeck.matmul %x, %w : (tensor<4x1xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>
    return %y : tensor<4x4xf32>
  }
  // Weights that would all be next to nothing, or nothing.
  // REMARK: matmul: its weights are below the normal numbers of f16
  // CHECK-LABEL: func @tiny
  // CHECK-NOT: f16
  // CHECK: return
  func.func @tiny(%x: tensor<4x1xf32>) -> tensor<4x2xf32> {
    %w = limbeck.const dense<[[1.0e-8, 6.1e-5]]> : tensor<1x2xf32>
    %y = limbeck.matmul %x, %w : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
    return %y : tensor<4x2xf32>
  }
  // A weight that would become infinite; weights that no constant gives.
  // REMARK: matmul: its weights exceed the range of f16
  // REMARK: matmul: its weights are no constant
  // CHECK-LABEL: func @kept
  // CHECK-NOT: accumulate
  func.func @kept(%x: tensor<4x1xf32>, %v: tensor<1x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
    %w = limbeck.const dense<[[0.1, 65520.0]]> : tensor<1x2xf32>
    %y = limbeck.matmul %x, %w : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
    %z = limbeck.matmul %x, %v : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
    return %y, %z : tensor<4x2xf32>, tensor<4x2xf32>
  }
}

// -----

// CHECK-LABEL: func @exact
// CHECK-NOT: f16
func.func @exact(%x: tensor<4x1xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<[[0.1, -2.0]]> : tensor<1x2xf32>
  %y = limbeck.matmul %x, %w : (tensor<4x1xf32>, tensor<1x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
