// The module may name the tile of a problem. One that does not fit is left to the cost model, and so is any other problem's. The choice
// is among the facts; its candidates too when they are asked for.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels | FileCheck %s

// CHECK-LABEL: @named(
// CHECK: tiles = [{problem = "avx512-vnni, vnni tile, u8, rows 1, width 56, columns 32, depth 64, pixels 64 bytes apart", tile = "3x1"}]
// Three rows of 56 need 18 tiles of height 3 and a rest of two rows, in two panels of one vector.
// CHECK: func.func private @kernel_0({{.*}}memref<2x1x16x64xi8>
module attributes {limbeck.target = "avx512-vnni", limbeck.tiles = {"avx512-vnni, vnni tile, u8, rows 1, width 56, columns 32, depth 64, pixels 64 bytes apart" = "3x1"}} {
  func.func @named(%x: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<3> : tensor<64x32xsi8>
    %q = limbeck.storage_cast %w : (tensor<64x32xsi8>) -> tensor<64x32x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x32x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
  }
}

// -----

// 14 x 4 results and their weights are more than 32 registers hold; 0x1 and words are none at all.
// CHECK-LABEL: @misfit(
// CHECK: tile = "14x2"
// CHECK-NOT: candidates
module attributes {limbeck.target = "avx512-vnni", limbeck.tiles = {"avx512-vnni, vnni tile, u8, rows 1, width 56, columns 32, depth 64, pixels 64 bytes apart" = "14x4", other = "0x1"}} {
  func.func @misfit(%x: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<3> : tensor<64x32xsi8>
    %q = limbeck.storage_cast %w : (tensor<64x32xsi8>) -> tensor<64x32x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x32x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
  }
}

// -----

// CHECK-LABEL: @listed(
// CHECK: tiles = [{candidates = ["{{[0-9]+x[1-4]}}", {{.*}}"{{[0-9]+x[1-4]}}"], problem = "avx512-vnni, vnni tile, u8, rows 1, width 56, columns 32, depth 64, pixels 64 bytes apart", tile = "14x2"}]
module attributes {limbeck.target = "avx512-vnni", limbeck.list_tiles} {
  func.func @listed(%x: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<3> : tensor<64x32xsi8>
    %q = limbeck.storage_cast %w : (tensor<64x32xsi8>) -> tensor<64x32x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<64x32x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<56x64x!quant.uniform<u8:f32, 0.5:3>>, tensor<64x32x!quant.uniform<i8:f32, 0.125>>) -> tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<56x32x!quant.uniform<u8:f32, 0.25:7>>
  }
}

// -----

// Schedules of AMX tiles are candidates as well: with 1 to 4 tiles of columns, inputs where they lie or copied.
// CHECK-LABEL: @schedules(
// CHECK: tiles = [{candidates = ["32x{{[1-3]}}", {{.*}}"32x4 gathered"{{.*}}], problem = "amx, amx tile, u8, rows 1, width 256, columns 64, depth 256, pixels 256 bytes apart", tile = "32x4"}]
module attributes {limbeck.target = "amx", limbeck.list_tiles} {
  func.func @schedules(%x: tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<3> : tensor<256x64xsi8>
    %q = limbeck.storage_cast %w : (tensor<256x64xsi8>) -> tensor<256x64x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, tensor<256x64x!quant.uniform<i8:f32, 0.125>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<256x64x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, tensor<256x64x!quant.uniform<i8:f32, 0.125>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
  }
}

// -----

// CHECK-LABEL: @gathered(
// CHECK: tile = "32x2 gathered"
// Two panels of two tiles of columns, four steps each; a copy of the inputs beside the sums.
// CHECK: func.func private @kernel_0({{.*}}memref<16x16x64xi8>
// CHECK: memref.alloca() {{.*}}memref<8448xi8>
module attributes {limbeck.target = "amx", limbeck.tiles = {"amx, amx tile, u8, rows 1, width 256, columns 64, depth 256, pixels 256 bytes apart" = "32x2 gathered"}} {
  func.func @gathered(%x: tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>> {
    %w = limbeck.const dense<3> : tensor<256x64xsi8>
    %q = limbeck.storage_cast %w : (tensor<256x64xsi8>) -> tensor<256x64x!quant.uniform<i8:f32, 0.125>>
    %y = limbeck.fused %x, %q kind = "matmul" : (tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, tensor<256x64x!quant.uniform<i8:f32, 0.125>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>> {
    ^bb0(%a: tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, %b: tensor<256x64x!quant.uniform<i8:f32, 0.125>>):
      %0 = limbeck.matmul %a, %b : (tensor<256x256x!quant.uniform<u8:f32, 0.5:3>>, tensor<256x64x!quant.uniform<i8:f32, 0.125>>) -> tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
      limbeck.yield %0 : tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
    }
    return %y : tensor<256x64x!quant.uniform<u8:f32, 0.25:7>>
  }
}
