// With the precision bf16, contractions of f32 read bf16 and accumulate in f32.
// RUN: limbeck-opt %s --split-input-file --limbeck-quantize-reduce-precision --limbeck-graph-fold-constants --verify-diagnostics | FileCheck %s

module attributes {limbeck.precision = "bf16"} {
  // CHECK-LABEL: @operands_are_rounded(
  func.func @operands_are_rounded(%x: tensor<1x3x8x8xf32>, %b: tensor<4xf32>) -> tensor<1x4x8x8xf32> {
    // CHECK-DAG: %[[W:.*]] = limbeck.const dense<1.101560e+00> : tensor<4x3x1x1xbf16>
    // CHECK-DAG: %[[X:.*]] = limbeck.cast %arg0 to = bf16
    // CHECK: limbeck.conv %[[X]], %[[W]], %arg1 {{.*}} accumulate = f32 : (tensor<1x3x8x8xbf16>, tensor<4x3x1x1xbf16>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
    %w = limbeck.const dense<1.1> : tensor<4x3x1x1xf32>
    %y = limbeck.conv %x, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
    return %y : tensor<1x4x8x8xf32>
  }

  // CHECK-LABEL: @a_subnormal_bias_is_none(
  func.func @a_subnormal_bias_is_none(%x: tensor<1x3x8x8xf32>) -> tensor<1x2x8x8xf32> {
    // CHECK-DAG: limbeck.const dense<[0.000000e+00, 1.000000e+00]> : tensor<2xf32>
    %w = limbeck.const dense<1.0> : tensor<2x3x1x1xf32>
    %b = limbeck.const dense<[1.0e-40, 1.0]> : tensor<2xf32>
    %y = limbeck.conv %x, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" : (tensor<1x3x8x8xf32>, tensor<2x3x1x1xf32>, tensor<2xf32>) -> tensor<1x2x8x8xf32>
    return %y : tensor<1x2x8x8xf32>
  }

  // A product of two values, and one whose operands are one.
  // CHECK-LABEL: @both_operands(
  func.func @both_operands(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
    // CHECK: limbeck.matmul %{{.*}}, %{{.*}} accumulate = f32 : (tensor<4x4xbf16>, tensor<4x4xbf16>) -> tensor<4x4xf32>
    // CHECK: limbeck.matmul %{{.*}}, %{{.*}} accumulate = f32 : (tensor<4x4xbf16>, tensor<4x4xbf16>) -> tensor<4x4xf32>
    %0 = limbeck.matmul %x, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = limbeck.matmul %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
  }

  // Between two contractions a value is rounded once, and what moves its elements moves half the bytes.
  // CHECK-LABEL: @moved_in_bf16(
  func.func @moved_in_bf16(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
    // CHECK: %[[P:.*]] = limbeck.matmul
    // CHECK: %[[R:.*]] = limbeck.relu %[[P]]
    // CHECK: %[[C:.*]] = limbeck.cast %[[R]] to = bf16
    // CHECK: %[[T:.*]] = limbeck.transpose %[[C]] {{.*}} -> tensor<4x4xbf16>
    // CHECK: limbeck.matmul %[[T]]
    %0 = limbeck.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = limbeck.relu %0 : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %2 = limbeck.transpose %1 perm = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = limbeck.matmul %2, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %3 : tensor<4x4xf32>
  }

  // The residual reads the rounded value.
  // CHECK-LABEL: @shared_with_elementwise(
  func.func @shared_with_elementwise(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
    // CHECK: %[[C:.*]] = limbeck.cast %{{.*}} to = bf16
    // CHECK: %[[R:.*]] = limbeck.relu
    // CHECK: %[[N:.*]] = limbeck.cast %[[R]] to = bf16
    // CHECK: %[[V:.*]] = limbeck.cast %[[N]] to = f32
    // CHECK: %[[Y:.*]] = limbeck.matmul %[[N]]
    // CHECK: limbeck.add %[[Y]], %[[V]]
    %0 = limbeck.matmul %x, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = limbeck.relu %0 : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %2 = limbeck.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = limbeck.add %2, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %3 : tensor<4x4xf32>
  }

  // An output of the model and a softmax keep f32.
  // CHECK-LABEL: @others_keep_f32(
  func.func @others_keep_f32(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
    // CHECK: %[[R:.*]] = limbeck.relu
    // CHECK: %[[N:.*]] = limbeck.neg
    // CHECK: %[[S:.*]] = limbeck.softmax %[[N]] axis = 1 : (tensor<4x4xf32>) -> tensor<4x4xf32>
    // CHECK: return %[[R]], %[[S]]
    %0 = limbeck.relu %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %1 = limbeck.neg %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %2 = limbeck.softmax %1 axis = 1 : (tensor<4x4xf32>) -> tensor<4x4xf32>
    %3 = limbeck.matmul %0, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    return %0, %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  }

  // Integers, doubles and halves are what they are.
  // CHECK-LABEL: @other_types(
  // CHECK-NOT: accumulate
  // CHECK: return
  func.func @other_types(%x: tensor<4x4x!quant.uniform<u8:f32, 0.5:7>>, %w: tensor<4x4x!quant.uniform<i8:f32, 0.5>>, %d: tensor<4x4xf64>, %h: tensor<4x4xbf16>)
      -> (tensor<4x4xf32>, tensor<4x4xf64>, tensor<4x4xbf16>) {
    %0 = limbeck.matmul %x, %w : (tensor<4x4x!quant.uniform<u8:f32, 0.5:7>>, tensor<4x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<4x4xf32>
    %1 = limbeck.matmul %d, %d : (tensor<4x4xf64>, tensor<4x4xf64>) -> tensor<4x4xf64>
    %2 = limbeck.matmul %h, %h : (tensor<4x4xbf16>, tensor<4x4xbf16>) -> tensor<4x4xbf16>
    return %0, %1, %2 : tensor<4x4xf32>, tensor<4x4xf64>, tensor<4x4xbf16>
  }
}

// -----

// CHECK-LABEL: @without_the_attribute(
// CHECK-NEXT: limbeck.matmul %arg0, %arg0 : (tensor<4x4xf32>
func.func @without_the_attribute(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = limbeck.matmul %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

// expected-error @+1 {{expected "bf16" or "f16" in 'limbeck.precision', found "f8"; without the attribute, floats are f32}}
module attributes {limbeck.precision = "f8"} {
}
