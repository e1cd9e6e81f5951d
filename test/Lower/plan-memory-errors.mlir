// What has no place in memory: results of unknown size, and a branch whose truth value lies in no tensor.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-plan-memory --verify-diagnostics

func.func private @k(memref<?xf32>, memref<?xf32>, index, index)
func.func @unknown_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @+1 {{expected results that are tensors of static shape with at most 1099511627776 elements, found 'tensor<?xf32>'; give the model's inputs with --shape or --dim}}
  %0 = limbeck.launch @k(%x) : (tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @truth_value(%p: i1, %x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expected a condition that tensor.extract takes from a tensor of one element, found <block argument> of type 'i1' at index: 0}}
  %0 = scf.if %p -> tensor<2xf32> {
    scf.yield %x : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %0 : tensor<2xf32>
}

// -----

// One without an else, and without results, makes nothing.
func.func private @k(memref<2xf32>, memref<2xf32>, index, index)
func.func @nothing(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %p = tensor.extract %c[] : tensor<i1>
  scf.if %p {
  }
  %0 = limbeck.launch @k(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
