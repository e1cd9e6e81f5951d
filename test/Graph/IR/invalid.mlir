// Types that no op takes, and what several ops share. invalid-*.mlir break the constraints of docs/ops.md one by one.
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

func.func @equal_gives_bool(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be bool[2], found f32[2]}}
  %y = limbeck.equal %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
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
