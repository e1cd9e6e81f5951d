// Matrix products and convolutions: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @matmul_c1(%x: tensor<8xf32>, %y: tensor<8x16xf32>) {
  // expected-error @+1 {{[E-RANK] expected operands of rank 2 or more, found 8 and 8x16; reshape a vector to a matrix first (matmul_c1)}}
  %r = limbeck.matmul %x, %y : (tensor<8xf32>, tensor<8x16xf32>) -> tensor<16xf32>
  return
}

// -----

func.func @matmul_c2(%x: tensor<4x8xf32>, %y: tensor<7x16xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected equal inner dimensions, found 4x8 and 7x16 (matmul_c2)}}
  %r = limbeck.matmul %x, %y : (tensor<4x8xf32>, tensor<7x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @matmul_c3(%x: tensor<2x4x8xf32>, %y: tensor<3x8x16xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (matmul_c3)}}
  %r = limbeck.matmul %x, %y : (tensor<2x4x8xf32>, tensor<3x8x16xf32>) -> tensor<2x4x16xf32>
  return
}

// -----

func.func @matmul_c4(%x: tensor<4x8xf32>, %y: tensor<8x16xf32>, %z: tensor<8xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a bias of 16 entries, found 8 (matmul_c4)}}
  %r = limbeck.matmul %x, %y, %z : (tensor<4x8xf32>, tensor<8x16xf32>, tensor<8xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @matmul_c5(%x: tensor<4x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<8x16xf32>) {
  // expected-error @+1 {{[E-QCONV] expected both operands quantized or none, found u8[4x8]:f32{0.500000:128} and f32[8x16]; dequantize the quantized one first (matmul_c5)}}
  %r = limbeck.matmul %x, %y : (tensor<4x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<8x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @matmul_c6(%x: tensor<4x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<8x16x!quant.uniform<i8:f32, 0.25>>, %z: tensor<16x!quant.uniform<i32:f32, 0.25>>) {
  // expected-error @+1 {{[E-QCONV] expected a bias scale of 0.125000, found 0.250000 for channel 0; the scale of a quantized bias is the product of the input's and the weights' scales (matmul_c6)}}
  %r = limbeck.matmul %x, %y, %z
    : (tensor<4x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<8x16x!quant.uniform<i8:f32, 0.25>>, tensor<16x!quant.uniform<i32:f32, 0.25>>) -> tensor<4x16xf32>
  return
}

// -----

func.func @matmul_c7(%x: tensor<4x8xf32>, %y: tensor<8x16xf32>) {
  // expected-error @+1 {{[E-DTYPE] attribute 'accumulate': expected operands of f16 or bf16 to accumulate in f32, found f32[4x8] and f32 (matmul_c7)}}
  %r = limbeck.matmul %x, %y accumulate = f32 : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @conv_c1(%x: tensor<3x8x8xf32>, %y: tensor<4x3x1x1xf32>) {
  // expected-error @+1 {{[E-RANK] expected an image and weights of rank 4, found 3 and 4 (conv_c1)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c2(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x1x1xf32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] expected every entry of 'strides' in [1, 1099511627776], found 0 (conv_c2)}}
  %r = limbeck.conv %x, %y strides = [0, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c3(%x: tensor<1x3x8x8xf32>, %y: tensor<4x2x1x1xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected 2 input channels as the weights say, found 3 (conv_c3)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x2x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c4(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x1x1xf32>, %z: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a bias of 4 entries, found 3 (conv_c4)}}
  %r = limbeck.conv %x, %y, %z strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>, tensor<3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c5(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x1x1xf32>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'HWCN' (conv_c5)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "HWCN"
    : (tensor<1x3x8x8xf32>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c6(%x: tensor<1x3x8x8xf32>, %y: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x4x6x6], found f32[1x4x8x8] (conv_c6)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c7(%x: tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<4x3x1x1xf32>) {
  // expected-error @+1 {{[E-QCONV] expected both operands quantized or none, found u8[1x3x8x8]:f32{0.500000:128} and f32[4x3x1x1]; dequantize the quantized one first (conv_c7)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<4x3x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c8(%x: tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<4x3x1x1x!quant.uniform<i8:f32, 0.25>>, %z: tensor<4x!quant.uniform<i32:f32, 0.125:1>>) {
  // expected-error @+1 {{[E-QCONV] expected a bias with zero point 0, found s32[4]:f32{0.125000:1} (conv_c8)}}
  %r = limbeck.conv %x, %y, %z strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<4x3x1x1x!quant.uniform<i8:f32, 0.25>>, tensor<4x!quant.uniform<i32:f32, 0.125:1>>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c9(%x: tensor<1x3x8x8xbf16>, %y: tensor<4x3x1x1xbf16>) {
  // expected-error @+1 {{[E-DTYPE] attribute 'accumulate': expected operands of f16 or bf16 to accumulate in f32, found bf16[1x3x8x8] and f64 (conv_c9)}}
  %r = limbeck.conv %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW" accumulate = f64
    : (tensor<1x3x8x8xbf16>, tensor<4x3x1x1xbf16>) -> tensor<1x4x8x8xf64>
  return
}

// -----

func.func @conv_transpose_c1(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1xf32>) {
  // expected-error @+1 {{[E-RANK] expected an image and weights of rank 4, found 4 and 3 (conv_transpose_c1)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c2(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] expected every entry of 'pads' in [0, 1099511627776], found -1 (conv_transpose_c2)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [-1, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c3(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected the weights' first dimension to divide into 2 groups, found 3 (conv_transpose_c3)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 2 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c4(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>, %z: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a bias of 4 entries, found 3 (conv_transpose_c4)}}
  %r = limbeck.conv_transpose %x, %y, %z strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>, tensor<3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c5(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'CHWN' (conv_transpose_c5)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "CHWN"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c6(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x4x15x15], found f32[1x4x8x8] (conv_transpose_c6)}}
  %r = limbeck.conv_transpose %x, %y strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c7(%x: tensor<1x3x8x8xf32>, %y: tensor<3x4x1x1xf32>) {
  // expected-error @+1 {{[E-ATTR-LEN] expected 2 entries in 'output_padding', found 1 (conv_transpose_c7)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<3x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c8(%x: tensor<1x3x8x8x!quant.uniform<u8:f32:1, {0.5, 0.5, 0.25}>>, %y: tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>) {
  // expected-error @+1 {{[E-QCONV] expected a first operand with one scale, found one per index of axis 1 (conv_transpose_c8)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8x!quant.uniform<u8:f32:1, {0.5, 0.5, 0.25}>>, tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c9(%x: tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>, %z: tensor<4x!quant.uniform<i8:f32, 0.125>>) {
  // expected-error @+1 {{[E-QCONV] expected an s32 bias beside quantized operands, found s8[4]:f32{0.125000:0} (conv_transpose_c9)}}
  %r = limbeck.conv_transpose %x, %y, %z strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>, tensor<4x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_transpose_c10(%x: tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>) {
  // expected-error @+1 {{[E-DTYPE] attribute 'accumulate': expected operands of f16 or bf16 to accumulate in f32, found u8[1x3x8x8]:f32{0.500000:128} and f32 (conv_transpose_c10)}}
  %r = limbeck.conv_transpose %x, %y strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NCHW" accumulate = f32
    : (tensor<1x3x8x8x!quant.uniform<u8:f32, 0.5:128>>, tensor<3x4x1x1x!quant.uniform<i8:f32, 0.25>>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_integer_c1(%x: tensor<1x3x8x8xsi16>, %y: tensor<4x3x1x1xsi8>, %z: tensor<si16>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-DTYPE] expected integer operands of at most 8 bits, found s16 (conv_integer_c1)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xsi16>, tensor<4x3x1x1xsi8>, tensor<si16>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @conv_integer_c2(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-ATTR-LEN] expected 2 entries in 'strides', found 1 (conv_integer_c2)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @conv_integer_c3(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-SHAPE] expected 6 input channels as the weights say, found 3 (conv_integer_c3)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 2 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @conv_integer_c4(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<ui8>, %v: tensor<si8>, %w: tensor<5xsi32>) {
  // expected-error @+1 {{[E-SHAPE] expected a bias of 4 entries, found 5 (conv_integer_c4)}}
  %r = limbeck.conv_integer %x, %y, %z, %v, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>, tensor<5xsi32>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @conv_integer_c5(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'NHCW' (conv_integer_c5)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHCW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @conv_integer_c6(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s32[1x4x8x8], found s64[1x4x8x8] (conv_integer_c6)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x4x8x8xsi64>
  return
}

// -----

func.func @conv_integer_c7(%x: tensor<1x3x8x8xui8>, %y: tensor<4x3x1x1xsi8>, %z: tensor<si8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-ZP] expected a zero point of u8, found s8 (conv_integer_c7)}}
  %r = limbeck.conv_integer %x, %y, %z, %v strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xui8>, tensor<4x3x1x1xsi8>, tensor<si8>, tensor<si8>) -> tensor<1x4x8x8xsi32>
  return
}

// -----

func.func @matmul_integer_c1(%x: tensor<4x8xsi32>, %y: tensor<8x16xsi8>, %z: tensor<si32>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-DTYPE] expected integer operands of at most 8 bits, found s32 (matmul_integer_c1)}}
  %r = limbeck.matmul_integer %x, %y, %z, %v
    : (tensor<4x8xsi32>, tensor<8x16xsi8>, tensor<si32>, tensor<si8>) -> tensor<4x16xsi32>
  return
}

// -----

func.func @matmul_integer_c2(%x: tensor<4x8xui8>, %y: tensor<7x16xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-SHAPE] expected equal inner dimensions, found 4x8 and 7x16 (matmul_integer_c2)}}
  %r = limbeck.matmul_integer %x, %y, %z, %v
    : (tensor<4x8xui8>, tensor<7x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32>
  return
}

// -----

func.func @matmul_integer_c3(%x: tensor<4x8xui8>, %y: tensor<8x16xsi8>, %z: tensor<3xui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-QAXIS] expected one zero point or 4, found 3 (matmul_integer_c3)}}
  %r = limbeck.matmul_integer %x, %y, %z, %v
    : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<3xui8>, tensor<si8>) -> tensor<4x16xsi32>
  return
}

// -----

func.func @matmul_integer_c4(%x: tensor<4x8xui8>, %y: tensor<8x16xsi8>, %z: tensor<ui8>, %v: tensor<si8>, %w: tensor<16xsi64>) {
  // expected-error @+1 {{[E-DTYPE] expected a bias of s32, found s64 (matmul_integer_c4)}}
  %r = limbeck.matmul_integer %x, %y, %z, %v, %w
    : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>, tensor<16xsi64>) -> tensor<4x16xsi32>
  return
}

// -----

func.func @matmul_integer_c5(%x: tensor<4x8xui8>, %y: tensor<8x16xsi8>, %z: tensor<ui8>, %v: tensor<si8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s32[4x16], found s64[4x16] (matmul_integer_c5)}}
  %r = limbeck.matmul_integer %x, %y, %z, %v
    : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi64>
  return
}

// -----

func.func @matmul_blocks_c1(%a: tensor<4x64xf16>, %b: tensor<64x8xsi4>, %c: tensor<2x8xf16>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected f32 values, found f16 (matmul_blocks_c1)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x64xf16>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c2(%a: tensor<4x64xf32>, %b: tensor<64x8xsi4>, %c: tensor<2x8xf16>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-QAXIS] expected a block size of at least 1, found 0 (matmul_blocks_c2)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 0
    : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c3(%a: tensor<4x64xf32>, %b: tensor<1x64x8xsi4>, %c: tensor<2x8xf16>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-RANK] expected one matrix of weights, found 1x64x8 (matmul_blocks_c3)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x64xf32>, tensor<1x64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c4(%a: tensor<4x64xf32>, %b: tensor<64x8xsi4>, %c: tensor<3x8xf16>, %d: tensor<3x8xsi4>) {
  // expected-error @+1 {{[E-QAXIS] expected 2 parameters along dimension 0, found 3x8 for 64x8 (matmul_blocks_c4)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<3x8xf16>, tensor<3x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c5(%a: tensor<4x64xf32>, %b: tensor<64x8xsi4>, %c: tensor<2x8xf64>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a scale of f32, f16 or bf16, found f64 (matmul_blocks_c5)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<2x8xf64>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c6(%a: tensor<4x63xf32>, %b: tensor<64x8xsi4>, %c: tensor<2x8xf16>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-SHAPE] expected equal inner dimensions, found 63 and 64 (matmul_blocks_c6)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x63xf32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_blocks_c7(%a: tensor<4x64xf32>, %b: tensor<64x8xsi4>, %c: tensor<2x8xf16>, %d: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[4x8], found f16[4x8] (matmul_blocks_c7)}}
  %r = limbeck.matmul_blocks %a, %b, %c, %d block_size = 32
    : (tensor<4x64xf32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf16>
  return
}

// -----

func.func @matmul_integer_blocks_c1(%a: tensor<4x64xui8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected an input of s8, found u8 (matmul_integer_blocks_c1)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xui8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c2(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-QAXIS] expected a block size of at least 1, found 0 (matmul_integer_blocks_c2)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 0
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c3(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi16>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi16>) {
  // expected-error @+1 {{[E-DTYPE] expected integer weights of at most 8 bits, found s16 (matmul_integer_blocks_c3)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi16>, tensor<2x8xf16>, tensor<2x8xsi16>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c4(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xui4>) {
  // expected-error @+1 {{[E-ZP] expected a zero point of s4, found u4 (matmul_integer_blocks_c4)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xui4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c5(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf64>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a scale of f32, f16 or bf16, found f64 (matmul_integer_blocks_c5)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf64>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c6(%a: tensor<4x65xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-SHAPE] expected equal inner dimensions, found 65 and 64 (matmul_integer_blocks_c6)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x65xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c7(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi64>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-QAXIS] expected sums of the input of s32 4x2, found s64[4x2] (matmul_integer_blocks_c7)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi64>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf32>
  return
}

// -----

func.func @matmul_integer_blocks_c8(%a: tensor<4x64xsi8>, %b: tensor<4x2xf32>, %c: tensor<4x2xsi32>, %d: tensor<64x8xsi4>, %e: tensor<2x8xf16>, %f: tensor<2x8xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[4x8], found f16[4x8] (matmul_integer_blocks_c8)}}
  %r = limbeck.matmul_integer_blocks %a, %b, %c, %d, %e, %f block_size = 32
    : (tensor<4x64xsi8>, tensor<4x2xf32>, tensor<4x2xsi32>, tensor<64x8xsi4>, tensor<2x8xf16>, tensor<2x8xsi4>) -> tensor<4x8xf16>
  return
}
