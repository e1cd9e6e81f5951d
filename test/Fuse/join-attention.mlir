// Two products, the softmax between them and the transposes around them become one region; each op and each rounding stays.
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --limbeck-fuse-join-attention --limbeck-verify-fuse | FileCheck %s
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --limbeck-fuse-join-attention --remarks-filter=fuse --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: @heads
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x2x4xf32>, %[[K:.*]]: tensor<1x16x2x4xf32>, %[[V:.*]]: tensor<1x16x2x4xf32>, %[[M:.*]]: tensor<1x1x1x16xf32>
func.func @heads(%q: tensor<1x8x2x4xf32>, %k: tensor<1x16x2x4xf32>, %v: tensor<1x16x2x4xf32>, %mask: tensor<1x1x1x16xf32>) -> tensor<1x8x2x4xf32> {
  // CHECK: %[[Y:.*]] = limbeck.fused %[[Q]], %[[K]], %[[V]], %[[M]] kind = "attention"
  // CHECK: limbeck.transpose %{{.*}} perm = [0, 2, 1, 3]
  // CHECK: limbeck.transpose %{{.*}} perm = [0, 2, 3, 1]
  // CHECK: limbeck.transpose %{{.*}} perm = [0, 2, 1, 3]
  // CHECK: limbeck.matmul
  // CHECK: limbeck.add
  // CHECK: limbeck.softmax
  // CHECK: limbeck.matmul
  // CHECK: %[[T:.*]] = limbeck.transpose %{{.*}} perm = [0, 2, 1, 3]
  // CHECK: limbeck.yield %[[T]]
  // CHECK-NOT: limbeck.fused
  // CHECK: return %[[Y]]
  %0 = limbeck.transpose %q perm = [0, 2, 1, 3] : (tensor<1x8x2x4xf32>) -> tensor<1x2x8x4xf32>
  %1 = limbeck.transpose %k perm = [0, 2, 3, 1] : (tensor<1x16x2x4xf32>) -> tensor<1x2x4x16xf32>
  %2 = limbeck.transpose %v perm = [0, 2, 1, 3] : (tensor<1x16x2x4xf32>) -> tensor<1x2x16x4xf32>
  %3 = limbeck.matmul %0, %1 : (tensor<1x2x8x4xf32>, tensor<1x2x4x16xf32>) -> tensor<1x2x8x16xf32>
  %4 = limbeck.add %3, %mask : (tensor<1x2x8x16xf32>, tensor<1x1x1x16xf32>) -> tensor<1x2x8x16xf32>
  %5 = limbeck.softmax %4 axis = 3 : (tensor<1x2x8x16xf32>) -> tensor<1x2x8x16xf32>
  %6 = limbeck.matmul %5, %2 : (tensor<1x2x8x16xf32>, tensor<1x2x16x4xf32>) -> tensor<1x2x8x4xf32>
  %7 = limbeck.transpose %6 perm = [0, 2, 1, 3] : (tensor<1x2x8x4xf32>) -> tensor<1x8x2x4xf32>
  return %7 : tensor<1x8x2x4xf32>
}

// CHECK-LABEL: @bytes
// CHECK: limbeck.fused {{.*}} kind = "attention"
// CHECK: limbeck.matmul
// CHECK: limbeck.dequantize
// CHECK: limbeck.softmax
// CHECK: limbeck.quantize
// CHECK: limbeck.matmul
// CHECK-NOT: limbeck.fused
func.func @bytes(%q: tensor<8x4x!quant.uniform<u8:f32, 0.03125:7>>, %k: tensor<4x16x!quant.uniform<u8:f32, 0.03125:130>>, %v: tensor<16x4x!quant.uniform<i8:f32, 0.03125:3>>) -> tensor<8x4x!quant.uniform<u8:f32, 0.0625>> {
  %0 = limbeck.matmul %q, %k : (tensor<8x4x!quant.uniform<u8:f32, 0.03125:7>>, tensor<4x16x!quant.uniform<u8:f32, 0.03125:130>>) -> tensor<8x16x!quant.uniform<u8:f32, 0.125:100>>
  %1 = limbeck.dequantize %0 : (tensor<8x16x!quant.uniform<u8:f32, 0.125:100>>) -> tensor<8x16xf32>
  %2 = limbeck.softmax %1 axis = 1 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %3 = limbeck.quantize %2 : (tensor<8x16xf32>) -> tensor<8x16x!quant.uniform<u8:f32, 0.00390625>>
  %4 = limbeck.matmul %3, %v : (tensor<8x16x!quant.uniform<u8:f32, 0.00390625>>, tensor<16x4x!quant.uniform<i8:f32, 0.03125:3>>) -> tensor<8x4x!quant.uniform<u8:f32, 0.0625>>
  return %4 : tensor<8x4x!quant.uniform<u8:f32, 0.0625>>
}

// A transpose of the result that cuts its rows stays a kernel of its own; so does one of an operand that has no runs.
// CHECK-LABEL: @cut_rows
// CHECK: limbeck.fused {{.*}} kind = "transpose"
// CHECK: limbeck.fused {{.*}} kind = "attention"
// CHECK: limbeck.fused {{.*}} kind = "transpose"
func.func @cut_rows(%q: tensor<2x8x4xf32>, %k: tensor<16x4x2xf32>, %v: tensor<2x16x4xf32>) -> tensor<2x4x8xf32> {
  %0 = limbeck.transpose %k perm = [2, 1, 0] : (tensor<16x4x2xf32>) -> tensor<2x4x16xf32>
  %1 = limbeck.matmul %q, %0 : (tensor<2x8x4xf32>, tensor<2x4x16xf32>) -> tensor<2x8x16xf32>
  %2 = limbeck.softmax %1 axis = 2 : (tensor<2x8x16xf32>) -> tensor<2x8x16xf32>
  %3 = limbeck.matmul %2, %v : (tensor<2x8x16xf32>, tensor<2x16x4xf32>) -> tensor<2x8x4xf32>
  %4 = limbeck.transpose %3 perm = [0, 2, 1] : (tensor<2x8x4xf32>) -> tensor<2x4x8xf32>
  return %4 : tensor<2x4x8xf32>
}

// CHECK-LABEL: @probabilities_leave
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: the scores or the probabilities are used elsewhere
func.func @probabilities_leave(%q: tensor<8x4xf32>, %k: tensor<4x16xf32>, %v: tensor<16x4xf32>) -> (tensor<8x4xf32>, tensor<8x16xf32>) {
  %0 = limbeck.matmul %q, %k : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = limbeck.matmul %1, %v : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
  return %2, %1 : tensor<8x4xf32>, tensor<8x16xf32>
}

// CHECK-LABEL: @over_rows
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: the softmax is not over keys
func.func @over_rows(%q: tensor<8x4xf32>, %k: tensor<4x16xf32>, %v: tensor<16x4xf32>) -> tensor<8x4xf32> {
  %0 = limbeck.matmul %q, %k : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = limbeck.softmax %0 axis = 0 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = limbeck.matmul %1, %v : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
  return %2 : tensor<8x4xf32>
}

// CHECK-LABEL: @one_query
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: packing keys and values does not pay for 1 rows of queries
func.func @one_query(%q: tensor<1x4xf32>, %k: tensor<4x16xf32>, %v: tensor<16x4xf32>) -> tensor<1x4xf32> {
  %0 = limbeck.matmul %q, %k : (tensor<1x4xf32>, tensor<4x16xf32>) -> tensor<1x16xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<1x16xf32>) -> tensor<1x16xf32>
  %2 = limbeck.matmul %1, %v : (tensor<1x16xf32>, tensor<16x4xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// CHECK-LABEL: @many_keys
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: the keys and values of one head and their scores take 1843200 bytes, more than 393216
func.func @many_keys(%q: tensor<8x64xf32>, %k: tensor<64x4096xf32>, %v: tensor<4096x64xf32>) -> tensor<8x64xf32> {
  %0 = limbeck.matmul %q, %k : (tensor<8x64xf32>, tensor<64x4096xf32>) -> tensor<8x4096xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<8x4096xf32>) -> tensor<8x4096xf32>
  %2 = limbeck.matmul %1, %v : (tensor<8x4096xf32>, tensor<4096x64xf32>) -> tensor<8x64xf32>
  return %2 : tensor<8x64xf32>
}

// Rows of 1000 values fill no vectors: all of them are packed.
// CHECK-LABEL: @wide_values
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: the keys and values of one head and their scores take 8784896 bytes, more than 393216
func.func @wide_values(%q: tensor<8x8xf32>, %k: tensor<8x2048xf32>, %v: tensor<2048x1000xf32>) -> tensor<8x1000xf32> {
  %0 = limbeck.matmul %q, %k : (tensor<8x8xf32>, tensor<8x2048xf32>) -> tensor<8x2048xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<8x2048xf32>) -> tensor<8x2048xf32>
  %2 = limbeck.matmul %1, %v : (tensor<8x2048xf32>, tensor<2048x1000xf32>) -> tensor<8x1000xf32>
  return %2 : tensor<8x1000xf32>
}

// CHECK-LABEL: @batches_differ
// CHECK-NOT: kind = "attention"
// REMARK: attention keeps its scores in memory: the two products have different batches
func.func @batches_differ(%q: tensor<8x4xf32>, %k: tensor<4x16xf32>, %v: tensor<3x16x4xf32>) -> tensor<3x8x4xf32> {
  %0 = limbeck.matmul %q, %k : (tensor<8x4xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %1 = limbeck.softmax %0 axis = 1 : (tensor<8x16xf32>) -> tensor<8x16xf32>
  %2 = limbeck.matmul %1, %v : (tensor<8x16xf32>, tensor<3x16x4xf32>) -> tensor<3x8x4xf32>
  return %2 : tensor<3x8x4xf32>
}
