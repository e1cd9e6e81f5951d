// A transposed convolution whose 8x8 windows do not overlap is 64 matrix products, one for each tap: one loop computes them all, with one
// scratch for their sums. (One after the other they took 55 s to compile, and 2 MB of stack with windows of 16x16.) 24 columns are no
// whole panel of 32: each tap begins with one of its own. The products are written twice: for the first block, and in the loop over the others.
// RUN: sed 's/^module {/module attributes {limbeck.target = "amx"} {/' %s | limbeck-opt --limbeck-lower-to-kernels | FileCheck %s
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s --check-prefix=CODE

// CHECK: func.func private @kernel_0({{.*}}memref<128x16x64xi8>
// CHECK-COUNT-1: memref.alloca()
// CHECK-NOT: memref.alloca()
// CODE-LABEL: task_kernel_0:
// CODE-COUNT-8: tdpbusd
// CODE-NOT: tdpbusd
module {
  func.func @main(%x: tensor<1x16x16x64x!quant.uniform<u8:f32, 0.5:3>> {limbeck.name = "x"}) -> (tensor<1x128x128x24x!quant.uniform<u8:f32, 0.25:7>> {limbeck.name = "y"}) {
    %w = limbeck.const dense<3> : tensor<64x24x8x8xsi8>
    %q = limbeck.storage_cast %w : (tensor<64x24x8x8xsi8>) -> tensor<64x24x8x8x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "conv_transpose" : (tensor<1x16x16x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x24x8x8x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x128x128x24x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<1x16x16x64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x24x8x8x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.conv_transpose %a, %b strides = [8, 8] pads = [0, 0, 0, 0] dilations = [1, 1] output_padding = [0, 0] groups = 1 layout = "NHWC" : (tensor<1x16x16x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x24x8x8x!quant.uniform<i8:f32, 0.125>>) -> tensor<1x128x128x24x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<1x128x128x24x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<1x128x128x24x!quant.uniform<u8:f32, 0.25:7>>
  }
}
