// The pass needs to know for what it writes kernels.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-to-kernels --verify-diagnostics
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-store-unsigned --verify-diagnostics

// expected-error @+1 {{expected the module attribute 'limbeck.target', found none; set it to the name of a target, such as "x86-64"}}
module {
  func.func @no_target(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}

// -----

// expected-error @+1 {{expected a known target in 'limbeck.target', found "z80"}}
module attributes {limbeck.target = "z80"} {
  func.func @unknown_target(%x: tensor<2xf32>) -> tensor<2xf32> {
    return %x : tensor<2xf32>
  }
}
