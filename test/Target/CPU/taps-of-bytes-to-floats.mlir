// A transposed convolution from bytes to f32, of few channels. All taps as one product would leave sums of integers to the float ops behind it:
// that form is for floats, and for results of bytes. Found by limbeck-property-test, chain:narrow-contraction.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512 --quiet && FileCheck %s --input-file %t.s

// CHECK-LABEL: task_kernel_0:
// CHECK: vcvtdq2ps
module {
  func.func @main(%x: tensor<1x5x3x8x!quant.uniform<u8:f32, 0.5:3>> {limbeck.name = "x"}) -> (tensor<1x10x6x3xf32> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<8x3x2x2xsi8>
    %q = limbeck.storage_cast %w : (tensor<8x3x2x2xsi8>) -> tensor<8x3x2x2x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "conv_transpose" : (tensor<1x5x3x8x!quant.uniform<u8:f32, 0.5:3>>, tensor<8x3x2x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x10x6x3xf32> {
    ^bb0(%a: tensor<1x5x3x8x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<8x3x2x2x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.conv_transpose %a, %b strides = [2, 2] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NHWC" : (tensor<1x5x3x8x!quant.uniform<u8:f32, 0.5:3>>, tensor<8x3x2x2x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x10x6x3xf32>
      %1 = limbeck.relu %0 : (tensor<1x10x6x3xf32>) -> tensor<1x10x6x3xf32>
      limbeck.yield %1 : tensor<1x10x6x3xf32>
    }
    return %y : tensor<1x10x6x3xf32>
  }
}
