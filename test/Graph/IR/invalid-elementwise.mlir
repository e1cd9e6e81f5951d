// Ops of several operands that work element by element: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @add_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (add_c1)}}
  %r = limbeck.add %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @add_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (add_c2)}}
  %r = limbeck.add %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @add_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (add_c3)}}
  %r = limbeck.add %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @div_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (div_c1)}}
  %r = limbeck.div %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @div_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (div_c2)}}
  %r = limbeck.div %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @div_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (div_c3)}}
  %r = limbeck.div %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @max_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (max_c1)}}
  %r = limbeck.max %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @max_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (max_c2)}}
  %r = limbeck.max %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @max_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (max_c3)}}
  %r = limbeck.max %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @min_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (min_c1)}}
  %r = limbeck.min %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @min_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (min_c2)}}
  %r = limbeck.min %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @min_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (min_c3)}}
  %r = limbeck.min %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @mul_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (mul_c1)}}
  %r = limbeck.mul %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @mul_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (mul_c2)}}
  %r = limbeck.mul %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @mul_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (mul_c3)}}
  %r = limbeck.mul %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @pow_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (pow_c1)}}
  %r = limbeck.pow %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @pow_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (pow_c2)}}
  %r = limbeck.pow %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @pow_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (pow_c3)}}
  %r = limbeck.pow %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @sub_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (sub_c1)}}
  %r = limbeck.sub %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @sub_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (sub_c2)}}
  %r = limbeck.sub %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @sub_c3(%x: tensor<2xsi4>, %y: tensor<2xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (sub_c3)}}
  %r = limbeck.sub %x, %y : (tensor<2xsi4>, tensor<2xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @add_c4(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-ATTR] attribute 'arith': expected one of '', 'qdq', 'ort_qlinear', found 'exact' (add_c4)}}
  %r = limbeck.add %x, %y arith = "exact" : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @mul_c4(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-ATTR] attribute 'arith': expected one of '', 'qdq', 'ort_qlinear', found 'exact' (mul_c4)}}
  %r = limbeck.mul %x, %y arith = "exact" : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @and_c1(%x: tensor<2xi1>, %y: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found bool and u8 (and_c1)}}
  %r = limbeck.and %x, %y : (tensor<2xi1>, tensor<2xui8>) -> tensor<2xi1>
  return
}

// -----

func.func @and_c2(%x: tensor<2xi1>, %y: tensor<2xi1>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be bool[2], found bool[3] (and_c2)}}
  %r = limbeck.and %x, %y : (tensor<2xi1>, tensor<2xi1>) -> tensor<3xi1>
  return
}

// -----

func.func @and_c3(%x: tensor<2xui8>, %y: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected bool, found u8 (and_c3)}}
  %r = limbeck.and %x, %y : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xui8>
  return
}

// -----

func.func @or_c1(%x: tensor<2xi1>, %y: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found bool and u8 (or_c1)}}
  %r = limbeck.or %x, %y : (tensor<2xi1>, tensor<2xui8>) -> tensor<2xi1>
  return
}

// -----

func.func @or_c2(%x: tensor<2xi1>, %y: tensor<2xi1>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be bool[2], found bool[3] (or_c2)}}
  %r = limbeck.or %x, %y : (tensor<2xi1>, tensor<2xi1>) -> tensor<3xi1>
  return
}

// -----

func.func @or_c3(%x: tensor<2xui8>, %y: tensor<2xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected bool, found u8 (or_c3)}}
  %r = limbeck.or %x, %y : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xui8>
  return
}

// -----

func.func @equal_c1(%x: tensor<2xf32>, %y: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and s32 (equal_c1)}}
  %r = limbeck.equal %x, %y : (tensor<2xf32>, tensor<2xsi32>) -> tensor<2xi1>
  return
}

// -----

func.func @equal_c2(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be bool[2], found f32[2] (equal_c2)}}
  %r = limbeck.equal %x, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @greater_c1(%x: tensor<2xf32>, %y: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and s32 (greater_c1)}}
  %r = limbeck.greater %x, %y : (tensor<2xf32>, tensor<2xsi32>) -> tensor<2xi1>
  return
}

// -----

func.func @greater_c2(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be bool[2], found f32[2] (greater_c2)}}
  %r = limbeck.greater %x, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @less_c1(%x: tensor<2xf32>, %y: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and s32 (less_c1)}}
  %r = limbeck.less %x, %y : (tensor<2xf32>, tensor<2xsi32>) -> tensor<2xi1>
  return
}

// -----

func.func @less_c2(%x: tensor<2xf32>, %y: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be bool[2], found f32[2] (less_c2)}}
  %r = limbeck.less %x, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @prelu_c1(%x: tensor<2xf32>, %y: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (prelu_c1)}}
  %r = limbeck.prelu %x, %y : (tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @prelu_c2(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 2 and 3; each pair of dimensions, counted from the last, must be equal or hold a 1 (prelu_c2)}}
  %r = limbeck.prelu %x, %y : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @prelu_c3(%x: tensor<2xsi32>, %y: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (prelu_c3)}}
  %r = limbeck.prelu %x, %y : (tensor<2xsi32>, tensor<2xsi32>) -> tensor<2xsi32>
  return
}

// -----

func.func @where_c1(%x: tensor<2xui8>, %y: tensor<2xf32>, %z: tensor<2xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected a condition of type bool, found u8 (where_c1)}}
  %r = limbeck.where %x, %y, %z : (tensor<2xui8>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @where_c2(%x: tensor<2xi1>, %y: tensor<2xf32>, %z: tensor<2xf16>) {
  // expected-error @+1 {{[E-DTYPE] expected operands of one element type, found f32 and f16 (where_c2)}}
  %r = limbeck.where %x, %y, %z : (tensor<2xi1>, tensor<2xf32>, tensor<2xf16>) -> tensor<2xf32>
  return
}

// -----

func.func @where_c3(%x: tensor<3xi1>, %y: tensor<2xf32>, %z: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 3 and 2; each pair of dimensions, counted from the last, must be equal or hold a 1 (where_c3)}}
  %r = limbeck.where %x, %y, %z : (tensor<3xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}
