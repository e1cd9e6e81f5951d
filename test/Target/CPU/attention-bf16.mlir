// An attention of bf16 on AMX tiles: 16 rows of queries at a time. Keys are 8 tiles of columns in two turns of four, one step deep; values
// are two tiles of columns, four steps deep: eight products each.
// RUN: limbeck compile %s --from fuse -o %t.s --target cpu:amx --quiet && FileCheck %s --input-file %t.s
// RUN: grep -c tdpbf16ps %t.s | FileCheck %s --check-prefix=PRODUCTS
// PRODUCTS: {{^16$}}

// CHECK-LABEL: task_kernel_0:
// CHECK: ldtilecfg
// CHECK-COUNT-4: tdpbf16ps
// CHECK-COUNT-4: tilestored
// CHECK: vscalefps
// CHECK-NOT: {{[ 	]vdpbf16ps}}
// CHECK-LABEL: limbeck_entry:
module {
  func.func @main(%q: tensor<1x2x128x32xbf16> {limbeck.name = "q"}, %k: tensor<1x2x32x128xbf16> {limbeck.name = "k"}, %v: tensor<1x2x128x32xbf16> {limbeck.name = "v"}) -> (tensor<1x2x128x32xf32> {limbeck.name = "y"}) {
    %0 = limbeck.matmul %q, %k accumulate = f32 : (tensor<1x2x128x32xbf16>, tensor<1x2x32x128xbf16>) -> tensor<1x2x128x128xf32>
    %1 = limbeck.softmax %0 axis = 3 : (tensor<1x2x128x128xf32>) -> tensor<1x2x128x128xf32>
    %2 = limbeck.cast %1 to = bf16 : (tensor<1x2x128x128xf32>) -> tensor<1x2x128x128xbf16>
    %3 = limbeck.matmul %2, %v accumulate = f32 : (tensor<1x2x128x128xbf16>, tensor<1x2x128x32xbf16>) -> tensor<1x2x128x32xf32>
    return %3 : tensor<1x2x128x32xf32>
  }
}
