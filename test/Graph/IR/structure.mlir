// Constants, fusion regions and launches, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @inline_constants
func.func @inline_constants() {
  // CHECK: limbeck.const dense<[-1, 127]> : tensor<2xsi8>
  %0 = limbeck.const dense<[-1, 127]> : tensor<2xsi8>
  // CHECK: limbeck.const dense<[true, false, true]> : tensor<3xi1>
  %1 = limbeck.const dense<[true, false, true]> : tensor<3xi1>
  // CHECK: limbeck.const dense<[-8, 7]> : tensor<2xsi4>
  %2 = limbeck.const dense<[-8, 7]> : tensor<2xsi4>
  // CHECK: limbeck.const dense<> : tensor<0xf32>
  %3 = limbeck.const dense<> : tensor<0xf32>
  return
}

// Three values of 4 bits take two bytes.
// CHECK-LABEL: @resource_constant
func.func @resource_constant() {
  // CHECK: limbeck.const dense_resource<blob_small> : tensor<3xui4>
  %0 = limbeck.const dense_resource<blob_small> : tensor<3xui4>
  return
}

// CHECK-LABEL: @fused
func.func @fused(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  // CHECK: limbeck.fused %{{.*}} kind = "elementwise" : (tensor<2x?xf32>) -> tensor<2x?xf32> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: tensor<2x?xf32>):
  // CHECK-NEXT: %[[R:.*]] = limbeck.relu %[[A]]
  // CHECK-NEXT: limbeck.yield %[[R]] : tensor<2x?xf32>
  %y = limbeck.fused %x kind = "elementwise" : (tensor<2x?xf32>) -> tensor<2x?xf32> {
  ^bb0(%a: tensor<2x?xf32>):
    %0 = limbeck.relu %a : (tensor<2x?xf32>) -> tensor<2x?xf32>
    limbeck.yield %0 : tensor<2x?xf32>
  }
  return %y : tensor<2x?xf32>
}

func.func private @kernel_0(memref<2xf32>, memref<2xf32>)

// CHECK-LABEL: @launch
func.func @launch(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: limbeck.launch @kernel_0(%{{.*}}) : (tensor<2xf32>) -> tensor<2xf32>
  %y = limbeck.launch @kernel_0(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      blob_small: "0x100000002103"
    }
  }
#-}

// Weights come from outside: all samples share them.
// CHECK-LABEL: @per_sample
func.func @per_sample(%x: tensor<4x2xf32>, %w: tensor<2xf32>) -> tensor<4x2xf32> {
  // CHECK: limbeck.per_sample %{{.*}} : (tensor<4x2xf32>) -> tensor<4x2xf32> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: tensor<1x2xf32>):
  // CHECK-NEXT: %[[M:.*]] = limbeck.mul %[[A]], %{{.*}} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  // CHECK-NEXT: limbeck.yield %[[M]] : tensor<1x2xf32>
  %y = limbeck.per_sample %x : (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%a: tensor<1x2xf32>):
    %0 = limbeck.mul %a, %w : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    limbeck.yield %0 : tensor<1x2xf32>
  }
  return %y : tensor<4x2xf32>
}
