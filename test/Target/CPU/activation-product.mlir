// A product of two activations of bytes: the right one is packed on the way, zero points are sums of rows and of columns, and the
// loop of the products keeps its accumulators in registers.
// RUN: limbeck compile %s --from lower -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from lower --to lower -o %t.mlir --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.mlir --check-prefix=FAMILY

// FAMILY: family = "activation product"

// CHECK-LABEL: task_kernel_0:
// CHECK: vpunpcklbw
// CHECK: vpdpbusd
// CHECK: vpbroadcastd {{[0-9]*}}(%r{{[a-z0-9]+}},%r{{.*}}), %zmm
// CHECK-NEXT: vpdpbusd %zmm{{[0-9]+}}, %zmm{{[0-9]+}}, %zmm
// CHECK-NEXT: vpdpbusd %zmm{{[0-9]+}}, %zmm{{[0-9]+}}, %zmm
// CHECK-NOT: %zmm{{[0-9]+}}, {{.*}}(%rsp)
// CHECK: j{{[a-z]+}} .LBB
module {
  func.func @main(%x: tensor<2x28x32xui8> {limbeck.name = "x"}, %y: tensor<2x32x64xsi8> {limbeck.name = "y"}) -> (tensor<2x28x64xui8> {limbeck.name = "z"}) {
    %qx = limbeck.storage_cast %x : (tensor<2x28x32xui8>) -> tensor<2x28x32x!quant.uniform<u8:f32, 0.015625:7>>
    %qy = limbeck.storage_cast %y : (tensor<2x32x64xsi8>) -> tensor<2x32x64x!quant.uniform<i8:f32, 0.0078125:-3>>
    %z = limbeck.fused %qx, %qy kind = "matmul" : (tensor<2x28x32x!quant.uniform<u8:f32, 0.015625:7>>, tensor<2x32x64x!quant.uniform<i8:f32, 0.0078125:-3>>) -> tensor<2x28x64x!quant.uniform<u8:f32, 0.03125>> {
    ^bb0(%a: tensor<2x28x32x!quant.uniform<u8:f32, 0.015625:7>>, %b: tensor<2x32x64x!quant.uniform<i8:f32, 0.0078125:-3>>):
      %0 = limbeck.matmul %a, %b : (tensor<2x28x32x!quant.uniform<u8:f32, 0.015625:7>>, tensor<2x32x64x!quant.uniform<i8:f32, 0.0078125:-3>>) -> tensor<2x28x64x!quant.uniform<u8:f32, 0.03125>>
      limbeck.yield %0 : tensor<2x28x64x!quant.uniform<u8:f32, 0.03125>>
    }
    %o = limbeck.storage_cast %z : (tensor<2x28x64x!quant.uniform<u8:f32, 0.03125>>) -> tensor<2x28x64xui8>
    return %o : tensor<2x28x64xui8>
  }
}
