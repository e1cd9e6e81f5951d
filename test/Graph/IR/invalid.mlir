// Each function breaks the constraint it is named after: `conv_c3` is the third of limbeck.conv.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @type_needs_signedness(%x: tensor<2xi8>) {
  // expected-error @+1 {{[E-UNSUPPORTED-TYPE] expected i1, an integer with signedness of 4 to 64 bits, f16, bf16, f32 or f64, found i8}}
  %y = limbeck.abs %x : (tensor<2xi8>) -> tensor<2xi8>
  return
}

// -----

func.func @type_has_no_encoding(%x: tensor<2xf32, "layout">) {
  // expected-error @+1 {{[E-UNSUPPORTED-TYPE] expected a ranked tensor without encoding}}
  %y = limbeck.relu %x : (tensor<2xf32, "layout">) -> tensor<2xf32, "layout">
  return
}

// -----

func.func @type_scale_is_exact_in_f32(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SCALE] expected a scale that is exact in f32, found 0.100000; the nearest is 0.10000000149011612}}
  %y = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.1>>
  return
}

// -----

func.func @type_zero_point_is_in_range(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-ZP] expected a zero point in [-127, 127], found -128}}
  %y = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8<-127:127>:f32, 0.5:-128>>
  return
}

// -----

func.func @type_axis_is_below_rank(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-QAXIS] expected a quantization axis below the rank 1, found 1}}
  %y = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32:1, {0.5, 0.25}>>
  return
}

// -----

func.func @type_has_a_scale_per_slice(%x: tensor<3xf32>) {
  // expected-error @+1 {{[E-QAXIS] expected 3 scales for axis 0, found 2}}
  %y = limbeck.quantize %x : (tensor<3xf32>) -> tensor<3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @relu_c1(%x: tensor<2x?xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x?], found f32[3x4]}}
  %y = limbeck.relu %x : (tensor<2x?xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @sigmoid_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{'limbeck.sigmoid' op [E-}}
  %y = limbeck.sigmoid %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @add_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{'limbeck.add' op [E-}}
  %z = limbeck.add %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @add_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{'limbeck.add' op [E-SHAPE]}}
  %z = limbeck.add %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @equal_gives_bool(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be bool[2], found f32[2]}}
  %y = limbeck.equal %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @matmul_c2(%a: tensor<4x8xf32>, %b: tensor<7x16xf32>) {
  // expected-error @+1 {{'limbeck.matmul' op [E-SHAPE]}}
  %y = limbeck.matmul %a, %b : (tensor<4x8xf32>, tensor<7x16xf32>) -> tensor<4x16xf32>
  return
}

// -----

func.func @conv_c3(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error @+1 {{'limbeck.conv' op [E-}}
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c5(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{'limbeck.conv' op [E-}}
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [1, 1, 1, 1] dilations = [1, 1] groups = 1 layout = "HWCN"
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_c6(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x4x6x6], found f32[1x4x8x8]}}
  %y = limbeck.conv %x, %w strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NCHW"
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @transpose_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'limbeck.transpose' op [E-}}
  %y = limbeck.transpose %x perm = [0, 0] : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'limbeck.reshape' op [E-}}
  %y = limbeck.reshape %x shape = [4] : (tensor<2x3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @movement_carries_quantization(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand}}
  %y = limbeck.reshape %x shape = [2, 1]
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>) -> tensor<2x1x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

func.func @movement_does_not_quantize(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected the quantization of the operand}}
  %y = limbeck.tile %x repeats = [1] : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 0.25:128>>
  return
}

// -----

!q = !quant.uniform<i8:f32:0, {0.5, 0.25}>

func.func @movement_axis_follows(%x: tensor<2x3x!q>) {
  // expected-error @+1 {{[E-QAXIS]}}
  %y = limbeck.transpose %x perm = [1, 0] : (tensor<2x3x!q>) -> tensor<3x2x!q>
  return
}

// -----

!q = !quant.uniform<i8:f32:0, {0.5, 0.25}>

func.func @movement_keeps_slices_in_order(%x: tensor<2x3x!q>) {
  // expected-error @+1 {{[E-QAXIS] expected an op that keeps the slices along quantization axis 0 whole and in order; dequantize first, or quantize per tensor}}
  %y = limbeck.slice %x starts = [-1, 0] ends = [-3, 3] steps = [-1, 1] : (tensor<2x3x!q>) -> tensor<2x3x!q>
  return
}

// -----

func.func @concat_c1(%x: tensor<2x!quant.uniform<u8:f32, 0.5:128>>, %y: tensor<2x!quant.uniform<u8:f32, 0.25:128>>) {
  // expected-error @+1 {{[E-DTYPE] expected data operands of one element type and quantization}}
  %z = limbeck.concat %x, %y axis = 0
    : (tensor<2x!quant.uniform<u8:f32, 0.5:128>>, tensor<2x!quant.uniform<u8:f32, 0.25:128>>)
      -> tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @storage_cast_c1(%x: tensor<2xsi8>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s8[2], found u8[2]}}
  %y = limbeck.storage_cast %x : (tensor<2xsi8>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @quantize_c1(%x: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE]}}
  %y = limbeck.quantize %x : (tensor<2xf16>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @cast_result_is_plain(%x: tensor<2xf32>) {
  // expected-error @+1 {{result #0 must be ranked tensor without quantization}}
  %y = limbeck.cast %x to = ui8 : (tensor<2xf32>) -> tensor<2x!quant.uniform<u8:f32, 0.5:128>>
  return
}

// -----

func.func @range_follows_from_constants() {
  %start = limbeck.const dense<0> : tensor<si64>
  %limit = limbeck.const dense<5> : tensor<si64>
  %delta = limbeck.const dense<2> : tensor<si64>
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s64[3], found s64[4]}}
  %y = limbeck.range %start, %limit, %delta : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<4xsi64>
  return
}

// -----

func.func @const_c2() {
  // expected-error @+1 {{[E-DATA-SIZE] expected 2 bytes for u4[3], found 3}}
  %0 = limbeck.const dense_resource<blob_long> : tensor<3xui4>
  return
}

{-#
  dialect_resources: {
    builtin: {
      blob_long: "0x10000000210300"
    }
  }
#-}

// -----

func.func @fused_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected one block argument per operand, of the same type}}
  limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> () {
    limbeck.yield
  }
  return
}

// -----

func.func @fused_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected the region to yield one value per result, of the same type}}
  %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<2xf32>):
    limbeck.yield %a : tensor<2xf32>
  }
  return
}

// -----

func.func @launch_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected 'missing' to name a function}}
  %y = limbeck.launch @missing(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// expected-error @+1 {{expected a range of two finite numbers, the first not above the second}}
calib.stat @stat_c1 method = "minmax" range = [1.0, -1.0]

// -----

func.func @observe_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected 'missing' to name a calib.stat}}
  %y = calib.observe %x stat = @missing : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// expected-error @+1 {{expected an initial value of type 'tensor<2xf32>', found 'tensor<1xf32>'}}
distill.param @param_c1 : tensor<2xf32> trainable = true initial = dense<1.0> : tensor<1xf32>

// -----

func.func @loss_c1(%s: tensor<8x10xf32>) {
  // expected-error @+1 {{'distill.loss' op [E-}}
  %l = distill.loss %s, %s kind = "hinge" weight = 1.0 temperature = 1.0 : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<f32>
  return
}
