// What may not leave stage Quantize, and the pass that should have changed it.
// RUN: limbeck-opt %s --limbeck-verify-quantize --split-input-file --verify-diagnostics

!q = !quant.uniform<u8:f32, 0.5:7>
func.func @allowed(%x: tensor<2xf32>, %s: tensor<f32>, %z: tensor<ui8>) -> tensor<2xui8> {
  %0 = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!q>
  %1 = limbeck.dequantize %0 : (tensor<2x!q>) -> tensor<2xf32>
  %2 = limbeck.sigmoid %1 : (tensor<2xf32>) -> tensor<2xf32>
  %3 = limbeck.quantize_by %2, %s, %z axis = 0 block_size = 0 : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  return %3 : tensor<2xui8>
}

// -----

func.func @constant_parameters(%x: tensor<2xf32>) -> tensor<2xui8> {
  %s = limbeck.const dense<0.5> : tensor<f32>
  %z = limbeck.const dense<7> : tensor<ui8>
  // expected-error@below {{expected its constant parameters in a type}}
  // expected-note@below {{run limbeck-quantize-fold-parameters before the end of stage Quantize}}
  %0 = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  return %0 : tensor<2xui8>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:7>
func.func @op_between(%x: tensor<2x!q>) -> tensor<2x!q> {
  %0 = limbeck.dequantize %x : (tensor<2x!q>) -> tensor<2xf32>
  // expected-error@below {{expected the op on quantized types, found it between dequantize and quantize}}
  // expected-note@below {{run limbeck-quantize-fuse-qdq before the end of stage Quantize}}
  %1 = limbeck.sigmoid %0 : (tensor<2xf32>) -> tensor<2xf32>
  %2 = limbeck.quantize %1 : (tensor<2xf32>) -> tensor<2x!q>
  return %2 : tensor<2x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:7>
func.func @pair(%x: tensor<2x!q>) -> tensor<2x!quant.uniform<u8:f32, 0.25:7>> {
  %0 = limbeck.dequantize %x : (tensor<2x!q>) -> tensor<2xf32>
  // expected-error@below {{expected no change of parameters in two steps or to the same}}
  // expected-note@below {{run limbeck-quantize-fold-requantize before the end of stage Quantize}}
  %1 = limbeck.quantize %0 : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 0.25:7>>
  return %1 : tensor<2x!quant.uniform<u8:f32, 0.25:7>>
}
