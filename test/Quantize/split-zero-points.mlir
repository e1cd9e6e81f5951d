// A zero point that only the run knows leaves the sum of products.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-split-zero-points | FileCheck %s

// CHECK-LABEL: func @matmul
// CHECK-DAG: %[[W:.*]] = limbeck.const dense<{{\[}}[-127, 2], [72, 127]]> : tensor<2x2xsi8>
// CHECK-DAG: %[[S:.*]] = limbeck.const dense<[-55, 129]> : tensor<2xsi32>
// CHECK-DAG: %[[N:.*]] = limbeck.const dense<0> : tensor<ui8>
// CHECK: %[[P:.*]] = limbeck.matmul_integer %arg0, %[[W]], %[[N]], %{{.*}} : (tensor<4x2xui8>, tensor<2x2xsi8>, tensor<ui8>, tensor<si8>)
// CHECK: %[[Z:.*]] = limbeck.cast %arg1 to = si32
// CHECK: %[[C:.*]] = limbeck.mul %[[Z]], %[[S]]
// CHECK: %[[Y:.*]] = limbeck.sub %[[P]], %[[C]]
// CHECK: return %[[Y]]
func.func @matmul(%x: tensor<4x2xui8>, %z: tensor<ui8>) -> tensor<4x2xsi32> {
  %w = limbeck.const dense<[[1, 130], [200, 255]]> : tensor<2x2xui8>
  %v = limbeck.const dense<128> : tensor<2xui8>
  %y = limbeck.matmul_integer %x, %w, %z, %v : (tensor<4x2xui8>, tensor<2x2xui8>, tensor<ui8>, tensor<2xui8>) -> tensor<4x2xsi32>
  return %y : tensor<4x2xsi32>
}

// -----

// The border is what stands for nothing.
// CHECK-LABEL: func @conv
// CHECK: %[[X:.*]] = limbeck.pad %arg0, %arg1 pads = [0, 0, 1, 0, 0, 0, 1, 2] mode = "constant"
// CHECK-SAME: -> tensor<1x2x6x6xui8>
// CHECK: limbeck.conv_integer %[[X]], {{.*}} pads = [0, 0, 0, 0]
// CHECK: limbeck.mul %{{.*}}, %{{.*}} : (tensor<si32>, tensor<3x1x1xsi32>) -> tensor<3x1x1xsi32>
func.func @conv(%x: tensor<1x2x4x4xui8>, %z: tensor<ui8>) -> tensor<1x3x4x4xsi32> {
  %w = limbeck.const dense<5> : tensor<3x2x3x3xsi8>
  %v = limbeck.const dense<0> : tensor<si8>
  %y = limbeck.conv_integer %x, %w, %z, %v strides = [1, 1] pads = [1, 0, 1, 2] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x2x4x4xui8>, tensor<3x2x3x3xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x3x4x4xsi32>
  return %y : tensor<1x3x4x4xsi32>
}

// -----

// CHECK-LABEL: func @kept
// CHECK-NOT: limbeck.sub
func.func @kept(%x: tensor<2x2xui8>, %z: tensor<ui8>, %rows: tensor<2xui8>, %any: tensor<2x2xsi8>)
    -> (tensor<2x2xsi32>, tensor<2x2xsi32>, tensor<2x2xsi32>, tensor<2x2xsi32>) {
  %w = limbeck.const dense<5> : tensor<2x2xsi8>
  %v = limbeck.const dense<0> : tensor<si8>
  %far = limbeck.const dense<-128> : tensor<si8>
  %wide = limbeck.const dense<100> : tensor<2x2xsi8>
  %known = limbeck.const dense<3> : tensor<ui8>
  %0 = limbeck.matmul_integer %x, %w, %known, %v : (tensor<2x2xui8>, tensor<2x2xsi8>, tensor<ui8>, tensor<si8>) -> tensor<2x2xsi32>
  %1 = limbeck.matmul_integer %x, %w, %rows, %v : (tensor<2x2xui8>, tensor<2x2xsi8>, tensor<2xui8>, tensor<si8>) -> tensor<2x2xsi32>
  %2 = limbeck.matmul_integer %x, %any, %z, %v : (tensor<2x2xui8>, tensor<2x2xsi8>, tensor<ui8>, tensor<si8>) -> tensor<2x2xsi32>
  %3 = limbeck.matmul_integer %x, %wide, %z, %far : (tensor<2x2xui8>, tensor<2x2xsi8>, tensor<ui8>, tensor<si8>) -> tensor<2x2xsi32>
  return %0, %1, %2, %3 : tensor<2x2xsi32>, tensor<2x2xsi32>, tensor<2x2xsi32>, tensor<2x2xsi32>
}
