// Weights as integers: per output channel, for all at once, with room for the bias.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-weights | FileCheck %s
// RUN: not limbeck-opt %S/Inputs/blocks.mlir --limbeck-quantize-weights 2>&1 | FileCheck %s --check-prefix=BLOCK
// RUN: not limbeck-opt %S/Inputs/gptq.mlir --limbeck-quantize-weights 2>&1 | FileCheck %s --check-prefix=GPTQ
// BLOCK: contractions of integers take weights of s8 with one scale per channel or tensor, found s8 per block
// GPTQ: expected a Gram matrix of tensor 'x', found none

// Columns with 1.27, 2.54 and 0: scales 0.01, 0.02 and 1.
// CHECK-LABEL: func @channels
// CHECK: %[[W:.*]] = limbeck.const dense<{{\[}}[127, -127, 0], [64, 50, 0]]> : tensor<2x3xsi8>
// CHECK: %[[Q:.*]] = limbeck.storage_cast %[[W]] : (tensor<2x3xsi8>) -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,0.019999999552965164,1.000000e+00}>>
// CHECK: %[[D:.*]] = limbeck.dequantize %[[Q]]
// CHECK: limbeck.matmul %arg0, %[[D]]
func.func @channels(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = limbeck.const dense<[[1.27, -2.54, 0.0], [0.64, 1.0, 0.0]]> : tensor<2x3xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// CHECK-LABEL: func @tensor
// CHECK: limbeck.const dense<{{\[}}[64, -127, 0], [32, 50, 0]]> : tensor<2x3xsi8>
// CHECK: tensor<2x3x!quant.uniform<i8<-127:127>:f32, 0.019999999552965164>>
func.func @tensor(%x: tensor<4x2xf32>) -> tensor<4x3xf32> {
  %w = limbeck.const dense<[[1.27, -2.54, 0.0], [0.64, 1.0, 0.0]]> : tensor<2x3xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", granularity = "tensor", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// A bias of 1e9 in units of 0.5 times the scale must stay below 2^30: the scale of its channel grows.
// CHECK-LABEL: func @room
// CHECK: tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,1.862645149230957}>>
func.func @room(%x: tensor<4x2x!quant.uniform<u8:f32, 0.5>>) -> tensor<4x2xf32> {
  %d = limbeck.dequantize %x : (tensor<4x2x!quant.uniform<u8:f32, 0.5>>) -> tensor<4x2xf32>
  %w = limbeck.const dense<[[1.27, 1.27], [0.64, 1.0]]> : tensor<2x2xf32>
  %b = limbeck.const dense<[1.0, 1.0e9]> : tensor<2xf32>
  %y = limbeck.matmul %d, %w, %b {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// A slice of the weights of a transposed convolution serves a channel of each group: the bias of 1e9 is that of the second one.
// CHECK-LABEL: func @room_in_groups
// CHECK: tensor<2x2x1x1x!quant.uniform<i8<-127:127>:f32:1, {0.0099999997764825821,1.862645149230957}>>
func.func @room_in_groups(%x: tensor<1x2x1x1x!quant.uniform<u8:f32, 0.5>>) -> tensor<1x4x1x1xf32> {
  %d = limbeck.dequantize %x : (tensor<1x2x1x1x!quant.uniform<u8:f32, 0.5>>) -> tensor<1x2x1x1xf32>
  %w = limbeck.const dense<[[[[1.27]], [[1.27]]], [[[0.64]], [[1.0]]]]> : tensor<2x2x1x1xf32>
  %b = limbeck.const dense<[1.0, 1.0, 1.0, 1.0e9]> : tensor<4xf32>
  %y = limbeck.conv_transpose %d, %w, %b strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 2 layout = "NCHW"
    {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<1x2x1x1xf32>, tensor<2x2x1x1xf32>, tensor<4xf32>) -> tensor<1x4x1x1xf32>
  return %y : tensor<1x4x1x1xf32>
}

// -----

// 1.0 falls between two steps of the scale that 2.0 asks for: mse clips the one and meets the others. Without a decision nothing
// happens.
// CHECK-LABEL: func @least_squares
// CHECK: tensor<2x8x!quant.uniform<i8<-127:127>:f32, 0.0155{{.*}}>>
// CHECK: limbeck.matmul %{{.*}}, %{{.*}} {calib.decision
// CHECK: %[[W:.*]] = limbeck.const dense<{{.*}}tensor<2x8xf32>
// CHECK: limbeck.matmul %{{.*}}, %[[W]] :
func.func @least_squares(%x: tensor<4x2xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %w = limbeck.const dense<[[2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<2x8xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "static", granularity = "tensor", weight_method = "mse", weights = "s8"}}
    : (tensor<4x2xf32>, tensor<2x8xf32>) -> tensor<4x8xf32>
  %v = limbeck.const dense<1.0> : tensor<2x8xf32>
  %z = limbeck.matmul %x, %v : (tensor<4x2xf32>, tensor<2x8xf32>) -> tensor<4x8xf32>
  return %y, %z : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Weights alone, in blocks of 16 along the depth: 0.7 and 1.4 in the first column have scales of 0.1 and 0.2.
// CHECK-LABEL: func @blocks
// CHECK-DAG: %[[W:.*]] = limbeck.const dense<{{.*}}> : tensor<32x1xsi4>
// CHECK-DAG: %[[S:.*]] = limbeck.const dense<{{\[}}[9.997550e-02], [1.999510e-01]]> : tensor<2x1xf16>
// CHECK-DAG: %[[Z:.*]] = limbeck.const dense<0> : tensor<2x1xsi4>
// CHECK: %[[D:.*]] = limbeck.dequantize_by %[[W]], %[[S]], %[[Z]] axis = 0 block_size = 16 to = f32
// CHECK: limbeck.matmul %arg0, %[[D]]
func.func @blocks(%x: tensor<4x32xf32>) -> tensor<4x1xf32> {
  %w = limbeck.const dense<[[0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7],
    [1.4], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7], [0.7]]> : tensor<32x1xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "weights", granularity = "block", block = "16", weight_method = "minmax", weights = "s4"}}
    : (tensor<4x32xf32>, tensor<32x1xf32>) -> tensor<4x1xf32>
  return %y : tensor<4x1xf32>
}

// -----

// Per column, the scales are in the type.
// CHECK-LABEL: func @columns
// CHECK: limbeck.const dense<{{\[}}[7, -7], [4, 3]]> : tensor<2x2xsi4>
// CHECK: tensor<2x2x!quant.uniform<i4<-7:7>:f32:1, {0.10000000149011612,0.20000000298023224}>>
func.func @columns(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = limbeck.const dense<[[0.7, -1.4], [0.4, 0.6]]> : tensor<2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "weights", granularity = "channel", weight_method = "minmax", weights = "s4"}}
    : (tensor<4x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// What is no matrix is left alone.
// CHECK-LABEL: func @batches
// CHECK-NOT: limbeck.dequantize
// CHECK: return
func.func @batches(%x: tensor<3x4x2xf32>) -> tensor<3x4x2xf32> {
  %w = limbeck.const dense<0.5> : tensor<3x2x2xf32>
  %y = limbeck.matmul %x, %w {calib.decision = {quantize = "weights", granularity = "channel", weight_method = "minmax", weights = "s8"}}
    : (tensor<3x4x2xf32>, tensor<3x2x2xf32>) -> tensor<3x4x2xf32>
  return %y : tensor<3x4x2xf32>
}

// -----

// An edge filter: rounded one by one, 1.0, -0.496 and -0.504 are 127, -63 and -64, whose sum is that of the weights. The second filter
// is 127, 42, 42, 42 but for its sum of 1.99: one of three equal weights goes up. Without keep_sums it does not.
// CHECK-LABEL: func @sums
// CHECK: limbeck.const dense<{{\[}}{{\[}}{{\[}}[127, -63, -64, 0]]], {{\[}}{{\[}}[127, 43, 42, 42]]]]> : tensor<2x1x1x4xsi8>
// CHECK: limbeck.const dense<{{\[}}{{\[}}{{\[}}[127, -63, -64, 0]]], {{\[}}{{\[}}[127, 42, 42, 42]]]]> : tensor<2x1x1x4xsi8>
func.func @sums(%x: tensor<1x2x1x4xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) {
  %w = limbeck.const dense<[[[[1.0, -0.496, -0.504, 0.0]]], [[[1.0, 0.334, 0.334, 0.334]]]]> : tensor<2x1x1x4xf32>
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 2 layout = "NCHW"
    {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8", keep_sums = "depthwise"}}
    : (tensor<1x2x1x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x1x1xf32>
  %z = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 2 layout = "NCHW"
    {calib.decision = {quantize = "static", granularity = "channel", weight_method = "minmax", weights = "s8", keep_sums = "none"}}
    : (tensor<1x2x1x4xf32>, tensor<2x1x1x4xf32>) -> tensor<1x2x1x1xf32>
  return %y, %z : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>
}
