// The kernel of an attention of bytes: products by dot products, no division of vectors, and no store of scores but to the stack. The
// only stores through other pointers are those of the result, behind the second product.
// RUN: limbeck compile %s --from fuse -o %t.s --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.s
// RUN: limbeck compile %s --from fuse --to lower -o %t.mlir --target cpu:avx512-vnni --quiet && FileCheck %s --input-file %t.mlir --check-prefix=LOWER

// Scores and probabilities are no buffers: one launch, and no temporary in the arena.
// LOWER: limbeck.arena_bytes = 0
// LOWER: limbeck.launch {{.*}}family = "attention"
// LOWER-NOT: limbeck.launch
// The kernel takes queries, keys, values, the mask and the result; 8 rows of scores are on its stack.
// LOWER: func.func private @kernel_0(%{{[^ ]*}}: memref<1x128x2x32xi8> {{.*}}, %{{[^ ]*}}: memref<1x128x2x32xi8> {{.*}}, %{{[^ ]*}}: memref<1x128x2x32xi8> {{.*}}, %{{[^ ]*}}: memref<1x1x1x128xf32> {{.*}}, %{{[^ ]*}}: memref<1x128x2x32xi8> {{.*}}, %{{[^ ]*}}: index {{.*}}, %{{[^ ]*}}: index {{.*}})
// LOWER: memref.alloca() {{.*}} : memref<1024xf32>

// CHECK-LABEL: task_kernel_0:
// CHECK-NOT: vdivps
// CHECK: vpdpbusd
// CHECK-NOT: vdivps
// CHECK: vscalefps
// CHECK-NOT: vdivps
// CHECK: vpdpbusd
// CHECK-LABEL: limbeck_entry:
!query = !quant.uniform<u8:f32, 0.03125:131>
!value = !quant.uniform<i8:f32, 0.03125:3>
!score = !quant.uniform<u8:f32, 0.125:100>
!probability = !quant.uniform<u8:f32, 0.0039215688593685627>
module {
  func.func @main(%a: tensor<1x128x2x32xui8> {limbeck.name = "q"}, %b: tensor<1x128x2x32xui8> {limbeck.name = "k"}, %c: tensor<1x128x2x32xsi8> {limbeck.name = "v"},
                  %mask: tensor<1x1x1x128xf32> {limbeck.name = "mask"}) -> (tensor<1x128x2x32x!query> {limbeck.name = "y"}) {
    %q = limbeck.storage_cast %a : (tensor<1x128x2x32xui8>) -> tensor<1x128x2x32x!query>
    %k = limbeck.storage_cast %b : (tensor<1x128x2x32xui8>) -> tensor<1x128x2x32x!query>
    %v = limbeck.storage_cast %c : (tensor<1x128x2x32xsi8>) -> tensor<1x128x2x32x!value>
    %0 = limbeck.transpose %q perm = [0, 2, 1, 3] : (tensor<1x128x2x32x!query>) -> tensor<1x2x128x32x!query>
    %1 = limbeck.transpose %k perm = [0, 2, 3, 1] : (tensor<1x128x2x32x!query>) -> tensor<1x2x32x128x!query>
    %2 = limbeck.transpose %v perm = [0, 2, 1, 3] : (tensor<1x128x2x32x!value>) -> tensor<1x2x128x32x!value>
    %3 = limbeck.matmul %0, %1 : (tensor<1x2x128x32x!query>, tensor<1x2x32x128x!query>) -> tensor<1x2x128x128x!score>
    %4 = limbeck.dequantize %3 : (tensor<1x2x128x128x!score>) -> tensor<1x2x128x128xf32>
    %5 = limbeck.add %4, %mask : (tensor<1x2x128x128xf32>, tensor<1x1x1x128xf32>) -> tensor<1x2x128x128xf32>
    %6 = limbeck.softmax %5 axis = 3 : (tensor<1x2x128x128xf32>) -> tensor<1x2x128x128xf32>
    %7 = limbeck.quantize %6 : (tensor<1x2x128x128xf32>) -> tensor<1x2x128x128x!probability>
    %8 = limbeck.matmul %7, %2 : (tensor<1x2x128x128x!probability>, tensor<1x2x128x32x!value>) -> tensor<1x2x128x32x!query>
    %9 = limbeck.transpose %8 perm = [0, 2, 1, 3] : (tensor<1x2x128x32x!query>) -> tensor<1x128x2x32x!query>
    return %9 : tensor<1x128x2x32x!query>
  }
}
