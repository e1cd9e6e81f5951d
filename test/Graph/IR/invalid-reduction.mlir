// Reductions and normalizations: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @reduce_max_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axes': expected ascending axes, found 0 after 1 (reduce_max_c1)}}
  %r = limbeck.reduce_max %x axes = [1, 0] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @reduce_max_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x1], found f32[2] (reduce_max_c2)}}
  %r = limbeck.reduce_max %x axes = [1] keepdims = true : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_max_c3(%x: tensor<2x3xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (reduce_max_c3)}}
  %r = limbeck.reduce_max %x axes = [1] keepdims = false : (tensor<2x3xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @reduce_mean_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axes': expected ascending axes, found 0 after 1 (reduce_mean_c1)}}
  %r = limbeck.reduce_mean %x axes = [1, 0] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @reduce_mean_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x1], found f32[2] (reduce_mean_c2)}}
  %r = limbeck.reduce_mean %x axes = [1] keepdims = true : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_mean_c3(%x: tensor<2x3xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (reduce_mean_c3)}}
  %r = limbeck.reduce_mean %x axes = [1] keepdims = false : (tensor<2x3xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @reduce_min_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axes': expected ascending axes, found 0 after 1 (reduce_min_c1)}}
  %r = limbeck.reduce_min %x axes = [1, 0] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @reduce_min_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x1], found f32[2] (reduce_min_c2)}}
  %r = limbeck.reduce_min %x axes = [1] keepdims = true : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_min_c3(%x: tensor<2x3xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (reduce_min_c3)}}
  %r = limbeck.reduce_min %x axes = [1] keepdims = false : (tensor<2x3xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @reduce_prod_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axes': expected ascending axes, found 0 after 1 (reduce_prod_c1)}}
  %r = limbeck.reduce_prod %x axes = [1, 0] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @reduce_prod_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x1], found f32[2] (reduce_prod_c2)}}
  %r = limbeck.reduce_prod %x axes = [1] keepdims = true : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_prod_c3(%x: tensor<2x3xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (reduce_prod_c3)}}
  %r = limbeck.reduce_prod %x axes = [1] keepdims = false : (tensor<2x3xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @reduce_sum_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] attribute 'axes': expected ascending axes, found 0 after 1 (reduce_sum_c1)}}
  %r = limbeck.reduce_sum %x axes = [1, 0] keepdims = false : (tensor<2x3xf32>) -> tensor<f32>
  return
}

// -----

func.func @reduce_sum_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2x1], found f32[2] (reduce_sum_c2)}}
  %r = limbeck.reduce_sum %x axes = [1] keepdims = true : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reduce_sum_c3(%x: tensor<2x3xsi4>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found s4 (reduce_sum_c3)}}
  %r = limbeck.reduce_sum %x axes = [1] keepdims = false : (tensor<2x3xsi4>) -> tensor<2xsi4>
  return
}

// -----

func.func @arg_max_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 2, found 2 (arg_max_c1)}}
  %r = limbeck.arg_max %x axis = 2 keepdims = false select_last_index = false : (tensor<2x3xf32>) -> tensor<2xsi64>
  return
}

// -----

func.func @arg_max_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be s64[2], found s32[2] (arg_max_c2)}}
  %r = limbeck.arg_max %x axis = 1 keepdims = false select_last_index = false : (tensor<2x3xf32>) -> tensor<2xsi32>
  return
}

// -----

func.func @arg_max_c3(%x: tensor<2x3xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type or an integer type of at least 8 bits, found bool (arg_max_c3)}}
  %r = limbeck.arg_max %x axis = 1 keepdims = false select_last_index = false : (tensor<2x3xi1>) -> tensor<2xsi64>
  return
}

// -----

func.func @arg_max_c4(%x: tensor<2x0xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected at least one element along axis 1, found shape 2x0 (arg_max_c4)}}
  %r = limbeck.arg_max %x axis = 1 keepdims = false select_last_index = false : (tensor<2x0xf32>) -> tensor<2xsi64>
  return
}

// -----

func.func @softmax_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 2, found -1 (softmax_c1)}}
  %r = limbeck.softmax %x axis = -1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @softmax_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2x3], found f16[2x3] (softmax_c2)}}
  %r = limbeck.softmax %x axis = 1 : (tensor<2x3xf32>) -> tensor<2x3xf16>
  return
}

// -----

func.func @log_softmax_c1(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 2, found -1 (log_softmax_c1)}}
  %r = limbeck.log_softmax %x axis = -1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @log_softmax_c2(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{[E-DTYPE] expected result 0 to be f32[2x3], found f16[2x3] (log_softmax_c2)}}
  %r = limbeck.log_softmax %x axis = 1 : (tensor<2x3xf32>) -> tensor<2x3xf16>
  return
}

// -----

func.func @layer_norm_c1(%x: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 2, found 2 (layer_norm_c1)}}
  %r:3 = limbeck.layer_norm %x, %y axis = 2 epsilon = 1.0e-5
    : (tensor<2x8xf32>, tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x1xf32>, tensor<2x1xf32>)
  return
}

// -----

func.func @layer_norm_c2(%x: tensor<2x8xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected shapes that broadcast together, found 4 and 8; each pair of dimensions, counted from the last, must be equal or hold a 1 (layer_norm_c2)}}
  %r:3 = limbeck.layer_norm %x, %y axis = 1 epsilon = 1.0e-5
    : (tensor<2x8xf32>, tensor<4xf32>) -> (tensor<2x8xf32>, tensor<2x1xf32>, tensor<2x1xf32>)
  return
}

// -----

func.func @layer_norm_c3(%x: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 1 to be f32[2x1], found f32[2] (layer_norm_c3)}}
  %r:3 = limbeck.layer_norm %x, %y axis = 1 epsilon = 1.0e-5
    : (tensor<2x8xf32>, tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2xf32>, tensor<2xf32>)
  return
}

// -----

func.func @layer_norm_c4(%x: tensor<2x8xf32>, %y: tensor<8xf64>) {
  // expected-error @+1 {{[E-DTYPE] expected f64 parameters exactly for an f64 operand, found f32 and f64 (layer_norm_c4)}}
  %r:3 = limbeck.layer_norm %x, %y axis = 1 epsilon = 1.0e-5
    : (tensor<2x8xf32>, tensor<8xf64>) -> (tensor<2x8xf32>, tensor<2x1xf32>, tensor<2x1xf32>)
  return
}

// -----

func.func @batch_norm_c1(%x: tensor<1x2x3xf32>, %y: tensor<2xf32>, %z: tensor<2xf32>, %v: tensor<2xf32>, %w: tensor<2xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 3, found 3 (batch_norm_c1)}}
  %r = limbeck.batch_norm %x, %y, %z, %v, %w axis = 3 epsilon = 1.0e-5
    : (tensor<1x2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x3xf32>
  return
}

// -----

func.func @batch_norm_c2(%x: tensor<1x2x3xf32>, %y: tensor<3xf32>, %z: tensor<3xf32>, %v: tensor<3xf32>, %w: tensor<3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a parameter with one element for each of 2 channels, found 3 (batch_norm_c2)}}
  %r = limbeck.batch_norm %x, %y, %z, %v, %w axis = 1 epsilon = 1.0e-5
    : (tensor<1x2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x2x3xf32>
  return
}

// -----

func.func @batch_norm_c3(%x: tensor<1x2x3xf32>, %y: tensor<2xsi32>, %z: tensor<2xsi32>, %v: tensor<2xsi32>, %w: tensor<2xsi32>) {
  // expected-error @+1 {{[E-DTYPE] expected a float type, found s32 (batch_norm_c3)}}
  %r = limbeck.batch_norm %x, %y, %z, %v, %w axis = 1 epsilon = 1.0e-5
    : (tensor<1x2x3xf32>, tensor<2xsi32>, tensor<2xsi32>, tensor<2xsi32>, tensor<2xsi32>) -> tensor<1x2x3xf32>
  return
}

// -----

func.func @batch_norm_c4(%x: tensor<1x2x3xf32>, %y: tensor<2xf32>, %z: tensor<2xf32>, %v: tensor<2xf32>, %w: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x2x3], found f32[1x2x4] (batch_norm_c4)}}
  %r = limbeck.batch_norm %x, %y, %z, %v, %w axis = 1 epsilon = 1.0e-5
    : (tensor<1x2x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4xf32>
  return
}

// -----

func.func @lrn_c1(%x: tensor<1x8x3xf32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] attribute 'size': expected a window of at least one channel, found 0 (lrn_c1)}}
  %r = limbeck.lrn %x size = 0 alpha = 1.0e-4 beta = 0.75 bias = 1.0 axis = 1 : (tensor<1x8x3xf32>) -> tensor<1x8x3xf32>
  return
}

// -----

func.func @lrn_c2(%x: tensor<1x8x3xf32>) {
  // expected-error @+1 {{[E-AXIS] expected an axis below the rank 3, found 3 (lrn_c2)}}
  %r = limbeck.lrn %x size = 5 alpha = 1.0e-4 beta = 0.75 bias = 1.0 axis = 3 : (tensor<1x8x3xf32>) -> tensor<1x8x3xf32>
  return
}

// -----

func.func @lrn_c3(%x: tensor<1x8x3xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x8x3], found f32[1x8x4] (lrn_c3)}}
  %r = limbeck.lrn %x size = 5 alpha = 1.0e-4 beta = 0.75 bias = 1.0 axis = 1 : (tensor<1x8x3xf32>) -> tensor<1x8x4xf32>
  return
}

// -----

func.func @histogram_c1(%x: tensor<2x3xf16>, %l: tensor<f32>, %g: tensor<f32>) {
  // expected-error @+1 {{[E-DTYPE] expected f32 values, found f16 (histogram_c1)}}
  %r = limbeck.histogram %x, %l, %g : (tensor<2x3xf16>, tensor<f32>, tensor<f32>) -> tensor<2048xsi32>
  return
}

// -----

func.func @histogram_c2(%x: tensor<2x3xf32>, %l: tensor<f32>, %g: tensor<1xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected a f32 scalar as operand 2, found f32[1] (histogram_c2)}}
  %r = limbeck.histogram %x, %l, %g : (tensor<2x3xf32>, tensor<f32>, tensor<1xf32>) -> tensor<2048xsi32>
  return
}

// -----

func.func @histogram_c3(%x: tensor<2x3xf32>, %l: tensor<f32>, %g: tensor<f32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s32[2048], found s32[256] (histogram_c3)}}
  %r = limbeck.histogram %x, %l, %g : (tensor<2x3xf32>, tensor<f32>, tensor<f32>) -> tensor<256xsi32>
  return
}
