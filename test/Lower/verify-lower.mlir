// What code generation relies on, and which pass makes it so.
// RUN: limbeck-opt %s --split-input-file --limbeck-verify-lower --verify-diagnostics

// Nothing to say.
module attributes {limbeck.target = "avx2"} {
  func.func private @k(memref<2xf32>, memref<2xf32>, index, index)
  func.func @good(%x: tensor<2xf32>) -> tensor<2xf32> attributes {limbeck.arena_bytes = 0 : i64} {
    %0 = limbeck.launch @k(%x) {storage = array<i64: -1>} : (tensor<2xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}

// -----

// A branch reads its truth value from a tensor.
module attributes {limbeck.target = "avx2"} {
  func.func private @k(memref<2xf32>, memref<2xf32>, index, index)
  func.func @branch(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> attributes {limbeck.arena_bytes = 0 : i64} {
    %0 = tensor.extract %c[] : tensor<i1>
    %1 = scf.if %0 -> tensor<2xf32> {
      %2 = limbeck.launch @k(%x) {storage = array<i64: -1>} : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %2 : tensor<2xf32>
    } else {
      %2 = limbeck.launch @k(%x) {storage = array<i64: -1>} : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %2 : tensor<2xf32>
    } {storage = array<i64: -1>}
    return %1 : tensor<2xf32>
  }
}

// -----

// Scratch of all parts of a kernel counts. 1 MiB is allowed.
module attributes {limbeck.target = "avx2"} {
  func.func private @fits(%x: memref<2xf32>) {
    %0 = memref.alloca() : memref<262143xf32>
    %1 = memref.alloca() : memref<4xi8>
    return
  }
  // expected-error @+1 {{expected at most 1048576 bytes of scratch on the stack of a worker, found 1048577 in kernel 'deep'; its emitter has to compute in smaller parts}}
  func.func private @deep(%x: memref<2xf32>) {
    %0 = memref.alloca() : memref<262143xf32>
    %1 = memref.alloca() : memref<5xi8>
    return
  }
}

// -----

// expected-error @+1 {{expected the module attribute 'limbeck.target', found none}}
module {
}

// -----

module attributes {limbeck.target = "avx2"} {
  func.func @op_of_the_graph(%x: tensor<2xf32>) -> tensor<2xf32> attributes {limbeck.arena_bytes = 0 : i64} {
    // expected-error @+1 {{expected launches, constants and views only; limbeck-fuse-form-fusions and limbeck-lower-to-kernels make kernels of the rest}}
    %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  func.func private @k(memref<2xf32>, memref<2xf32>, index, index)
  // expected-error @+1 {{expected a memory plan, found none; limbeck-lower-plan-memory makes it}}
  func.func @no_plan(%x: tensor<2xf32>) -> tensor<2xf32> {
    // expected-error @+1 {{expected the attribute 'storage'; limbeck-lower-plan-memory sets it}}
    %0 = limbeck.launch @k(%x) : (tensor<2xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  func.func private @k(memref<?xf32>, memref<?xf32>, index, index)
  func.func @unknown_size(%x: tensor<?xf32>) -> tensor<?xf32> attributes {limbeck.arena_bytes = 0 : i64} {
    // expected-error @+1 {{expected static shapes, found 'tensor<?xf32>'; give the model's inputs with --shape or --dim}}
    %0 = limbeck.launch @k(%x) {storage = array<i64: -1>} : (tensor<?xf32>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }
}

// -----

module attributes {limbeck.target = "avx2"} {
  func.func private @k(memref<2xf32>, memref<4xf32>, index, index)
  func.func @apart(%x: tensor<2xf32>) -> tensor<4xf32> attributes {limbeck.arena_bytes = 128 : i64} {
    %0 = limbeck.launch @k(%x) {storage = array<i64: 0>} : (tensor<2xf32>) -> tensor<2xf32>
    %1 = limbeck.launch @k(%x) {storage = array<i64: 64>} : (tensor<2xf32>) -> tensor<2xf32>
    // expected-error @+1 {{expected operands that launches write to one buffer; limbeck-lower-plan-memory places them}}
    %2 = limbeck.concat %0, %1 axis = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
    return %2 : tensor<4xf32>
  }
}
