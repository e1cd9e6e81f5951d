// A softmax of a row of scores, quantized: a row is divided by its sum, and by the scale, without a division of vectors; and
// the exponentials are scaled by one instruction, which takes no longer where a mask makes them vanish. The results are packed.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower -o %t.avx2.s --target cpu:avx2 --quiet && FileCheck %s --input-file %t.avx2.s --check-prefix=AVX2

// CHECK-LABEL: task_kernel_0:
// CHECK-NOT: vdivps
// CHECK: vscalefps
// CHECK-NOT: vdivps
// CHECK: vpackuswb
// CHECK-NOT: vdivps
// CHECK-LABEL: task_kernel_1:
// AVX2-LABEL: task_kernel_0:
// AVX2-NOT: vdivps
// AVX2-LABEL: task_kernel_1:

// Results that stay floats keep their last bit: the division is there for quotients near the smallest f32.
// CHECK: vdivps
// CHECK-LABEL: limbeck_entry:
module {
  func.func @main(%x: tensor<12x128xf32> {limbeck.name = "x"})
      -> (tensor<12x128x!quant.uniform<u8:f32, 0.0039215688593685627>> {limbeck.name = "q"}, tensor<12x128xf32> {limbeck.name = "y"}) {
    %q = limbeck.fused %x kind = "softmax" : (tensor<12x128xf32>) -> tensor<12x128x!quant.uniform<u8:f32, 0.0039215688593685627>> {
    ^bb0(%a: tensor<12x128xf32>):
      %0 = limbeck.softmax %a axis = 1 : (tensor<12x128xf32>) -> tensor<12x128xf32>
      %1 = limbeck.quantize %0 : (tensor<12x128xf32>) -> tensor<12x128x!quant.uniform<u8:f32, 0.0039215688593685627>>
      limbeck.yield %1 : tensor<12x128x!quant.uniform<u8:f32, 0.0039215688593685627>>
    }
    %y = limbeck.fused %x kind = "softmax" : (tensor<12x128xf32>) -> tensor<12x128xf32> {
    ^bb0(%a: tensor<12x128xf32>):
      %0 = limbeck.softmax %a axis = 1 : (tensor<12x128xf32>) -> tensor<12x128xf32>
      limbeck.yield %0 : tensor<12x128xf32>
    }
    return %q, %y : tensor<12x128x!quant.uniform<u8:f32, 0.0039215688593685627>>, tensor<12x128xf32>
  }
}
