// Ops that move elements, and ops on shapes: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @reshape_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-RESHAPE] expected a shape of 6 elements like the operand 2x3, found 4 of 4 (reshape_c1)}}
  %r = limbeck.reshape %x shape = [4] : (tensor<2x3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<?x?xf32>) {
  // expected-error @+1 {{[E-RESHAPE] attribute 'kept': expected -1 or a dimension of the operand ?x?, found 2 (reshape_c2)}}
  %r = limbeck.reshape %x shape = [-1, -1] kept = [2, 0] : (tensor<?x?xf32>) -> tensor<?x?xf32>
  return
}

// -----

func.func @reshape_c3(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[6], found f32[5] (reshape_c3)}}
  %r = limbeck.reshape %x shape = [6] : (tensor<2x3xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @reshape_c4(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, u8[2x1]:f32{0.500000:128}, found u8[2x1]:f32{0.250000:128} (reshape_c4)}}
  %r = limbeck.reshape %x shape = [2, 1]
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2x1x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-PERM] attribute 'perm': expected each of the 2 axes once, found [0,0] (transpose_c1)}}
  %r = limbeck.transpose %x perm = [0, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[3x2], found f32[2x3] (transpose_c2)}}
  %r = limbeck.transpose %x perm = [1, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @transpose_c3(%x: tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, s8[2x2]:f32{axis 1}, found s8[2x2]:f32{axis 0} (transpose_c3)}}
  %r = limbeck.transpose %x perm = [1, 0]
    : (tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @expand_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a shape that 2 broadcasts to, found 3 (expand_c1)}}
  %r = limbeck.expand %x shape = [3] : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @expand_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[3x2], found f16[3x2] (expand_c2)}}
  %r = limbeck.expand %x shape = [3, 2] : (tensor<2xf32>) -> tensor<3x2xf16>
  return
}

// -----

func.func @expand_c3(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, u8[3x2]:f32{0.500000:128}, found f32[3x2] (expand_c3)}}
  %r = limbeck.expand %x shape = [3, 2] : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<3x2xf32>
  return
}

// -----

func.func @tile_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SIZE] attribute 'repeats': expected one repeat for each of the 2 dimensions, found 1 (tile_c1)}}
  %r = limbeck.tile %x repeats = [2] : (tensor<2x3xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @tile_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[4], found f32[2] (tile_c2)}}
  %r = limbeck.tile %x repeats = [2] : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @tile_c3(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, f32[2], found u8[2]:f32{0.250000:128} (tile_c3)}}
  %r = limbeck.tile %x repeats = [1] : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @concat_c1(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<2x!quant.uniform<u8:f32, 0.25:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected data operands of one element type and quantization, found u8[2]:f32{0.500000:128} and u8[2]:f32{0.250000:128} (concat_c1)}}
  %r = limbeck.concat %x, %y axis = 0
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>, tensor<2x!quant.uniform<u8:f32, 0.25:128>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @concat_c2(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axis': expected an axis from 0 to 0, found 1 (concat_c2)}}
  %r = limbeck.concat %x, %y axis = 1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @concat_c3(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[4], found f32[5] (concat_c3)}}
  %r = limbeck.concat %x, %y axis = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return
}

// -----

func.func @concat_c4(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, u8[4]:f32{0.500000:128}, found u8[4]:f32{0.250000:128} (concat_c4)}}
  %r = limbeck.concat %x, %y axis = 0
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>, tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<4x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @slice_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SLICE] expected 2 starts, ends and steps, found 1, 1 and 1 (slice_c1)}}
  %r = limbeck.slice %x starts = [0] ends = [1] steps = [1] : (tensor<2x3xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SLICE] attribute 'steps': expected steps other than 0, found 0 for axis 0 (slice_c2)}}
  %r = limbeck.slice %x starts = [0] ends = [1] steps = [0] : (tensor<2xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @slice_c3(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1], found f32[2] (slice_c3)}}
  %r = limbeck.slice %x starts = [0] ends = [1] steps = [1] : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @slice_c4(%x: tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) {
  // expected-error @+1 {{[E-QAXIS] expected an op that keeps the slices along quantization axis 0 whole and in order; dequantize first, or quantize per tensor (slice_c4)}}
  %r = limbeck.slice %x starts = [-1, 0] ends = [-3, 3] steps = [-1, 1]
    : (tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>) -> tensor<2x3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @gather_c1(%x: tensor<4xf32>, %y: tensor<2xsi64>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axis': expected an axis from 0 to 0, found 1 (gather_c1)}}
  %r = limbeck.gather %x, %y axis = 1 : (tensor<4xf32>, tensor<2xsi64>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_c2(%x: tensor<4xf32>, %y: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected indices of type s32 or s64, found u8 (gather_c2)}}
  %r = limbeck.gather %x, %y axis = 0 : (tensor<4xf32>, tensor<2xui8>) -> tensor<2xf32>
  return
}

// -----

func.func @gather_c3(%x: tensor<4xf32>, %y: tensor<2xsi64>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found f32[4] (gather_c3)}}
  %r = limbeck.gather %x, %y axis = 0 : (tensor<4xf32>, tensor<2xsi64>) -> tensor<4xf32>
  return
}

// -----

func.func @gather_c4(%x: tensor<4x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<2xsi64>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, u8[2]:f32{0.500000:128}, found u8[2]:f32{0.250000:128} (gather_c4)}}
  %r = limbeck.gather %x, %y axis = 0
    : (tensor<4x!quant.uniform<u8:f32, 0.5:128>>, tensor<2xsi64>) -> tensor<2x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @pad_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-PAD] attribute 'pads': expected 4 pads, one at each end of each axis, found 2 (pad_c1)}}
  %r = limbeck.pad %x pads = [1, 1] mode = "constant" : (tensor<2x3xf32>) -> tensor<4x3xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-PAD] attribute 'mode': expected the mode constant, edge, reflect or wrap, found 'mirror' (pad_c2)}}
  %r = limbeck.pad %x pads = [1, 1] mode = "mirror" : (tensor<2xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @pad_c3(%x: tensor<2xf32>, %y: tensor<1xf32>) {
  // expected-error @+1 {{[E-RANK] expected a scalar as pad value, found the shape 1 (pad_c3)}}
  %r = limbeck.pad %x, %y pads = [1, 1] mode = "constant" : (tensor<2xf32>, tensor<1xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @pad_c4(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-PAD] attribute 'pads': expected to crop at most the 2 elements of an axis, found pads of -2 and -1 (pad_c4)}}
  %r = limbeck.pad %x pads = [-2, -1] mode = "constant" : (tensor<2xf32>) -> tensor<0xf32>
  return
}

// -----

func.func @pad_c5(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[4], found f32[3] (pad_c5)}}
  %r = limbeck.pad %x pads = [1, 1] mode = "constant" : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @pad_c6(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand, u8[4]:f32{0.500000:128}, found u8[4]:f32{0.250000:128} (pad_c6)}}
  %r = limbeck.pad %x pads = [1, 1] mode = "constant"
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<4x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @shape_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s64[2], found s32[2] (shape_c1)}}
  %r = limbeck.shape %x start = 0 end = 2 : (tensor<2x3xf32>) -> tensor<2xsi32>
  return
}

// -----

func.func @size_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s64[scalar], found s64[1] (size_c1)}}
  %r = limbeck.size %x : (tensor<2x3xf32>) -> tensor<1xsi64>
  return
}

// -----

func.func @range_c1(%x: tensor<si64>, %y: tensor<si64>, %z: tensor<si32>) {
  // expected-error @+1 {{[E-DTYPE] expected a start, limit and delta of one numeric type, found s64 and s32 (range_c1)}}
  %r = limbeck.range %x, %y, %z : (tensor<si64>, tensor<si64>, tensor<si32>) -> tensor<?xsi64>
  return
}

// -----

func.func @range_c2() {
  %a = limbeck.const dense<0> : tensor<si64>
  %b = limbeck.const dense<5> : tensor<si64>
  %c = limbeck.const dense<2> : tensor<si64>
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s64[3], found s64[4] (range_c2)}}
  %r = limbeck.range %a, %b, %c : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<4xsi64>
  return
}

// -----

func.func @range_c3() {
  %a = limbeck.const dense<0> : tensor<si64>
  %b = limbeck.const dense<5> : tensor<si64>
  %c = limbeck.const dense<0> : tensor<si64>
  // expected-error @+1 {{[E-SIZE] expected a delta other than 0, found 0 (range_c3)}}
  %r = limbeck.range %a, %b, %c : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>
  return
}
