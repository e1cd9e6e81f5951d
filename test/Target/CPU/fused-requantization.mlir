// A shallow contraction of bytes: accumulators whose bits are floats already. Not a deep one, where a conversion costs nothing to
// speak of, nor where a bias lets results be so many sums apart that no range of floats holds them all.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower --to lower -o %t.mlir --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.mlir --check-prefix=FORM

// CHECK-LABEL: task_kernel_0:
// CHECK-NOT: vcvtdq2ps
// CHECK: vfmadd
// CHECK: vcvtps2dq
// CHECK: vpackssdw
// CHECK-LABEL: task_kernel_1:
// CHECK: vcvtdq2ps
// CHECK-LABEL: task_kernel_2:
// CHECK: vcvtdq2ps

// FORM: forms = ["fused and packed"]
// FORM: forms = ["packed"]
// FORM: forms = ["packed"]
!x = tensor<1x8x8x64x!quant.uniform<u8:f32, 0.015625:7>>
!y = tensor<1x8x8x128x!quant.uniform<u8:f32, 0.03125:9>>
!coarse = tensor<1x8x8x128x!quant.uniform<u8:f32, 8.0:9>>
!deep = tensor<1x8x8x160x!quant.uniform<u8:f32, 0.015625:7>>
!w = tensor<128x64x1x1x!quant.uniform<i8:f32, 0.0078125>>
!v = tensor<128x160x1x1x!quant.uniform<i8:f32, 0.0078125>>
module {
  func.func @main(%x: tensor<1x8x8x64xui8> {limbeck.name = "x"}, %d: tensor<1x8x8x160xui8> {limbeck.name = "d"})
      -> (tensor<1x8x8x128xui8> {limbeck.name = "a"}, tensor<1x8x8x128xui8> {limbeck.name = "b"}, tensor<1x8x8x128xui8> {limbeck.name = "c"}) {
    %w = limbeck.const dense<3> : tensor<128x64x1x1xsi8>
    %v = limbeck.const dense<3> : tensor<128x160x1x1xsi8>
    %qw = limbeck.storage_cast %w : (tensor<128x64x1x1xsi8>) -> !w
    %qv = limbeck.storage_cast %v : (tensor<128x160x1x1xsi8>) -> !v
    %qx = limbeck.storage_cast %x : (tensor<1x8x8x64xui8>) -> !x
    %qd = limbeck.storage_cast %d : (tensor<1x8x8x160xui8>) -> !deep
    %a = limbeck.fused %qx, %qw kind = "conv" : (!x, !w) -> !y {
    ^bb0(%i: !x, %j: !w):
      %0 = limbeck.conv %i, %j strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (!x, !w) -> !y
      limbeck.yield %0 : !y
    }
    %b = limbeck.fused %qd, %qv kind = "conv" : (!deep, !v) -> !y {
    ^bb0(%i: !deep, %j: !v):
      %0 = limbeck.conv %i, %j strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (!deep, !v) -> !y
      limbeck.yield %0 : !y
    }
    %bias = limbeck.const dense<1073741824> : tensor<128xsi32>
    %c = limbeck.fused %qx, %qw, %bias kind = "conv" : (!x, !w, tensor<128xsi32>) -> !coarse {
    ^bb0(%i: !x, %j: !w, %k: tensor<128xsi32>):
      %0 = limbeck.conv %i, %j, %k strides = [1, 1] pads = [0, 0, 0, 0] dilations = [1, 1] groups = 1 layout = "NHWC" : (!x, !w, tensor<128xsi32>) -> !coarse
      limbeck.yield %0 : !coarse
    }
    %oa = limbeck.storage_cast %a : (!y) -> tensor<1x8x8x128xui8>
    %ob = limbeck.storage_cast %b : (!y) -> tensor<1x8x8x128xui8>
    %oc = limbeck.storage_cast %c : (!coarse) -> tensor<1x8x8x128xui8>
    return %oa, %ob, %oc : tensor<1x8x8x128xui8>, tensor<1x8x8x128xui8>, tensor<1x8x8x128xui8>
  }
}
