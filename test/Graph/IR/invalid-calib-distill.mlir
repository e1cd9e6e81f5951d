// The dialects `calib` and `distill`: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @fake_quant_c1(%x: tensor<2xf32>, %y: tensor<f32>, %z: tensor<si32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found f32[3] (fake_quant_c1)}}
  %r = calib.fake_quant %x, %y, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<2xf32>, tensor<f32>, tensor<si32>) -> tensor<3xf32>
  return
}

// -----

func.func @fake_quant_c2(%x: tensor<2xf32>, %y: tensor<2xf32>, %z: tensor<si32>) {
  // expected-error @+1 {{[E-QAXIS] expected one parameter without an axis, found 2 (fake_quant_c2)}}
  %r = calib.fake_quant %x, %y, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<2xf32>, tensor<2xf32>, tensor<si32>) -> tensor<2xf32>
  return
}

// -----

func.func @fake_quant_c3(%x: tensor<2xf32>, %y: tensor<f32>, %z: tensor<si32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] expected bounds inside [-128, 127], found [-129, 127] (fake_quant_c3)}}
  %r = calib.fake_quant %x, %y, %z storage = si8 lowest = -129 highest = 127 axis = -1
    : (tensor<2xf32>, tensor<f32>, tensor<si32>) -> tensor<2xf32>
  return
}

// -----

func.func @fake_quant_c4(%x: tensor<2xf64>, %y: tensor<f32>, %z: tensor<si32>) {
  // expected-error @+1 {{[E-DTYPE] expected values of f32, f16 or bf16, found f64 (fake_quant_c4)}}
  %r = calib.fake_quant %x, %y, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<2xf64>, tensor<f32>, tensor<si32>) -> tensor<2xf64>
  return
}

// -----

func.func @fake_quant_c5(%x: tensor<2xf32>, %y: tensor<f32>, %z: tensor<si8>) {
  // expected-error @+1 {{[E-ZP] expected a zero point of s32, found s8 (fake_quant_c5)}}
  %r = calib.fake_quant %x, %y, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<2xf32>, tensor<f32>, tensor<si8>) -> tensor<2xf32>
  return
}

// -----

func.func @fake_quant_c6(%x: tensor<2xf32>, %z: tensor<si32>) {
  %s = limbeck.const dense<-1.0> : tensor<f32>
  // expected-error @+1 {{[E-SCALE] expected a finite positive scale, found -1.000000 (fake_quant_c6)}}
  %r = calib.fake_quant %x, %s, %z storage = si8 lowest = -127 highest = 127 axis = -1
    : (tensor<2xf32>, tensor<f32>, tensor<si32>) -> tensor<2xf32>
  return
}

// -----

func.func @stop_gradient_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found f32[3] (stop_gradient_c1)}}
  %r = distill.stop_gradient %x : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @loss_c1(%x: tensor<8x10xf32>, %y: tensor<8x10xf32>) {
  // expected-error @+1 {{[E-ATTR] expected a loss cross_entropy, kl_soft or feature_mse, found 'hinge' (loss_c1)}}
  %r = distill.loss %x, %y kind = "hinge" weight = 1.0 temperature = 0.5 : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<f32>
  return
}

// -----

func.func @loss_c2(%x: tensor<8x10xf32>, %y: tensor<8x10xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[scalar], found f32[1] (loss_c2)}}
  %r = distill.loss %x, %y kind = "kl_soft" weight = 1.0 temperature = 0.5
    : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @loss_c3(%x: tensor<8x10xf32>, %y: tensor<8x10xf32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] expected a finite weight, found inf (loss_c3)}}
  %r = distill.loss %x, %y kind = "kl_soft" weight = 0x7F800000 temperature = 0.5
    : (tensor<8x10xf32>, tensor<8x10xf32>) -> tensor<f32>
  return
}

// -----

func.func @loss_c4(%x: tensor<8x10xf32>, %y: tensor<10xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a target of 8x10, found 10 (loss_c4)}}
  %r = distill.loss %x, %y kind = "kl_soft" weight = 1.0 temperature = 0.5 : (tensor<8x10xf32>, tensor<10xf32>) -> tensor<f32>
  return
}

// -----

func.func @loss_c5(%x: tensor<8x10xf32>, %y: tensor<8x10xsi64>) {
  // expected-error @+1 {{[E-DTYPE] expected float operands, found f32 and s64 (loss_c5)}}
  %r = distill.loss %x, %y kind = "kl_soft" weight = 1.0 temperature = 0.5
    : (tensor<8x10xf32>, tensor<8x10xsi64>) -> tensor<f32>
  return
}

// -----

// expected-error @+1 {{expected storage of 4, 8 or 16 bits, found 'si32' (stat_c2)}}
calib.stat @stat_c2 method = "minmax" storage = si32
