// What may not leave stage Fuse.
// RUN: limbeck-opt %s --limbeck-verify-fuse --split-input-file --verify-diagnostics

func.func @outside(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error@below {{expected the op in a fusion region}}
  // expected-note@below {{run limbeck-fuse-form-fusions before the end of stage Fuse}}
  %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @concat_outside(%x: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error@below {{expected the op in a fusion region, or results of regions that nothing else uses}}
  // expected-note@below {{run limbeck-fuse-form-fusions before the end of stage Fuse}}
  %0 = limbeck.concat %x, %x axis = 0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// A softmax shares a region with a product where another product follows, and nothing but the last result leaves.
func.func @half_an_attention(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %y = limbeck.fused %x kind = "attention" : (tensor<2x2xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %0 = limbeck.matmul %a, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    // expected-error@below {{expected one op that is not pointwise in a fusion region, found another before it}}
    // expected-note@below {{run limbeck-fuse-form-fusions before the end of stage Fuse}}
    %1 = limbeck.softmax %0 axis = 1 : (tensor<2x2xf32>) -> tensor<2x2xf32>
    limbeck.yield %1 : tensor<2x2xf32>
  }
  return %y : tensor<2x2xf32>
}

// -----

func.func @probabilities_leave(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %y:2 = limbeck.fused %x kind = "attention" : (tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  ^bb0(%a: tensor<2x2xf32>):
    %0 = limbeck.matmul %a, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    // expected-error@below {{expected one op that is not pointwise in a fusion region, found another before it}}
    // expected-note@below {{run limbeck-fuse-form-fusions before the end of stage Fuse}}
    %1 = limbeck.softmax %0 axis = 1 : (tensor<2x2xf32>) -> tensor<2x2xf32>
    %2 = limbeck.matmul %1, %a : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    limbeck.yield %2, %1 : tensor<2x2xf32>, tensor<2x2xf32>
  }
  return %y#0, %y#1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

func.func @two_cores(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %y = limbeck.fused %x kind = "softmax" : (tensor<2x2xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %0 = limbeck.softmax %a axis = 1 : (tensor<2x2xf32>) -> tensor<2x2xf32>
    // expected-error@below {{expected one op that is not pointwise in a fusion region, found another before it}}
    // expected-note@below {{run limbeck-fuse-form-fusions}}
    %1 = limbeck.transpose %0 perm = [1, 0] : (tensor<2x2xf32>) -> tensor<2x2xf32>
    limbeck.yield %1 : tensor<2x2xf32>
  }
  return %y : tensor<2x2xf32>
}

// -----

func.func @in_front(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %y = limbeck.fused %x kind = "softmax" : (tensor<2x2xf32>) -> tensor<2x2xf32> {
  ^bb0(%a: tensor<2x2xf32>):
    %0 = limbeck.neg %a : (tensor<2x2xf32>) -> tensor<2x2xf32>
    // expected-error@below {{expected nothing computed in front of the core of a fusion region}}
    // expected-note@below {{run limbeck-fuse-form-fusions}}
    %1 = limbeck.softmax %0 axis = 1 : (tensor<2x2xf32>) -> tensor<2x2xf32>
    limbeck.yield %1 : tensor<2x2xf32>
  }
  return %y : tensor<2x2xf32>
}

// -----

func.func @two_shapes(%x: tensor<2xf32>, %z: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %y = limbeck.fused %x, %z kind = "elementwise" : (tensor<2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32> {
  ^bb0(%a: tensor<2xf32>, %b: tensor<3x2xf32>):
    %0 = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
    // expected-error@below {{expected one static shape in a fusion region}}
    // expected-note@below {{run limbeck-fuse-form-fusions}}
    %1 = limbeck.add %0, %b : (tensor<2xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
    limbeck.yield %1 : tensor<3x2xf32>
  }
  return %y : tensor<3x2xf32>
}

// -----

func.func @border_inside(%x: tensor<2xf32>) -> tensor<3xf32> {
  %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<3xf32> {
  ^bb0(%a: tensor<2xf32>):
    %0 = limbeck.neg %a : (tensor<2xf32>) -> tensor<2xf32>
    // expected-error@below {{expected a border around the result of a fusion region}}
    // expected-note@below {{run limbeck-fuse-form-fusions}}
    %1 = limbeck.pad %0 pads = [0, 1] mode = "constant" : (tensor<2xf32>) -> tensor<3xf32>
    %2 = limbeck.neg %1 : (tensor<3xf32>) -> tensor<3xf32>
    limbeck.yield %2 : tensor<3xf32>
  }
  return %y : tensor<3xf32>
}

// -----

func.func @several_results(%x: tensor<4xf32>) -> (tensor<f32>, tensor<4xui8>) {
  // expected-error@below {{expected all results of the op in order}}
  // expected-note@below {{run limbeck-fuse-form-fusions}}
  %y:2 = limbeck.fused %x kind = "dynamic_quantize" : (tensor<4xf32>) -> (tensor<f32>, tensor<4xui8>) {
  ^bb0(%a: tensor<4xf32>):
    %0, %1, %2 = limbeck.dynamic_quantize %a : (tensor<4xf32>) -> (tensor<4xui8>, tensor<f32>, tensor<ui8>)
    limbeck.yield %1, %0 : tensor<f32>, tensor<4xui8>
  }
  return %y#0, %y#1 : tensor<f32>, tensor<4xui8>
}

// -----

func.func @several_results_and_more(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = limbeck.fused %x kind = "dynamic_quantize" : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %0, %1, %2 = limbeck.dynamic_quantize %a : (tensor<4xf32>) -> (tensor<4xui8>, tensor<f32>, tensor<ui8>)
    // expected-error@below {{expected an op with several results alone in its fusion region}}
    // expected-note@below {{run limbeck-fuse-form-fusions}}
    %3 = limbeck.cast %0 to = f32 : (tensor<4xui8>) -> tensor<4xf32>
    limbeck.yield %3 : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

func.func @empty(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@below {{expected an op in a fusion region}}
  // expected-note@below {{run limbeck-fuse-form-fusions}}
  %y = limbeck.fused %x kind = "elementwise" : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    limbeck.yield %a : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

func.func @passed_through(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-error@below {{expected results that the region computes}}
  // expected-note@below {{run limbeck-fuse-form-fusions}}
  %y:2 = limbeck.fused %x kind = "elementwise" : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>):
    %0 = limbeck.neg %a : (tensor<4xf32>) -> tensor<4xf32>
    limbeck.yield %0, %a : tensor<4xf32>, tensor<4xf32>
  }
  return %y#0, %y#1 : tensor<4xf32>, tensor<4xf32>
}
