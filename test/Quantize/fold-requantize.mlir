// A dequantize and the quantize behind it are one requantize, a storage cast, or nothing.
// RUN: limbeck-opt %s --limbeck-quantize-fold-requantize | FileCheck %s

!a = !quant.uniform<u8:f32, 0.5:7>
!narrow = !quant.uniform<u8<5:200>:f32, 0.5:7>
!b = !quant.uniform<u8:f32, 0.25:7>

// CHECK-LABEL: @other_parameters
func.func @other_parameters(%x: tensor<2x!a>) -> tensor<2x!b> {
  // CHECK-NEXT: %[[R:.*]] = limbeck.requantize %arg0
  // CHECK-NEXT: return %[[R]]
  %0 = limbeck.dequantize %x : (tensor<2x!a>) -> tensor<2xf32>
  %1 = limbeck.quantize %0 : (tensor<2xf32>) -> tensor<2x!b>
  return %1 : tensor<2x!b>
}

// CHECK-LABEL: @wider_range
func.func @wider_range(%x: tensor<2x!narrow>) -> tensor<2x!a> {
  // CHECK-NEXT: limbeck.storage_cast
  %0 = limbeck.requantize %x : (tensor<2x!narrow>) -> tensor<2x!a>
  return %0 : tensor<2x!a>
}

// CHECK-LABEL: @same_parameters
func.func @same_parameters(%x: tensor<2x!a>) -> tensor<2x!a> {
  // CHECK-NEXT: return %arg0
  %0 = limbeck.requantize %x : (tensor<2x!a>) -> tensor<2x!a>
  return %0 : tensor<2x!a>
}

// Values outside the narrow range are clamped.
// CHECK-LABEL: @narrower_range_stays
func.func @narrower_range_stays(%x: tensor<2x!a>) -> tensor<2x!narrow> {
  // CHECK-NEXT: limbeck.requantize
  %0 = limbeck.requantize %x : (tensor<2x!a>) -> tensor<2x!narrow>
  return %0 : tensor<2x!narrow>
}

// Two roundings are not one.
// CHECK-LABEL: @chain_stays
func.func @chain_stays(%x: tensor<2x!a>) -> tensor<2x!a> {
  // CHECK-COUNT-2: limbeck.requantize
  %0 = limbeck.requantize %x : (tensor<2x!a>) -> tensor<2x!b>
  %1 = limbeck.requantize %0 : (tensor<2x!b>) -> tensor<2x!a>
  return %1 : tensor<2x!a>
}
