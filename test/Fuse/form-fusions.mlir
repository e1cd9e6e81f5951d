// Every op ends in a region: a core and what follows from it, or pointwise ops alone.
// RUN: limbeck-opt %s --limbeck-fuse-form-fusions --mlir-print-debuginfo --mlir-use-nameloc-as-prefix=false | FileCheck %s

// CHECK-LABEL: @core_and_what_follows
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32> {{.*}}, %[[W:.*]]: tensor<3x4xf32> {{.*}}, %[[B:.*]]: tensor<4xf32>
func.func @core_and_what_follows(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: %[[Y:.*]] = limbeck.fused %[[X]], %[[W]], %[[B]] kind = "matmul"
  // CHECK: ^bb0(%[[XA:.*]]: tensor<2x3xf32> {{.*}}, %[[WA:.*]]: tensor<3x4xf32> {{.*}}, %[[BA:.*]]: tensor<4xf32>
  // CHECK: %[[M:.*]] = limbeck.matmul %[[XA]], %[[WA]]
  // CHECK: %[[A:.*]] = limbeck.add %[[M]], %[[BA]]
  // CHECK: limbeck.yield %[[A]]
  // CHECK: } loc(#[[LOCATION:.*]])
  // CHECK: return %[[Y]]
  %0 = limbeck.matmul %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32> loc("node_a")
  %1 = limbeck.add %0, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32> loc("node_b")
  return %1 : tensor<2x4xf32>
}

// The parameters of a batch normalization over the innermost dimension broadcast: it follows like any op of its shape.
// CHECK-LABEL: @batch_norm_of_last_channels
func.func @batch_norm_of_last_channels(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %p: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK: limbeck.fused {{.*}} kind = "matmul"
  // CHECK: limbeck.matmul
  // CHECK-NEXT: limbeck.batch_norm
  // CHECK-NOT: limbeck.fused
  // CHECK: return
  %0 = limbeck.matmul %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %1 = limbeck.batch_norm %0, %p, %p, %p, %p axis = 1 epsilon = 1.0
    : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// Over another dimension it is a core.
// CHECK-LABEL: @batch_norm_of_first_channels
func.func @batch_norm_of_first_channels(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %p: tensor<2xf32>) -> tensor<2x4xf32> {
  // CHECK: limbeck.fused {{.*}} kind = "matmul"
  // CHECK: limbeck.fused {{.*}} kind = "batch_norm"
  %0 = limbeck.matmul %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
  %1 = limbeck.batch_norm %0, %p, %p, %p, %p axis = 0 epsilon = 1.0
    : (tensor<2x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// CHECK-LABEL: @nothing_in_front_of_a_core
func.func @nothing_in_front_of_a_core(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  // CHECK: limbeck.fused {{.*}} kind = "elementwise"
  // CHECK: limbeck.fused {{.*}} kind = "transpose"
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.transpose %0 perm = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// Quantized constants are operands as well.
// CHECK-LABEL: @constants_stay_outside
func.func @constants_stay_outside(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[C:.*]] = limbeck.const
  // CHECK: %[[S:.*]] = limbeck.storage_cast %[[C]]
  // CHECK: limbeck.fused %arg0, %[[S]] kind = "elementwise"
  %c = limbeck.const dense<[1, 2]> : tensor<2xui8>
  %s = limbeck.storage_cast %c : (tensor<2xui8>) -> tensor<2x!quant.uniform<u8:f32, 0.5:7>>
  %0 = limbeck.mul %x, %s : (tensor<2xf32>, tensor<2x!quant.uniform<u8:f32, 0.5:7>>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @views_stay_alone
func.func @views_stay_alone(%x: tensor<2x3xui8>) -> tensor<6xf32> {
  // CHECK: limbeck.fused %arg0 kind = "reshape"
  // CHECK: limbeck.reshape
  // CHECK: limbeck.fused {{.*}} kind = "elementwise"
  // CHECK: limbeck.storage_cast
  // CHECK: limbeck.dequantize
  %0 = limbeck.reshape %x shape = [6] : (tensor<2x3xui8>) -> tensor<6xui8>
  %1 = limbeck.storage_cast %0 : (tensor<6xui8>) -> tensor<6x!quant.uniform<u8:f32, 0.5:7>>
  %2 = limbeck.dequantize %1 : (tensor<6x!quant.uniform<u8:f32, 0.5:7>>) -> tensor<6xf32>
  return %2 : tensor<6xf32>
}

// A border joins what it surrounds; the result without it is one more of the region.
// CHECK-LABEL: @borders
func.func @borders(%x: tensor<2x3xf32>) -> (tensor<4x3xf32>, tensor<2x3xf32>, tensor<2x4xf32>) {
  // CHECK: %[[A:.*]] = limbeck.fused %arg0 kind = "elementwise" : (tensor<2x3xf32>) -> tensor<4x3xf32>
  // CHECK: %[[N:.*]] = limbeck.neg
  // CHECK: %[[P:.*]] = limbeck.pad %[[N]]
  // CHECK: limbeck.yield %[[P]]
  // CHECK: %[[B:.*]]:2 = limbeck.fused %arg0 kind = "elementwise" : (tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x4xf32>)
  // CHECK: %[[E:.*]] = limbeck.exp
  // CHECK: %[[Q:.*]] = limbeck.pad %[[E]]
  // CHECK: limbeck.yield %[[E]], %[[Q]]
  // CHECK: return %[[A]], %[[B]]#0, %[[B]]#1
  %0 = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = limbeck.pad %0 pads = [1, 0, 1, 0] mode = "constant" : (tensor<2x3xf32>) -> tensor<4x3xf32>
  %2 = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = limbeck.pad %2 pads = [0, 0, 0, 1] mode = "constant" : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return %1, %2, %3 : tensor<4x3xf32>, tensor<2x3xf32>, tensor<2x4xf32>
}

// An argument and a view have no kernel that could write a border; edges are no border.
// CHECK-LABEL: @pads_alone
func.func @pads_alone(%x: tensor<6xf32>) -> (tensor<7xf32>, tensor<2x4xf32>, tensor<7xf32>) {
  // CHECK-COUNT-2: kind = "pad"
  // CHECK: kind = "elementwise"
  // CHECK: kind = "pad"
  %0 = limbeck.pad %x pads = [0, 1] mode = "constant" : (tensor<6xf32>) -> tensor<7xf32>
  %1 = limbeck.reshape %x shape = [2, 3] : (tensor<6xf32>) -> tensor<2x3xf32>
  %2 = limbeck.pad %1 pads = [0, 1, 0, 0] mode = "constant" : (tensor<2x3xf32>) -> tensor<2x4xf32>
  %3 = limbeck.neg %x : (tensor<6xf32>) -> tensor<6xf32>
  %4 = limbeck.pad %3 pads = [0, 1] mode = "edge" : (tensor<6xf32>) -> tensor<7xf32>
  return %0, %2, %4 : tensor<7xf32>, tensor<2x4xf32>, tensor<7xf32>
}

// Each element-wise op widens what it reads itself, also behind a core; a core reads no operand that is computed in front of it.
// CHECK-LABEL: @widened_operands_join
func.func @widened_operands_join(%x: tensor<4x4xbf16>, %r: tensor<4x4xbf16>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>) {
  // CHECK: limbeck.fused %arg0, %arg1 kind = "matmul"
  // CHECK: limbeck.matmul
  // CHECK: limbeck.cast
  // CHECK: limbeck.add
  // CHECK: limbeck.fused %arg1 kind = "elementwise"
  // CHECK: limbeck.cast
  // CHECK: limbeck.neg
  // CHECK: limbeck.fused {{.*}} kind = "reduce_sum"
  %w = limbeck.cast %r to = f32 : (tensor<4x4xbf16>) -> tensor<4x4xf32>
  %0 = limbeck.matmul %x, %x accumulate = f32 : (tensor<4x4xbf16>, tensor<4x4xbf16>) -> tensor<4x4xf32>
  %1 = limbeck.add %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = limbeck.neg %w : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = limbeck.reduce_sum %w axes = [0, 1] keepdims = false : (tensor<4x4xf32>) -> tensor<f32>
  return %1, %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>
}

// CHECK-LABEL: @unused_ops_go
func.func @unused_ops_go(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK-NEXT: return %arg0
  %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
  return %x : tensor<2xf32>
}

// CHECK-DAG: #[[A:.*]] = loc("node_a")
// CHECK-DAG: #[[B:.*]] = loc("node_b")
// CHECK: #[[LOCATION]] = loc(fused[#[[A]], #[[B]]])
