// The contract of the graph stage accepts what the importer makes and nothing else.
// RUN: limbeck-opt %s --split-input-file --verify-diagnostics --limbeck-verify-graph

func.func @main(%c: tensor<i1>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = tensor.extract %c[] : tensor<i1>
  %1 = scf.if %0 -> tensor<2xf32> {
    %2 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32> loc("node")
    scf.yield %2 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %1 : tensor<2xf32>
}

// -----

// expected-error @+1 {{expected a function 'main'}}
module {
}

// -----

func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @unknown {{expected the location of a source node}}
  // expected-note @unknown {{the importer names it; a pass that replaces an op passes its location on}}
  %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32> loc(unknown)
  return %0 : tensor<2xf32>
}

// -----

// expected-error @+2 {{expected only ops of limbeck, func, scf and tensor after the graph stage}}
// expected-note @+1 {{`calib` and `distill` begin in later stages}}
calib.stat @s method = "minmax"
func.func @main() {
  return
}
