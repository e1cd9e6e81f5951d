// Every op of QuantizationOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @cast(
// CHECK: limbeck.cast {{.*}} to = si64 :
func.func @cast(%x: tensor<2xf32>) {
  %y = limbeck.cast %x to = si64 : (tensor<2xf32>) -> tensor<2xsi64>
  return
}

// CHECK-LABEL: @dequantize_by(
// CHECK: limbeck.dequantize_by {{.*}} axis = 0 block_size = 0 to = f32 :
func.func @dequantize_by(%q: tensor<2xui8>, %s: tensor<f32>, %z: tensor<ui8>) {
  %y = limbeck.dequantize_by %q, %s, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xui8>, tensor<f32>, tensor<ui8>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @dequantize(
// CHECK: limbeck.dequantize %{{.*}} :
func.func @dequantize(%q: tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>) {
  %y = limbeck.dequantize %q : (tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @dynamic_quantize(
// CHECK: limbeck.dynamic_quantize %{{.*}} :
func.func @dynamic_quantize(%x: tensor<2xf32>) {
  %q, %s, %z = limbeck.dynamic_quantize %x : (tensor<2xf32>) -> (tensor<2xui8>, tensor<f32>, tensor<ui8>)
  return
}

// CHECK-LABEL: @dynamic_quantize_blocks(
// CHECK: limbeck.dynamic_quantize_blocks {{.*}} block_size = 32 :
func.func @dynamic_quantize_blocks(%x: tensor<4x64xf32>) {
  %q, %s, %u = limbeck.dynamic_quantize_blocks %x block_size = 32
    : (tensor<4x64xf32>) -> (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>)
  return
}

// CHECK-LABEL: @quantize_by(
// CHECK: limbeck.quantize_by {{.*}} axis = 0 block_size = 0 :
func.func @quantize_by(%x: tensor<2xf32>, %s: tensor<f32>, %z: tensor<ui8>) {
  %q = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0
    : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  return
}

// CHECK-LABEL: @quantize(
// CHECK: limbeck.quantize %{{.*}} :
func.func @quantize(%x: tensor<2xf32>) {
  %q = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>
  return
}

// CHECK-LABEL: @requantize_by(
// CHECK: limbeck.requantize_by {{.*}} axis = 1 :
func.func @requantize_by(%acc: tensor<4x8xsi32>, %sx: tensor<f32>, %sw: tensor<8xf32>, %sy: tensor<f32>, %zy: tensor<ui8>) {
  %q = limbeck.requantize_by %acc, %sx, %sw, %sy, %zy axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// CHECK-LABEL: @requantize(
// CHECK: limbeck.requantize %{{.*}} :
func.func @requantize(%q: tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>) {
  %r = limbeck.requantize %q : (tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>)
    -> tensor<2x!quant.uniform<u8:f32, 2.5e-1:128>>
  return
}

// CHECK-LABEL: @storage_cast(
// CHECK: limbeck.storage_cast %{{.*}} :
func.func @storage_cast(%x: tensor<2xui8>) {
  %y = limbeck.storage_cast %x : (tensor<2xui8>) -> tensor<2x!quant.uniform<u8:f32, 5.0e-1:128>>
  return
}
