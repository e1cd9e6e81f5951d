// Pooling and resizing: each function breaks the constraint it is named after, as docs/ops.md counts them.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics

func.func @max_pool_c1(%x: tensor<3x8xf32>) {
  // expected-error @+1 {{[E-RANK] expected a batch, channels and 1 to 3 spatial axes, found 3x8 (max_pool_c1)}}
  %r = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW"
    : (tensor<3x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @max_pool_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR-LEN] expected 2 entries in 'strides', found 1 (max_pool_c2)}}
  %r = limbeck.max_pool %x kernel = [2, 2] strides = [2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @max_pool_c3(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'NWHC' (max_pool_c3)}}
  %r = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NWHC"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @max_pool_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x3x7x7], found f32[1x3x4x4] (max_pool_c4)}}
  %r = limbeck.max_pool %x kernel = [2, 2] strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @max_pool_c5(%x: tensor<1x3x8x8xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected numbers to take the maximum of, found bool (max_pool_c5)}}
  %r = limbeck.max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false layout = "NCHW"
    : (tensor<1x3x8x8xi1>) -> tensor<1x3x4x4xi1>
  return
}

// -----

func.func @average_pool_c1(%x: tensor<3x8xf32>) {
  // expected-error @+1 {{[E-RANK] expected a batch, channels and 1 to 3 spatial axes, found 3x8 (average_pool_c1)}}
  %r = limbeck.average_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
    : (tensor<3x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @average_pool_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR-LEN] expected 2 entries in 'strides', found 1 (average_pool_c2)}}
  %r = limbeck.average_pool %x kernel = [2, 2] strides = [2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @average_pool_c3(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'NWHC' (average_pool_c3)}}
  %r = limbeck.average_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NWHC"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @average_pool_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x3x7x7], found f32[1x3x4x4] (average_pool_c4)}}
  %r = limbeck.average_pool %x kernel = [2, 2] strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @average_pool_c5(%x: tensor<1x3x8x8xui8>) {
  // expected-error @+1 {{[E-DTYPE] expected floats to average, found u8 (average_pool_c5)}}
  %r = limbeck.average_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false count_include_pad = false layout = "NCHW"
    : (tensor<1x3x8x8xui8>) -> tensor<1x3x4x4xui8>
  return
}

// -----

func.func @arg_max_pool_c1(%x: tensor<3x8xf32>) {
  // expected-error @+1 {{[E-RANK] expected a batch, channels and 1 to 3 spatial axes, found 3x8 (arg_max_pool_c1)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW"
    : (tensor<3x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @arg_max_pool_c2(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR-LEN] expected 2 entries in 'strides', found 1 (arg_max_pool_c2)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @arg_max_pool_c3(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR] expected the layout NCHW or NHWC, found 'NWHC' (arg_max_pool_c3)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NWHC"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @arg_max_pool_c4(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be s64[1x3x7x7], found s64[1x3x4x4] (arg_max_pool_c4)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @arg_max_pool_c5(%x: tensor<1x3x8x8xi1>) {
  // expected-error @+1 {{[E-DTYPE] expected numbers to take the maximum of, found bool (arg_max_pool_c5)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 0 layout = "NCHW"
    : (tensor<1x3x8x8xi1>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @arg_max_pool_c6(%x: tensor<1x3x8x8xf32>) {
  // expected-error @+1 {{[E-ATTR-RANGE] expected a storage_order of 0 or 1, found 2 (arg_max_pool_c6)}}
  %r = limbeck.arg_max_pool %x kernel = [2, 2] strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] ceil_mode = false storage_order = 2 layout = "NCHW"
    : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xsi64>
  return
}

// -----

func.func @resize_c1(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] expected scales or sizes for 4 axes, found 2 scales and 4 sizes (resize_c1)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c2(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] attribute 'mode': expected the mode nearest or linear, found 'cubic' (resize_c2)}}
  %r = limbeck.resize %x mode = "cubic" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c3(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] attribute 'roi': expected a region of 8 numbers, found 2 (resize_c3)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = [0.0, 1.0]
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c4(%x: tensor<1x1x4x4xui8>) {
  // expected-error @+1 {{[E-UNSUPPORTED-TYPE] expected a float type for linear resizing, found u8; cast to f32 and back (resize_c4)}}
  %r = limbeck.resize %x mode = "linear" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xui8>) -> tensor<1x1x8x8xui8>
  return
}

// -----

func.func @resize_c5(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] attribute 'coordinate_mode': expected a coordinate transformation of ONNX Resize, found 'centred' (resize_c5)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "centred" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c6(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] attribute 'nearest_mode': expected ceil, floor, round_prefer_ceil or round_prefer_floor, found 'down' (resize_c6)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "down" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c7(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-RESIZE] attribute 'scales': expected scales that are finite and greater than 0, found 0.000000 (resize_c7)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 0.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x8xf32>
  return
}

// -----

func.func @resize_c8(%x: tensor<1x1x4x4xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[1x1x8x8], found f32[1x1x8x9] (resize_c8)}}
  %r = limbeck.resize %x mode = "nearest" coordinate_mode = "asymmetric" nearest_mode = "floor" scales = [1.0, 1.0, 2.0, 2.0] sizes = [-1, -1, -1, -1] extrapolation_value = 0.0 roi = []
    : (tensor<1x1x4x4xf32>) -> tensor<1x1x8x9xf32>
  return
}
