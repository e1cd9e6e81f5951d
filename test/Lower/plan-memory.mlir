// Results get places: outputs their own, the rest of them bytes of the arena that are shared when lifetimes allow.
// RUN: limbeck-opt %s --limbeck-lower-plan-memory | FileCheck %s

// 16 floats are 64 bytes, and 64 more that a kernel may read behind the end.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: limbeck.arena_bytes = 256 : i64, limbeck.live_bytes = 256 : i64
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: [[A:[0-9]+]]>}
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: [[B:[0-9]+]]>}
// The third result takes the bytes of the first, which is dead by then.
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: [[A]]>}
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: -1>}
func.func @chain(%x: tensor<16xf32>) -> tensor<16xf32> {
  %0 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %1 = limbeck.launch @k(%0) : (tensor<16xf32>) -> tensor<16xf32>
  %2 = limbeck.launch @k(%1) : (tensor<16xf32>) -> tensor<16xf32>
  %3 = limbeck.launch @k(%2) : (tensor<16xf32>) -> tensor<16xf32>
  return %3 : tensor<16xf32>
}

// Largest first, the two large ones lie at 0, the third at 320 and the second behind it, at 512: 640 bytes. In the order of the
// steps they take as much as live at one time.
// CHECK-LABEL: func.func @in_order(
// CHECK-SAME: limbeck.arena_bytes = 512 : i64, limbeck.live_bytes = 512 : i64
// CHECK: limbeck.launch @large({{.*}}) {storage = array<i64: 0>}
// CHECK: limbeck.launch @small({{.*}}) {storage = array<i64: 320>}
// CHECK: limbeck.launch @middle({{.*}}) {storage = array<i64: 0>}
// CHECK: limbeck.launch @large_again({{.*}}) {storage = array<i64: 192>}
// CHECK: limbeck.launch @small({{.*}}) {storage = array<i64: -1>}
func.func @in_order(%x: tensor<64xf32>) -> tensor<16xf32> {
  %0 = limbeck.launch @large(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %1 = limbeck.launch @small(%0) : (tensor<64xf32>) -> tensor<16xf32>
  %2 = limbeck.launch @middle(%1) : (tensor<16xf32>) -> tensor<32xf32>
  %3 = limbeck.launch @large_again(%2) : (tensor<32xf32>) -> tensor<64xf32>
  %4 = limbeck.launch @small(%3) : (tensor<64xf32>) -> tensor<16xf32>
  return %4 : tensor<16xf32>
}

// A view keeps what it looks at alive, and the output behind a view is written where it is wanted.
// CHECK-LABEL: func.func @views(
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: -2>}
// CHECK: limbeck.launch @m({{.*}}) {storage = array<i64: -1>}
func.func @views(%x: tensor<16xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %1 = limbeck.reshape %0 shape = [4, 4] : (tensor<16xf32>) -> tensor<4x4xf32>
  %2 = limbeck.launch @m(%1) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2, %1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// The parts of a concat lie in one buffer, which lives from the first part to the last use of the whole: 32 floats and 64 bytes behind.
// CHECK-LABEL: func.func @joined(
// CHECK-SAME: limbeck.arena_bytes = 320
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: 0>}
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: 192>}
// CHECK: limbeck.launch @k({{.*}}) {storage = array<i64: 0>}
// CHECK: limbeck.launch @w({{.*}}) {storage = array<i64: -1>}
func.func @joined(%x: tensor<16xf32>) -> tensor<32xf32> {
  %0 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %1 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %2 = limbeck.launch @k(%1) : (tensor<16xf32>) -> tensor<16xf32>
  %3 = limbeck.concat %2, %0 axis = 0 : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  %4 = limbeck.launch @w(%3) : (tensor<32xf32>) -> tensor<32xf32>
  return %4 : tensor<32xf32>
}

// CHECK-LABEL: func.func @joined_output(
// CHECK-COUNT-2: limbeck.launch @k({{.*}}) {storage = array<i64: -1>}
func.func @joined_output(%x: tensor<16xf32>) -> tensor<32xf32> {
  %0 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %1 = limbeck.launch @k(%x) : (tensor<16xf32>) -> tensor<16xf32>
  %2 = limbeck.concat %0, %1 axis = 0 : (tensor<16xf32>, tensor<16xf32>) -> tensor<32xf32>
  return %2 : tensor<32xf32>
}

// What one sample leaves behind lies in a slot, of which there are as many as samples, 128 bytes each; -1 is its place in the result.
// CHECK-LABEL: func.func @samples(
// CHECK-SAME: limbeck.arena_bytes = 576 : i64
// CHECK: limbeck.per_sample %{{.*}} {slot_bytes = 128 : i64, slots = 0 : i64, storage = array<i64: 384>}
// CHECK: limbeck.launch @s({{.*}}) {storage = array<i64: 0>}
// CHECK: limbeck.launch @s({{.*}}) {storage = array<i64: -1>}
// CHECK: limbeck.launch @t({{.*}}) {storage = array<i64: -1>}
func.func @samples(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  %0 = limbeck.per_sample %x : (tensor<3x8xf32>) -> tensor<3x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    %1 = limbeck.launch @s(%a) : (tensor<1x8xf32>) -> tensor<1x8xf32>
    %2 = limbeck.launch @s(%1) : (tensor<1x8xf32>) -> tensor<1x8xf32>
    limbeck.yield %2 : tensor<1x8xf32>
  }
  %3 = limbeck.launch @t(%0) : (tensor<3x8xf32>) -> tensor<3x8xf32>
  return %3 : tensor<3x8xf32>
}

// Kernels are no graphs.
// CHECK-LABEL: func.func private @k(
// CHECK-NOT: arena_bytes
func.func private @k(memref<16xf32>, memref<16xf32>, index, index)
func.func private @w(memref<32xf32>, memref<32xf32>, index, index)
func.func private @large(memref<64xf32>, memref<64xf32>, index, index)
func.func private @small(memref<64xf32>, memref<16xf32>, index, index)
func.func private @middle(memref<16xf32>, memref<32xf32>, index, index)
func.func private @large_again(memref<32xf32>, memref<64xf32>, index, index)
func.func private @m(memref<4x4xf32>, memref<4x4xf32>, index, index)
func.func private @s(memref<1x8xf32>, memref<1x8xf32>, index, index)
func.func private @t(memref<3x8xf32>, memref<3x8xf32>, index, index)
