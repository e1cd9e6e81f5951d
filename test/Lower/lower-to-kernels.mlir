// A fusion region becomes a kernel over buffers and a launch of it; views need none; what leaves twice is copied.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels --canonicalize --cse | FileCheck %s

module attributes {limbeck.target = "avx2"} {
  // CHECK-LABEL: func.func @elementwise(
  // CHECK-SAME: %[[X:.*]]: tensor<3x5xf32>)
  // CHECK: %[[Y:.*]] = limbeck.launch @kernel_0(%[[X]]) {facts = {{.*}}, kind = "elementwise"}
  // CHECK: return %[[Y]]
  func.func @elementwise(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<3x5xf32>) -> tensor<3x5xf32> {
    ^bb0(%a: tensor<3x5xf32>):
      %0 = limbeck.relu %a : (tensor<3x5xf32>) -> tensor<3x5xf32>
      limbeck.yield %0 : tensor<3x5xf32>
    }
    return %y : tensor<3x5xf32>
  }
  // Inputs, outputs, then the worker and the number of workers.
  // Tensors of one shape are one dimension; the last four of 15 begin at 11.
  // CHECK: func.func private @kernel_0(%[[IN:.*]]: memref<15xf32>, %[[OUT:.*]]: memref<15xf32>, %{{.*}}: index, %{{.*}}: index)
  // CHECK: scf.for %[[I:.*]] = %{{.*}} to %c12 step %c4
  // CHECK: %[[E:.*]] = vector.load %[[IN]][%[[I]]] : memref<15xf32>, vector<4xf32>
  // CHECK: %[[NEGATIVE:.*]] = arith.cmpf olt, %[[E]]
  // CHECK: %[[R:.*]] = arith.select %[[NEGATIVE]]
  // CHECK: vector.store %[[R]], %[[OUT]][%[[I]]]
  // CHECK: vector.load %[[IN]][%c11]
  // CHECK: vector.store %{{.*}}, %[[OUT]][%c11]
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Sixteen neighbours are one vector; a constant of one element is an immediate.
  // CHECK-LABEL: func.func @vectors(
  // CHECK: func.func private @kernel_0(
  // CHECK-NOT: memref<f32>
  // CHECK: vector.load {{.*}} : memref<64xf32>, vector<16xf32>
  // CHECK: arith.addf {{.*}} : vector<16xf32>
  // CHECK: vector.store
  func.func @vectors(%x: tensor<2x32xf32>) -> tensor<2x32xf32> {
    %c = limbeck.const dense<2.0> : tensor<f32>
    %y = limbeck.fused %x, %c kind = "elementwise" : (tensor<2x32xf32>, tensor<f32>) -> tensor<2x32xf32> {
    ^bb0(%a: tensor<2x32xf32>, %b: tensor<f32>):
      %0 = limbeck.add %a, %b : (tensor<2x32xf32>, tensor<f32>) -> tensor<2x32xf32>
      limbeck.yield %0 : tensor<2x32xf32>
    }
    return %y : tensor<2x32xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // The view itself stays, and an input that leaves is copied by a launch.
  // CHECK-LABEL: func.func @view(
  // CHECK: %[[V:.*]] = limbeck.reshape %{{.*}} shape = [15]
  // CHECK: limbeck.launch @kernel_0(%[[V]]) {facts = {{.*}}, kind = "copy"}
  func.func @view(%x: tensor<3x5xf32>) -> tensor<15xf32> {
    %y = limbeck.fused %x kind = "reshape" : (tensor<3x5xf32>) -> tensor<15xf32> {
    ^bb0(%a: tensor<3x5xf32>):
      %0 = limbeck.reshape %a shape = [15] : (tensor<3x5xf32>) -> tensor<15xf32>
      limbeck.yield %0 : tensor<15xf32>
    }
    return %y : tensor<15xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // What a kernel makes is written where it leaves, also behind a view.
  // CHECK-LABEL: func.func @view_of_a_result(
  // CHECK: %[[L:.*]] = limbeck.launch @kernel_0(
  // CHECK-NEXT: %[[V:.*]] = limbeck.reshape %[[L]] shape = [15]
  // CHECK-NEXT: return %[[V]]
  func.func @view_of_a_result(%x: tensor<3x5xf32>) -> tensor<15xf32> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<3x5xf32>) -> tensor<3x5xf32> {
    ^bb0(%a: tensor<3x5xf32>):
      %0 = limbeck.relu %a : (tensor<3x5xf32>) -> tensor<3x5xf32>
      limbeck.yield %0 : tensor<3x5xf32>
    }
    %z = limbeck.fused %y kind = "reshape" : (tensor<3x5xf32>) -> tensor<15xf32> {
    ^bb0(%a: tensor<3x5xf32>):
      %0 = limbeck.reshape %a shape = [15] : (tensor<3x5xf32>) -> tensor<15xf32>
      limbeck.yield %0 : tensor<15xf32>
    }
    return %z : tensor<15xf32>
  }
}

// -----

module attributes {limbeck.target = "avx512-vnni"} {
  // The quantized product takes the instruction that the target has.
  // CHECK-LABEL: func.func @quantized(
  // CHECK: func.func private @kernel_0(%{{.*}}: memref<2x4xi8>
  // CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
  func.func @quantized(%x: tensor<2x4x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<2x2x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<[[1, -2], [3, 4], [5, 6], [-7, 8]]> : tensor<4x2xsi8>
    %q = limbeck.storage_cast %w : (tensor<4x2xsi8>) -> tensor<4x2x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<2x4x!quant.uniform<u8:f32, 0.5:3>>, tensor<4x2x!quant.uniform<i8:f32, 0.125>>)
        -> tensor<2x2x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<2x4x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<4x2x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<2x4x!quant.uniform<u8:f32, 0.5:3>>, tensor<4x2x!quant.uniform<i8:f32, 0.125>>)
          -> tensor<2x2x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<2x2x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<2x2x!quant.uniform<u8:f32, 0.25:7>>
  }
}

// -----

module attributes {limbeck.target = "amx"} {
  // With permutes of bytes, 64 results take as many as 32 do below.
  // CHECK-LABEL: func.func @table_by_bytes(
  // CHECK-COUNT-2: "llvm.x86.avx512.vpermi2var.qi.512"
  // CHECK-NOT: vpermi2var
  func.func @table_by_bytes(%x: tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5:128>>):
      %0 = limbeck.sigmoid %a : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.25>>
    }
    return %y : tensor<64x!quant.uniform<u8:f32, 0.25>>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // 22 columns are a block of 16, and one that reaches back to column 6.
  // CHECK-LABEL: func.func @last_block(
  // CHECK: func.func private @kernel_0(
  // CHECK: vector.load %{{.*}}[%{{.*}}, %c0] : memref<3x22xf32>, vector<16xf32>
  // CHECK: vector.load %{{.*}}[%{{.*}}, %c6] : memref<3x22xf32>, vector<16xf32>
  // CHECK-NOT: vector<4xf32>
  // CHECK-NOT: memref.load %{{.*}} : memref<3x22xf32>
  // CHECK: return
  func.func @last_block(%x: tensor<3x22xf32>, %s: tensor<3x1xf32>) -> tensor<3x22xf32> {
    %y = limbeck.fused %x, %s kind = "elementwise" : (tensor<3x22xf32>, tensor<3x1xf32>) -> tensor<3x22xf32> {
    ^bb0(%a: tensor<3x22xf32>, %b: tensor<3x1xf32>):
      %0 = limbeck.add %a, %b : (tensor<3x22xf32>, tensor<3x1xf32>) -> tensor<3x22xf32>
      limbeck.yield %0 : tensor<3x22xf32>
    }
    return %y : tensor<3x22xf32>
  }
}

// -----

module attributes {limbeck.target = "avx512"} {
  // A chain over one 8-bit element is a table of 256 bytes, looked up in two permutes.
  // CHECK-LABEL: func.func @table(
  // CHECK: limbeck.launch @kernel_0(%{{.*}}, %{{.*}}) {facts = {{.*}}, kind = "elementwise"} : (tensor<64x!quant.uniform<u8:f32, {{.*}}>>, tensor<256xui8>)
  // CHECK: func.func private @kernel_0(%{{.*}}: memref<64xi8>, %[[TABLE:.*]]: memref<256xi8>,
  // CHECK-COUNT-2: "llvm.x86.avx512.vpermi2var.hi.512"
  // CHECK-NOT: arith.divf
  func.func @table(%x: tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5:128>>):
      %0 = limbeck.sigmoid %a : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.0078125>>
      %1 = limbeck.mul %a, %0 : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>, tensor<64x!quant.uniform<u8:f32, 0.0078125>>) -> tensor<64x!quant.uniform<u8:f32, 0.25>>
      limbeck.yield %1 : tensor<64x!quant.uniform<u8:f32, 0.25>>
    }
    return %y : tensor<64x!quant.uniform<u8:f32, 0.25>>
  }
}

// -----

module attributes {limbeck.target = "avx512"} {
  // Relu between equal types only clamps; of two different elements the sum is one of integers, rounded by a fused multiply-add.
  // CHECK-LABEL: func.func @clamp(
  // CHECK: arith.maxui
  // CHECK-NOT: memref<256xi8>
  // CHECK-NOT: arith.divf
  // CHECK-NOT: arith.sitofp
  // CHECK: math.fma
  // CHECK: return
  func.func @clamp(%x: tensor<64x!quant.uniform<u8:f32, 0.5:128>>, %z: tensor<64x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:7>> {
    %y = limbeck.fused %x, %z kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>, tensor<64x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:7>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5:128>>, %b: tensor<64x!quant.uniform<u8:f32, 0.25:3>>):
      %0 = limbeck.relu %a : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<64x!quant.uniform<u8:f32, 0.5:128>>
      %1 = limbeck.add %0, %b : (tensor<64x!quant.uniform<u8:f32, 0.5:128>>, tensor<64x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:7>>
      limbeck.yield %1 : tensor<64x!quant.uniform<u8:f32, 0.75:7>>
    }
    return %y : tensor<64x!quant.uniform<u8:f32, 0.75:7>>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // A border belongs to the kernel of what it surrounds: results are stored as far inside as it is wide, and behind them it is
  // filled. What lies behind the last padded dimension is one with it.
  // CHECK-LABEL: func.func @border(
  // CHECK: limbeck.launch @kernel_0(%{{.*}}) {facts = {activation_bytes = 1536 : i64, family = "loops"{{.*}}}, kind = "elementwise"} : (tensor<3x4x8xf32>) -> (tensor<3x4x8xf32>, tensor<4x6x8xf32>)
  // CHECK: func.func private @kernel_0(%[[IN:.*]]: memref<3x32xf32>, %[[DENSE:.*]]: memref<3x32xf32>, %[[OUT:.*]]: memref<4x48xf32>,
  // CHECK: scf.forall (%[[ROW:.*]]) in (3)
  // CHECK: scf.for %[[I:.*]] = %c0 to %c32 step %c16
  // CHECK: vector.store %[[E:.*]], %[[DENSE]][%[[ROW]], %[[I]]]
  // CHECK: %[[BEHIND:.*]] = arith.addi %[[I]], %c8
  // CHECK: vector.store %[[E]], %[[OUT]][%[[ROW]], %[[BEHIND]]]
  // CHECK: scf.forall (%[[ROW:.*]]) in (4)
  // CHECK: scf.if
  // CHECK: } else {
  // CHECK: scf.for {{.*}} to %c48 step %c16
  // CHECK: vector.store %cst{{.*}}, %[[OUT]][%[[ROW]]
  func.func @border(%x: tensor<3x4x8xf32>) -> (tensor<3x4x8xf32>, tensor<4x6x8xf32>) {
    %y:2 = limbeck.fused %x kind = "elementwise" : (tensor<3x4x8xf32>) -> (tensor<3x4x8xf32>, tensor<4x6x8xf32>) {
    ^bb0(%a: tensor<3x4x8xf32>):
      %0 = limbeck.relu %a : (tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
      %1 = limbeck.pad %0 pads = [0, 1, 0, 1, 1, 0] mode = "constant" : (tensor<3x4x8xf32>) -> tensor<4x6x8xf32>
      limbeck.yield %0, %1 : tensor<3x4x8xf32>, tensor<4x6x8xf32>
    }
    return %y#0, %y#1 : tensor<3x4x8xf32>, tensor<4x6x8xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Parts of a concat: each kernel takes the whole buffer and stores where its part begins.
  // CHECK-LABEL: func.func @joined(
  // CHECK: %[[A:.*]] = limbeck.launch @kernel_0({{.*}} -> tensor<2x16xf32>
  // CHECK: %[[B:.*]] = limbeck.launch @kernel_1({{.*}} -> tensor<2x32xf32>
  // CHECK: limbeck.concat %[[A]], %[[B]] axis = 1
  // CHECK: func.func private @kernel_0(%[[X:.*]]: memref<2x16xf32>, %[[OUT:.*]]: memref<2x48xf32>,
  // CHECK: vector.store %{{.*}}, %[[OUT]][%[[ROW:.*]], %c0]
  // CHECK: func.func private @kernel_1(%[[X:.*]]: memref<2x32xf32>, %[[OUT:.*]]: memref<2x48xf32>,
  // CHECK: %[[BEHIND:.*]] = arith.addi %{{.*}}, %c16
  // CHECK: vector.store %{{.*}}, %[[OUT]][%[[ROW:.*]], %[[BEHIND]]]
  func.func @joined(%x: tensor<2x16xf32>, %z: tensor<2x32xf32>) -> tensor<2x48xf32> {
    %0 = limbeck.fused %x kind = "elementwise" : (tensor<2x16xf32>) -> tensor<2x16xf32> {
    ^bb0(%a: tensor<2x16xf32>):
      %3 = limbeck.relu %a : (tensor<2x16xf32>) -> tensor<2x16xf32>
      limbeck.yield %3 : tensor<2x16xf32>
    }
    %1 = limbeck.fused %z kind = "elementwise" : (tensor<2x32xf32>) -> tensor<2x32xf32> {
    ^bb0(%a: tensor<2x32xf32>):
      %3 = limbeck.relu %a : (tensor<2x32xf32>) -> tensor<2x32xf32>
      limbeck.yield %3 : tensor<2x32xf32>
    }
    %2 = limbeck.concat %0, %1 axis = 1 : (tensor<2x16xf32>, tensor<2x32xf32>) -> tensor<2x48xf32>
    return %2 : tensor<2x48xf32>
  }
}
// -----

module attributes {limbeck.target = "avx512-vnni"} {
  // One element for each of 24 channels does not cut the blocks to that length: it is repeated, and a block begins at any channel.
  // CHECK-LABEL: func.func @channels(
  // CHECK: func.func private @kernel_0(%[[X:.*]]: memref<1536xi8>, %[[S:.*]]: memref<24xi8>, %[[Y:.*]]: memref<1536xi8>,
  // CHECK: %[[REPEATED:.*]] = memref.alloca() {alignment = 64 : i64} : memref<88xi8>
  // CHECK: scf.for %[[I:.*]] = %c0 to %c1536 step %c64
  // CHECK: %[[AT:.*]] = arith.remui %{{.*}}, %c24
  // CHECK: vector.load %[[REPEATED]][%[[AT]]] : memref<88xi8>, vector<64xi8>
  func.func @channels(%x: tensor<1x8x8x24x!quant.uniform<u8:f32, 0.5:128>>, %s: tensor<1x1x1x24x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<1x8x8x24x!quant.uniform<u8:f32, 0.75:7>> {
    %y = limbeck.fused %x, %s kind = "elementwise" : (tensor<1x8x8x24x!quant.uniform<u8:f32, 0.5:128>>, tensor<1x1x1x24x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<1x8x8x24x!quant.uniform<u8:f32, 0.75:7>> {
    ^bb0(%a: tensor<1x8x8x24x!quant.uniform<u8:f32, 0.5:128>>, %b: tensor<1x1x1x24x!quant.uniform<u8:f32, 0.25:3>>):
      %0 = limbeck.mul %a, %b : (tensor<1x8x8x24x!quant.uniform<u8:f32, 0.5:128>>, tensor<1x1x1x24x!quant.uniform<u8:f32, 0.25:3>>) -> tensor<1x8x8x24x!quant.uniform<u8:f32, 0.75:7>>
      limbeck.yield %0 : tensor<1x8x8x24x!quant.uniform<u8:f32, 0.75:7>>
    }
    return %y : tensor<1x8x8x24x!quant.uniform<u8:f32, 0.75:7>>
  }
}
