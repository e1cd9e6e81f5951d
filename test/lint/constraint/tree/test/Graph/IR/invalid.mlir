// RUN: limbeck-opt %s --verify-diagnostics
func.func @relu_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{[E-SHAPE] expected result 0 to be f32[2], found f32[3] (relu_c1)}}
  %y = limbeck.relu %x : (tensor<2xf32>) -> tensor<3xf32>
  return
}
func.func @relu_c3(%x: tensor<2xsi4>) {
  // expected-error @+1 {{expected a float type}}
  %y = limbeck.relu %x : (tensor<2xsi4>) -> tensor<2xsi4>
  return
}
