// Ops without a definition in lib/Reference, and symbols: each function or symbol breaks the constraint it is named after, as
// docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @const_c1() {
  // expected-error @+1 {{found i8 (const_c1)}}
  %0 = limbeck.const dense<1> : tensor<2xi8>
  return
}

// -----

func.func @const_c2() {
  // expected-error @+1 {{[E-DATA-SIZE] expected 2 bytes for u4[3], found 3 (const_c2)}}
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
  // expected-error @+1 {{expected one block argument per operand, of the same type (fused_c1)}}
  limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> () {
    limbeck.yield
  }
  return
}

// -----

func.func @fused_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected the region to yield one value per result, of the same type (fused_c2)}}
  %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<2xf32>):
    limbeck.yield %a : tensor<2xf32>
  }
  return
}

// -----

func.func @per_sample_c1(%x: tensor<4x2xf32>, %z: tensor<3x2xf32>) {
  // expected-error @+1 {{expected static shapes with one first dimension of at least 2, found 'tensor<3x2xf32>' (per_sample_c1)}}
  %y = limbeck.per_sample %x, %z : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%a: tensor<1x2xf32>, %b: tensor<1x2xf32>):
    limbeck.yield %a : tensor<1x2xf32>
  }
  return
}

// -----

func.func @per_sample_c2(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{expected one block argument per operand, of the type of one sample (per_sample_c2)}}
  %y = limbeck.per_sample %x : (tensor<4x2xf32>) -> tensor<4x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %0 = limbeck.slice %a starts = [0, 0] ends = [1, 2] steps = [1, 1] : (tensor<2x2xf32>) -> tensor<1x2xf32>
    limbeck.yield %0 : tensor<1x2xf32>
  }
  return
}

// -----

func.func @per_sample_c3(%x: tensor<4x2xf32>) {
  // expected-error @+1 {{expected the region to yield one value per result, of the type of one sample (per_sample_c3)}}
  %y = limbeck.per_sample %x : (tensor<4x2xf32>) -> tensor<4x3xf32> {
  ^bb0(%a: tensor<1x2xf32>):
    limbeck.yield %a : tensor<1x2xf32>
  }
  return
}

// -----

func.func @launch_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected 'missing' to name a function (launch_c1)}}
  %y = limbeck.launch @missing(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// expected-error @+1 {{expected a range of two finite numbers, the first not above the second (stat_c1)}}
calib.stat @stat_c1 method = "minmax" range = [1.0, -1.0]

// -----

calib.stat @input method = "minmax"
func.func @observe_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found f32[3] (observe_c1)}}
  %y = calib.observe %x stat = @input : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @observe_c2(%x: tensor<2xf32>) {
  // expected-error @+1 {{expected 'missing' to name a calib.stat (observe_c2)}}
  %y = calib.observe %x stat = @missing : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

// expected-error @+1 {{expected an initial value of type 'tensor<2xf32>', found 'tensor<1xf32>' (param_c1)}}
distill.param @param_c1 : tensor<2xf32> trainable = true initial = dense<1.0> : tensor<1xf32>
