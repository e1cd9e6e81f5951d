// Casts and quantization: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @cast_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s64[2], found s32[2] (cast_c1)}}
  %r = limbeck.cast %x to = si64 : (tensor<2xf32>) -> tensor<2xsi32>
  return
}

// -----

func.func @storage_cast_c1(%x: tensor<2xsi8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s8[2], found u8[2]:f32{0.500000:128} (storage_cast_c1)}}
  %r = limbeck.storage_cast %x : (tensor<2xsi8>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @storage_cast_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected an integer or quantized tensor, found f32[2] (storage_cast_c2)}}
  %r = limbeck.storage_cast %x : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @quantize_c1(%x: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f16[2], found u8[2]:f32{0.500000:128} (quantize_c1)}}
  %r = limbeck.quantize %x : (tensor<2xf16>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @quantize_c2(%x: tensor<2xf64>) {
  // expected-error @+1 {{[E-DTYPE] expected values of f32, f16 or bf16, found f64 (quantize_c2)}}
  %r = limbeck.quantize %x : (tensor<2xf64>) -> tensor<2x!quant.uniform<u8:f64, 0.5:128>>
  return
}

// -----

func.func @dequantize_c1(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2], found f16[2] (dequantize_c1)}}
  %r = limbeck.dequantize %x : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2xf16>
  return
}

// -----

func.func @requantize_c1(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found u8[3]:f32{0.250000:128} (requantize_c1)}}
  %r = limbeck.requantize %x : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<3x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @quantize_by_c1(%x: tensor<2x3xf32>, %y: tensor<3xf32>, %z: tensor<3xui8>) {
  // expected-error @+1 {{[E-QAXIS] expected 2 parameters along dimension 0, found 3 for 2x3 (quantize_by_c1)}}
  %r = limbeck.quantize_by %x, %y, %z axis = 0 block_size = 0
    : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xui8>) -> tensor<2x3xui8>
  return
}

// -----

func.func @quantize_by_c2(%x: tensor<2xf32>, %y: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be u8[2], found s8[2] (quantize_by_c2)}}
  %r = limbeck.quantize_by %x, %y, %z axis = 0 block_size = 0 : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xsi8>
  return
}

// -----

func.func @quantize_by_c3(%x: tensor<2xf64>, %y: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected values of f32, f16 or bf16, found f64 (quantize_by_c3)}}
  %r = limbeck.quantize_by %x, %y, %z axis = 0 block_size = 0 : (tensor<2xf64>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  return
}

// -----

func.func @quantize_by_c4(%x: tensor<2xf32>, %y: tensor<f32>, %z: tensor<si64>) {
  // expected-error @+1 {{[E-ZP] expected an integer zero point of at most 32 bits, found s64 (quantize_by_c4)}}
  %r = limbeck.quantize_by %x, %y, %z axis = 0 block_size = 0 : (tensor<2xf32>, tensor<f32>, tensor<si64>) -> tensor<2xsi64>
  return
}

// -----

func.func @quantize_by_c5(%x: tensor<2xf32>, %z: tensor<ui8>) {
  %s = limbeck.const dense<-1.0> : tensor<f32>
  // expected-error @+1 {{[E-SCALE] expected a finite positive scale, found -1.000000 (quantize_by_c5)}}
  %r = limbeck.quantize_by %x, %s, %z axis = 0 block_size = 0 : (tensor<2xf32>, tensor<f32>, tensor<ui8>) -> tensor<2xui8>
  return
}

// -----

func.func @dequantize_by_c1(%x: tensor<2x3xui8>, %y: tensor<2xf32>, %z: tensor<ui8>) {
  // expected-error @+1 {{[E-QAXIS] expected as many zero points as scales, found 1 and 2 (dequantize_by_c1)}}
  %r = limbeck.dequantize_by %x, %y, %z axis = 0 block_size = 0 to = f32
    : (tensor<2x3xui8>, tensor<2xf32>, tensor<ui8>) -> tensor<2x3xf32>
  return
}

// -----

func.func @dequantize_by_c2(%x: tensor<2xui8>, %y: tensor<f32>, %z: tensor<si8>) {
  // expected-error @+1 {{[E-ZP] expected a zero point of u8, found s8 (dequantize_by_c2)}}
  %r = limbeck.dequantize_by %x, %y, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xui8>, tensor<f32>, tensor<si8>) -> tensor<2xf32>
  return
}

// -----

func.func @dequantize_by_c3(%x: tensor<2xui8>, %y: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2], found f16[2] (dequantize_by_c3)}}
  %r = limbeck.dequantize_by %x, %y, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xui8>, tensor<f32>, tensor<ui8>) -> tensor<2xf16>
  return
}

// -----

func.func @dequantize_by_c4(%x: tensor<2xui8>, %y: tensor<f64>, %z: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected a scale of f32, f16 or bf16, found f64 (dequantize_by_c4)}}
  %r = limbeck.dequantize_by %x, %y, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xui8>, tensor<f64>, tensor<ui8>) -> tensor<2xf32>
  return
}

// -----

func.func @dequantize_by_c5(%x: tensor<2xsi64>, %y: tensor<f32>, %z: tensor<si64>) {
  // expected-error @+1 {{[E-DTYPE] expected quantized values of at most 32 bits, found s64 (dequantize_by_c5)}}
  %r = limbeck.dequantize_by %x, %y, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xsi64>, tensor<f32>, tensor<si64>) -> tensor<2xf32>
  return
}

// -----

func.func @dequantize_by_c6(%x: tensor<2xui8>, %z: tensor<ui8>) {
  %s = limbeck.const dense<-1.0> : tensor<f32>
  // expected-error @+1 {{[E-SCALE] expected a finite positive scale, found -1.000000 (dequantize_by_c6)}}
  %r = limbeck.dequantize_by %x, %s, %z axis = 0 block_size = 0 to = f32
    : (tensor<2xui8>, tensor<f32>, tensor<ui8>) -> tensor<2xf32>
  return
}

// -----

func.func @requantize_by_c1(%x: tensor<4x8xsi64>, %y: tensor<f32>, %z: tensor<8xf32>, %v: tensor<f32>, %w: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected an s32 accumulator, found s64 (requantize_by_c1)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi64>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// -----

func.func @requantize_by_c2(%x: tensor<4x8xsi32>, %y: tensor<f32>, %z: tensor<4xf32>, %v: tensor<f32>, %w: tensor<ui8>) {
  // expected-error @+1 {{[E-QAXIS] expected 8 parameters along dimension 0, found 4 for 4x8 (requantize_by_c2)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<4xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// -----

func.func @requantize_by_c3(%x: tensor<4x8xsi32>, %y: tensor<f32>, %z: tensor<8xf32>, %v: tensor<2xf32>, %w: tensor<ui8>) {
  // expected-error @+1 {{[E-QAXIS] expected one scale and zero point for the result, found 2 (requantize_by_c3)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<2xf32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// -----

func.func @requantize_by_c4(%x: tensor<4x8xsi32>, %y: tensor<f32>, %z: tensor<8xf32>, %v: tensor<f32>, %w: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be u8[4x8], found s8[4x8] (requantize_by_c4)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xsi8>
  return
}

// -----

func.func @requantize_by_c5(%x: tensor<4x8xsi32>, %y: tensor<f64>, %z: tensor<8xf32>, %v: tensor<f32>, %w: tensor<ui8>) {
  // expected-error @+1 {{[E-DTYPE] expected a scale of f32, f16 or bf16, found f64 (requantize_by_c5)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f64>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// -----

func.func @requantize_by_c6(%x: tensor<4x8xsi32>, %y: tensor<f32>, %z: tensor<8xf32>, %v: tensor<f32>, %w: tensor<ui64>) {
  // expected-error @+1 {{[E-ZP] expected an integer zero point of at most 32 bits, found u64 (requantize_by_c6)}}
  %r = limbeck.requantize_by %x, %y, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui64>) -> tensor<4x8xui64>
  return
}

// -----

func.func @requantize_by_c7(%x: tensor<4x8xsi32>, %z: tensor<8xf32>, %v: tensor<f32>, %w: tensor<ui8>) {
  %s = limbeck.const dense<-1.0> : tensor<f32>
  // expected-error @+1 {{[E-SCALE] expected a finite positive scale, found -1.000000 (requantize_by_c7)}}
  %r = limbeck.requantize_by %x, %s, %z, %v, %w axis = 1
    : (tensor<4x8xsi32>, tensor<f32>, tensor<8xf32>, tensor<f32>, tensor<ui8>) -> tensor<4x8xui8>
  return
}

// -----

func.func @dynamic_quantize_c1(%x: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected f32 values, found f16 (dynamic_quantize_c1)}}
  %r:3 = limbeck.dynamic_quantize %x : (tensor<2xf16>) -> (tensor<2xui8>, tensor<f32>, tensor<ui8>)
  return
}

// -----

func.func @dynamic_quantize_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be u8[2], found s8[2] (dynamic_quantize_c2)}}
  %r:3 = limbeck.dynamic_quantize %x : (tensor<2xf32>) -> (tensor<2xsi8>, tensor<f32>, tensor<si8>)
  return
}

// -----

func.func @dynamic_quantize_blocks_c1(%a: tensor<4x64xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected f32 values, found f16 (dynamic_quantize_blocks_c1)}}
  %r:3 = limbeck.dynamic_quantize_blocks %a block_size = 32
    : (tensor<4x64xf16>) -> (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>)
  return
}

// -----

func.func @dynamic_quantize_blocks_c2(%a: tensor<f32>) {
  // expected-error @+1 {{[E-RANK] expected an input of rank 1 or more, found a scalar (dynamic_quantize_blocks_c2)}}
  %r:3 = limbeck.dynamic_quantize_blocks %a block_size = 32
    : (tensor<f32>) -> (tensor<si8>, tensor<f32>, tensor<si32>)
  return
}

// -----

func.func @dynamic_quantize_blocks_c3(%a: tensor<4x64xf32>) {
  // expected-error @+1 {{[E-QAXIS] expected a block size of at least 1, found 0 (dynamic_quantize_blocks_c3)}}
  %r:3 = limbeck.dynamic_quantize_blocks %a block_size = 0
    : (tensor<4x64xf32>) -> (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>)
  return
}

// -----

func.func @dynamic_quantize_blocks_c4(%a: tensor<4x60xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s8[4x64], found s8[4x60] (dynamic_quantize_blocks_c4)}}
  %r:3 = limbeck.dynamic_quantize_blocks %a block_size = 32
    : (tensor<4x60xf32>) -> (tensor<4x60xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>)
  return
}
