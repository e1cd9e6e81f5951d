// A launch says what its kernel has to do: products by the op's own count, bytes of constants and of the rest; nothing to contract, no
// arithmetic.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels | FileCheck %s

module attributes {limbeck.target = "avx2"} {
  // 4 channels of 5 x 7 results, 27 products each; weights 4 * 27 and bias 4 of four bytes; 7 x 9 x 3 in, 5 x 7 x 4 out.
  // CHECK-LABEL: func.func @conv(
  // CHECK: limbeck.launch @kernel_0({{.*}}) {facts = {activation_bytes = 1316 : i64, arithmetic = "f32", family = "float tile", multiply_adds = 3780 : i64,
  // CHECK-SAME: tiles = [{problem = "avx2, float tile, f32, rows 5, width 7, columns 4, depth 27, pixels 12 bytes apart", tile = "{{[0-9]+}}x1"}], weight_bytes = 448 : i64}, kind = "conv"}
  func.func @conv(%x: tensor<1x7x9x3xf32>) -> tensor<1x5x7x4xf32> {
    %w = limbeck.const dense<0.5> : tensor<4x3x3x3xf32>
    %b = limbeck.const dense<0.25> : tensor<4xf32>
    %y = limbeck.fused %x, %w, %b kind = "conv" : (tensor<1x7x9x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x5x7x4xf32> {
    ^bb0(%a: tensor<1x7x9x3xf32>, %c: tensor<4x3x3x3xf32>, %d: tensor<4xf32>):
      %0 = limbeck.conv %a, %c, %d strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC"
        : (tensor<1x7x9x3xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x5x7x4xf32>
      limbeck.yield %0 : tensor<1x5x7x4xf32>
    }
    return %y : tensor<1x5x7x4xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // 16 inputs of 3 channels, each with 4 channels of a 2 x 2 window.
  // CHECK-LABEL: func.func @conv_transpose(
  // CHECK: arithmetic = "f32"{{.*}} multiply_adds = 768 : i64
  func.func @conv_transpose(%x: tensor<1x4x4x3xf32>) -> tensor<1x8x8x4xf32> {
    %w = limbeck.const dense<0.5> : tensor<3x4x2x2xf32>
    %y = limbeck.fused %x, %w kind = "conv_transpose" : (tensor<1x4x4x3xf32>, tensor<3x4x2x2xf32>) -> tensor<1x8x8x4xf32> {
    ^bb0(%a: tensor<1x4x4x3xf32>, %c: tensor<3x4x2x2xf32>):
      %0 = limbeck.conv_transpose %a, %c strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NHWC"
        : (tensor<1x4x4x3xf32>, tensor<3x4x2x2xf32>) -> tensor<1x8x8x4xf32>
      limbeck.yield %0 : tensor<1x8x8x4xf32>
    }
    return %y : tensor<1x8x8x4xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Integers as they are; every operand comes from outside.
  // CHECK-LABEL: func.func @matmul_integer(
  // CHECK: activation_bytes = 418 : i64, arithmetic = "int8"{{.*}} multiply_adds = 512 : i64{{.*}} weight_bytes = 0 : i64
  func.func @matmul_integer(%a: tensor<4x8xui8>, %b: tensor<8x16xsi8>, %za: tensor<ui8>, %zb: tensor<si8>) -> tensor<4x16xsi32> {
    %y = limbeck.fused %a, %b, %za, %zb kind = "matmul_integer" : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32> {
    ^bb0(%0: tensor<4x8xui8>, %1: tensor<8x16xsi8>, %2: tensor<ui8>, %3: tensor<si8>):
      %4 = limbeck.matmul_integer %0, %1, %2, %3 : (tensor<4x8xui8>, tensor<8x16xsi8>, tensor<ui8>, tensor<si8>) -> tensor<4x16xsi32>
      limbeck.yield %4 : tensor<4x16xsi32>
    }
    return %y : tensor<4x16xsi32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // One channel of each input and its two groups: 8 products per result, not 16.
  // CHECK-LABEL: func.func @conv_integer(
  // CHECK: arithmetic = "int8"{{.*}} multiply_adds = 72 : i64
  func.func @conv_integer(%x: tensor<1x4x4x2xui8>, %zx: tensor<ui8>, %zw: tensor<si8>) -> tensor<1x3x3x2xsi32> {
    %w = limbeck.const dense<3> : tensor<2x1x2x2xsi8>
    %y = limbeck.fused %x, %w, %zx, %zw kind = "conv_integer" : (tensor<1x4x4x2xui8>, tensor<2x1x2x2xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x3x3x2xsi32> {
    ^bb0(%0: tensor<1x4x4x2xui8>, %1: tensor<2x1x2x2xsi8>, %2: tensor<ui8>, %3: tensor<si8>):
      %4 = limbeck.conv_integer %0, %1, %2, %3 strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 2 layout = "NHWC"
        : (tensor<1x4x4x2xui8>, tensor<2x1x2x2xsi8>, tensor<ui8>, tensor<si8>) -> tensor<1x3x3x2xsi32>
      limbeck.yield %4 : tensor<1x3x3x2xsi32>
    }
    return %y : tensor<1x3x3x2xsi32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Floats of any size: every step of the result is taken at the same float.
  // CHECK-LABEL: func.func @quantize(
  // CHECK: forms = ["split reciprocal"]
  func.func @quantize(%x: tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>> {
    %z = limbeck.fused %x kind = "elementwise" : (tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>> {
    ^bb0(%a: tensor<64xf32>):
      %0 = limbeck.quantize %a : (tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
  }
}

// -----

module attributes {limbeck.target = "x86-64"} {
  // Without an fma in hardware the division is the cheaper one.
  // CHECK-LABEL: func.func @quantize(
  // CHECK: forms = ["division"]
  func.func @quantize(%x: tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>> {
    %z = limbeck.fused %x kind = "elementwise" : (tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>> {
    ^bb0(%a: tensor<64xf32>):
      %0 = limbeck.quantize %a : (tensor<64xf32>) -> tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.30000001192092896:9>>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // Nothing is contracted; the forms name how the elements become bytes: a sum of integers, proven for all pairs.
  // CHECK-LABEL: func.func @sum(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["fused sum"], multiply_adds = 0 : i64
  func.func @sum(%x: tensor<64x!quant.uniform<u8:f32, 0.5:3>>, %y: tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x!quant.uniform<u8:f32, 0.25>>):
      %0 = limbeck.add %a, %b : (tensor<64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.75:9>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.75:9>>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  // A difference is such a sum, with a factor below 0.
  // CHECK-LABEL: func.func @difference(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["fused sum"], multiply_adds = 0 : i64
  func.func @difference(%x: tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, %y: tensor<64x!quant.uniform<u8:f32, 0.04171130061149597>>) -> tensor<64x!quant.uniform<u8:f32, 0.051273901015520096:90>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, tensor<64x!quant.uniform<u8:f32, 0.04171130061149597>>) -> tensor<64x!quant.uniform<u8:f32, 0.051273901015520096:90>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, %b: tensor<64x!quant.uniform<u8:f32, 0.04171130061149597>>):
      %0 = limbeck.sub %a, %b : (tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, tensor<64x!quant.uniform<u8:f32, 0.04171130061149597>>) -> tensor<64x!quant.uniform<u8:f32, 0.051273901015520096:90>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.051273901015520096:90>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.051273901015520096:90>>
  }
}

// -----

module attributes {limbeck.target = "arm64"} {
  // So is a product, of the differences from the zero points.
  // CHECK-LABEL: func.func @product(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["fused product"], multiply_adds = 0 : i64
  func.func @product(%x: tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, %y: tensor<64x!quant.uniform<u8:f32, 0.0039217001758515835>>) -> tensor<64x!quant.uniform<u8:f32, 0.021173899993300438:9>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, tensor<64x!quant.uniform<u8:f32, 0.0039217001758515835>>) -> tensor<64x!quant.uniform<u8:f32, 0.021173899993300438:9>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, %b: tensor<64x!quant.uniform<u8:f32, 0.0039217001758515835>>):
      %0 = limbeck.mul %a, %b : (tensor<64x!quant.uniform<u8:f32, 0.023137100040912628:3>>, tensor<64x!quant.uniform<u8:f32, 0.0039217001758515835>>) -> tensor<64x!quant.uniform<u8:f32, 0.021173899993300438:9>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.021173899993300438:9>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.021173899993300438:9>>
  }
}

// -----

module attributes {limbeck.target = "x86-64"} {
  // Without a fused multiply-add the sum keeps to floats, where the division is proven away.
  // CHECK-LABEL: func.func @unfused(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["unpacked", "reciprocal"], multiply_adds = 0 : i64
  func.func @unfused(%x: tensor<64x!quant.uniform<u8:f32, 0.5:3>>, %y: tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x!quant.uniform<u8:f32, 0.25>>):
      %0 = limbeck.add %a, %b : (tensor<64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x!quant.uniform<u8:f32, 0.25>>) -> tensor<64x!quant.uniform<u8:f32, 0.75:9>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 0.75:9>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 0.75:9>>
  }
}

// -----

module attributes {limbeck.target = "avx512-vnni"} {
  // Every second sum is a tie. With an odd zero point no form rounds them all as the division does, but its reciprocal is exact.
  // CHECK-LABEL: func.func @ties(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["unpacked", "reciprocal"], multiply_adds = 0 : i64
  func.func @ties(%x: tensor<64x!quant.uniform<u8:f32, 0.5>>, %y: tensor<64x!quant.uniform<u8:f32, 0.5>>) -> tensor<64x!quant.uniform<u8:f32, 1.0:7>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 0.5>>, tensor<64x!quant.uniform<u8:f32, 0.5>>) -> tensor<64x!quant.uniform<u8:f32, 1.0:7>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 0.5>>, %b: tensor<64x!quant.uniform<u8:f32, 0.5>>):
      %0 = limbeck.add %a, %b : (tensor<64x!quant.uniform<u8:f32, 0.5>>, tensor<64x!quant.uniform<u8:f32, 0.5>>) -> tensor<64x!quant.uniform<u8:f32, 1.0:7>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 1.0:7>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 1.0:7>>
  }
}

// -----

module attributes {limbeck.target = "avx512-vnni"} {
  // One operand is too small beside the other for factors of 16 bits.
  // CHECK-LABEL: func.func @apart(
  // CHECK-NOT: arithmetic
  // CHECK: family = "loops", forms = ["unpacked", "reciprocal"], multiply_adds = 0 : i64
  func.func @apart(%x: tensor<64x!quant.uniform<u8:f32, 1.0>>, %y: tensor<64x!quant.uniform<u8:f32, 0.0000152587890625>>) -> tensor<64x!quant.uniform<u8:f32, 1.125:3>> {
    %z = limbeck.fused %x, %y kind = "elementwise" : (tensor<64x!quant.uniform<u8:f32, 1.0>>, tensor<64x!quant.uniform<u8:f32, 0.0000152587890625>>) -> tensor<64x!quant.uniform<u8:f32, 1.125:3>> {
    ^bb0(%a: tensor<64x!quant.uniform<u8:f32, 1.0>>, %b: tensor<64x!quant.uniform<u8:f32, 0.0000152587890625>>):
      %0 = limbeck.add %a, %b : (tensor<64x!quant.uniform<u8:f32, 1.0>>, tensor<64x!quant.uniform<u8:f32, 0.0000152587890625>>) -> tensor<64x!quant.uniform<u8:f32, 1.125:3>>
      limbeck.yield %0 : tensor<64x!quant.uniform<u8:f32, 1.125:3>>
    }
    return %z : tensor<64x!quant.uniform<u8:f32, 1.125:3>>
  }
}
