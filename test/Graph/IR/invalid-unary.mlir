// Ops of one operand that work element by element: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @ceil_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (ceil_c1)}}
  %r = limbeck.ceil %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @ceil_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (ceil_c2)}}
  %r = limbeck.ceil %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @clip_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (clip_c1)}}
  %r = limbeck.clip %x min = 0.0 max = 6.0 : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @clip_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (clip_c2)}}
  %r = limbeck.clip %x min = 0.0 max = 6.0 : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @erf_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (erf_c1)}}
  %r = limbeck.erf %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @erf_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (erf_c2)}}
  %r = limbeck.erf %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @exp_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (exp_c1)}}
  %r = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @exp_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (exp_c2)}}
  %r = limbeck.exp %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @floor_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (floor_c1)}}
  %r = limbeck.floor %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @floor_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (floor_c2)}}
  %r = limbeck.floor %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @gelu_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (gelu_c1)}}
  %r = limbeck.gelu %x approximate = "none" : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @gelu_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (gelu_c2)}}
  %r = limbeck.gelu %x approximate = "none" : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @hard_sigmoid_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (hard_sigmoid_c1)}}
  %r = limbeck.hard_sigmoid %x alpha = 0.2 beta = 0.5 : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @hard_sigmoid_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (hard_sigmoid_c2)}}
  %r = limbeck.hard_sigmoid %x alpha = 0.2 beta = 0.5 : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @hard_swish_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (hard_swish_c1)}}
  %r = limbeck.hard_swish %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @hard_swish_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (hard_swish_c2)}}
  %r = limbeck.hard_swish %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @leaky_relu_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (leaky_relu_c1)}}
  %r = limbeck.leaky_relu %x alpha = 0.1 : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @leaky_relu_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (leaky_relu_c2)}}
  %r = limbeck.leaky_relu %x alpha = 0.1 : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @log_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (log_c1)}}
  %r = limbeck.log %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @log_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (log_c2)}}
  %r = limbeck.log %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @reciprocal_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (reciprocal_c1)}}
  %r = limbeck.reciprocal %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @reciprocal_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (reciprocal_c2)}}
  %r = limbeck.reciprocal %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @round_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (round_c1)}}
  %r = limbeck.round %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @round_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (round_c2)}}
  %r = limbeck.round %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @sigmoid_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (sigmoid_c1)}}
  %r = limbeck.sigmoid %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @sigmoid_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (sigmoid_c2)}}
  %r = limbeck.sigmoid %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @sqrt_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (sqrt_c1)}}
  %r = limbeck.sqrt %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @sqrt_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (sqrt_c2)}}
  %r = limbeck.sqrt %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @tanh_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x3], found f32[3x2] (tanh_c1)}}
  %r = limbeck.tanh %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @tanh_c2(%x: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (tanh_c2)}}
  %r = limbeck.tanh %x : (tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @gelu_c3(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-ATTR] attribute 'approximate': expected one of 'none', 'tanh', found 'sigmoid' (gelu_c3)}}
  %r = limbeck.gelu %x approximate = "sigmoid" : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @abs_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2], found f16[2] (abs_c1)}}
  %r = limbeck.abs %x : (tensor<2xf32>) -> tensor<2xf16>
  return
}

// -----

func.func @abs_c2(%x: tensor<2xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found bool (abs_c2)}}
  %r = limbeck.abs %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @neg_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2], found f16[2] (neg_c1)}}
  %r = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf16>
  return
}

// -----

func.func @neg_c2(%x: tensor<2xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found bool (neg_c2)}}
  %r = limbeck.neg %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @relu_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2], found f16[2] (relu_c1)}}
  %r = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf16>
  return
}

// -----

func.func @relu_c2(%x: tensor<2xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found bool (relu_c2)}}
  %r = limbeck.relu %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @not_c1(%x: tensor<2xi1>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be bool[2], found bool[3] (not_c1)}}
  %r = limbeck.not %x : (tensor<2xi1>) -> tensor<3xi1>
  return
}

// -----

func.func @not_c2(%x: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected bool, found u8 (not_c2)}}
  %r = limbeck.not %x : (tensor<2xui8>) -> tensor<2xui8>
  return
}
