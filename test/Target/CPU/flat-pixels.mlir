// Pixels of a matrix product that are seen as one row count on in a dimension of one element; an addend with one element for each channel
// does not follow them. Found by limbeck-property-test --op bytes-with-ties: the second sample read what lies behind the addend.
// RUN: limbeck compile %s --from lower --to lower -o %t.mlir --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.mlir

// CHECK-NOT: %c1, %{{.*}}] : memref<1x1x1x32xi8>
// CHECK: [%c0, %c0, %c0, %c0] : memref<1x1x1x32xi8>
// CHECK-NOT: %c1, %{{.*}}] : memref<1x1x1x32xi8>
!x = tensor<2x1x1x64x!quant.uniform<u8:f32, 0.015625:7>>
!w = tensor<64x32x!quant.uniform<i8:f32, 0.0078125>>
!b = tensor<1x1x1x32x!quant.uniform<u8:f32, 0.046875>>
!y = tensor<2x1x1x32x!quant.uniform<u8:f32, 0.046875:187>>
module {
  func.func @main(%x: tensor<2x1x1x64xui8> {limbeck.name = "x"}, %b: tensor<1x1x1x32xui8> {limbeck.name = "b"}) -> (tensor<2x1x1x32xui8> {limbeck.name = "y"}) {
    %w = limbeck.const dense<1> : tensor<64x32xsi8>
    %qx = limbeck.storage_cast %x : (tensor<2x1x1x64xui8>) -> !x
    %qw = limbeck.storage_cast %w : (tensor<64x32xsi8>) -> !w
    %qb = limbeck.storage_cast %b : (tensor<1x1x1x32xui8>) -> !b
    %z = limbeck.fused %qx, %qw, %qb kind = "matmul" : (!x, !w, !b) -> !y {
    ^bb0(%a: !x, %c: !w, %d: !b):
      %0 = limbeck.matmul %a, %c : (!x, !w) -> !y
      %1 = limbeck.add %0, %d : (!y, !b) -> !y
      limbeck.yield %1 : !y
    }
    %o = limbeck.storage_cast %z : (!y) -> tensor<2x1x1x32xui8>
    return %o : tensor<2x1x1x32xui8>
  }
}
