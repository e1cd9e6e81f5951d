// A table of 256 bytes on AVX2: sixteen shuffles of rows of 16, 32 bytes at a time, each of a place that is 16 lower than the one before,
// saturated. What a row has in common with the one before it is not looked up again: of a hard swish only four rows are.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels --canonicalize --cse | FileCheck %s

module attributes {limbeck.target = "avx2"} {
  // CHECK-LABEL: func.func @sigmoid(
  // CHECK: func.func private @kernel_0(%{{.*}}: memref<32xi8>, %{{.*}}: memref<512xi8>,
  // CHECK-COUNT-16: "llvm.x86.avx2.pshuf.b"
  // CHECK-NOT: pshuf
  func.func @sigmoid(%x: tensor<32x!quant.uniform<u8:f32, 0.03125:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.00390625>> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<32x!quant.uniform<u8:f32, 0.03125:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.00390625>> {
    ^bb0(%a: tensor<32x!quant.uniform<u8:f32, 0.03125:128>>):
      %0 = limbeck.sigmoid %a : (tensor<32x!quant.uniform<u8:f32, 0.03125:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.00390625>>
      limbeck.yield %0 : tensor<32x!quant.uniform<u8:f32, 0.00390625>>
    }
    return %y : tensor<32x!quant.uniform<u8:f32, 0.00390625>>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Up to 111 all are 3, the zero point; from 159 on all are the greatest there is.
  // CHECK-LABEL: func.func @hard_swish(
  // CHECK: "llvm.x86.avx2.pshuf.b"
  // CHECK: arith.xori
  // CHECK-COUNT-3: "llvm.x86.avx2.pshuf.b"
  // CHECK-NOT: pshuf
  func.func @hard_swish(%x: tensor<32x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.0625:3>> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<32x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.0625:3>> {
    ^bb0(%a: tensor<32x!quant.uniform<u8:f32, 0.5:128>>):
      %0 = limbeck.hard_swish %a : (tensor<32x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<32x!quant.uniform<u8:f32, 0.0625:3>>
      limbeck.yield %0 : tensor<32x!quant.uniform<u8:f32, 0.0625:3>>
    }
    return %y : tensor<32x!quant.uniform<u8:f32, 0.0625:3>>
  }
}
