// Neighbouring regions whose samples do not meet are computed sample by sample; what is not proven ends a run.
// RUN: limbeck-opt %s --limbeck-lower-split-samples --limbeck-verify-fuse --split-input-file | FileCheck %s

// Two regions become the body; the constant in front of the second moves out, the shape of a reshape is that of one sample.
module attributes {limbeck.target = "avx2", limbeck.split_samples = "always"} {
  // CHECK-LABEL: @chain
  func.func @chain(%x: tensor<4x6xf32>) -> tensor<4x2x3xf32> {
    // CHECK: %[[C:.*]] = limbeck.const
    // CHECK-NEXT: %[[Y:.*]] = limbeck.per_sample %{{.*}} : (tensor<4x6xf32>) -> tensor<4x2x3xf32> {
    // CHECK-NEXT: ^bb0(%[[S:.*]]: tensor<1x6xf32>):
    // CHECK: %[[R:.*]] = limbeck.fused %[[S]] kind = "reshape" : (tensor<1x6xf32>) -> tensor<1x2x3xf32>
    // CHECK: limbeck.reshape %{{.*}} shape = [1, 2, 3] : (tensor<1x6xf32>) -> tensor<1x2x3xf32>
    // CHECK: %[[M:.*]] = limbeck.fused %[[R]], %[[C]] kind = "elementwise" : (tensor<1x2x3xf32>, tensor<3xf32>) -> tensor<1x2x3xf32>
    // CHECK: limbeck.yield %[[M]] : tensor<1x2x3xf32>
    // CHECK: return %[[Y]]
    %r = limbeck.fused %x kind = "reshape" : (tensor<4x6xf32>) -> tensor<4x2x3xf32> {
    ^bb0(%a: tensor<4x6xf32>):
      %0 = limbeck.reshape %a shape = [4, 2, 3] : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
      limbeck.yield %0 : tensor<4x2x3xf32>
    }
    %c = limbeck.const dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
    %y = limbeck.fused %r, %c kind = "elementwise" : (tensor<4x2x3xf32>, tensor<3xf32>) -> tensor<4x2x3xf32> {
    ^bb0(%a: tensor<4x2x3xf32>, %b: tensor<3xf32>):
      %0 = limbeck.mul %a, %b : (tensor<4x2x3xf32>, tensor<3xf32>) -> tensor<4x2x3xf32>
      limbeck.yield %0 : tensor<4x2x3xf32>
    }
    return %y : tensor<4x2x3xf32>
  }
}

// -----

// A reshape that keeps the dimension of the samples says the one of a sample itself.
module attributes {limbeck.target = "avx2", limbeck.split_samples = "always"} {
  // CHECK-LABEL: @kept
  func.func @kept(%x: tensor<4x6xf32>) -> tensor<4x2x3xf32> {
    // CHECK: limbeck.per_sample
    // CHECK: limbeck.reshape %{{.*}} shape = [1, 2, 3] kept = [-1, -1, -1] : (tensor<1x6xf32>) -> tensor<1x2x3xf32>
    %r = limbeck.fused %x kind = "reshape" : (tensor<4x6xf32>) -> tensor<4x2x3xf32> {
    ^bb0(%a: tensor<4x6xf32>):
      %0 = limbeck.reshape %a shape = [-1, 2, 3] kept = [0, -1, -1] : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
      limbeck.yield %0 : tensor<4x2x3xf32>
    }
    %y = limbeck.fused %r kind = "elementwise" : (tensor<4x2x3xf32>) -> tensor<4x2x3xf32> {
    ^bb0(%a: tensor<4x2x3xf32>):
      %0 = limbeck.relu %a : (tensor<4x2x3xf32>) -> tensor<4x2x3xf32>
      limbeck.yield %0 : tensor<4x2x3xf32>
    }
    return %y : tensor<4x2x3xf32>
  }
}

// -----

// A constant with an element for each sample, a reduction over samples, and a transposition of them are no part of a run.
module attributes {limbeck.target = "avx2", limbeck.split_samples = "always"} {
  // CHECK-LABEL: @unproven
  // CHECK-NOT: limbeck.per_sample
  func.func @unproven(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4xf32>, tensor<4x4xf32>) {
    %c = limbeck.const dense<1.0> : tensor<4x1xf32>
    %y = limbeck.fused %x, %c kind = "elementwise" : (tensor<4x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32> {
    ^bb0(%a: tensor<4x4xf32>, %b: tensor<4x1xf32>):
      %0 = limbeck.mul %a, %b : (tensor<4x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>
      limbeck.yield %0 : tensor<4x4xf32>
    }
    %s = limbeck.fused %x kind = "reduce_sum" : (tensor<4x4xf32>) -> tensor<4xf32> {
    ^bb0(%a: tensor<4x4xf32>):
      %0 = limbeck.reduce_sum %a axes = [0] keepdims = false : (tensor<4x4xf32>) -> tensor<4xf32>
      limbeck.yield %0 : tensor<4xf32>
    }
    %t = limbeck.fused %x kind = "transpose" : (tensor<4x4xf32>) -> tensor<4x4xf32> {
    ^bb0(%a: tensor<4x4xf32>):
      %0 = limbeck.transpose %a perm = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
      limbeck.yield %0 : tensor<4x4xf32>
    }
    return %y, %s, %t : tensor<4x4xf32>, tensor<4xf32>, tensor<4x4xf32>
  }
}

// -----

// A joined concat leaves the run with all of its parts where one of them is no part of it.
module attributes {limbeck.target = "avx2", limbeck.split_samples = "always"} {
  // CHECK-LABEL: @torn_join
  // CHECK-NOT: limbeck.per_sample
  func.func @torn_join(%x: tensor<4x4xf32>) -> tensor<4x8xf32> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<4x4xf32>) -> tensor<4x4xf32> {
    ^bb0(%a: tensor<4x4xf32>):
      %0 = limbeck.relu %a : (tensor<4x4xf32>) -> tensor<4x4xf32>
      limbeck.yield %0 : tensor<4x4xf32>
    }
    %t = limbeck.fused %x kind = "transpose" : (tensor<4x4xf32>) -> tensor<4x4xf32> {
    ^bb0(%a: tensor<4x4xf32>):
      %0 = limbeck.transpose %a perm = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>
      limbeck.yield %0 : tensor<4x4xf32>
    }
    %j = limbeck.concat %y, %t axis = 1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
    return %j : tensor<4x8xf32>
  }
}

// -----

// Without a wish the target's caches decide: so little stays in them anyway.
module attributes {limbeck.target = "avx2"} {
  // CHECK-LABEL: @small
  // CHECK-NOT: limbeck.per_sample
  func.func @small(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<4x6xf32>) -> tensor<4x6xf32> {
    ^bb0(%a: tensor<4x6xf32>):
      %0 = limbeck.relu %a : (tensor<4x6xf32>) -> tensor<4x6xf32>
      limbeck.yield %0 : tensor<4x6xf32>
    }
    %z = limbeck.fused %y kind = "elementwise" : (tensor<4x6xf32>) -> tensor<4x6xf32> {
    ^bb0(%a: tensor<4x6xf32>):
      %0 = limbeck.neg %a : (tensor<4x6xf32>) -> tensor<4x6xf32>
      limbeck.yield %0 : tensor<4x6xf32>
    }
    return %z : tensor<4x6xf32>
  }
}

// -----

// Eight megabytes between two regions that need not leave the cache, and a matrix of weights that is read once.
module attributes {limbeck.target = "avx2"} {
  // CHECK-LABEL: @large
  // CHECK: limbeck.per_sample
  // CHECK: limbeck.relu
  // CHECK: limbeck.neg
  // CHECK: limbeck.yield %{{.*}} : tensor<1x65536xf32>
  // CHECK: }
  // CHECK: limbeck.fused %{{.*}} kind = "matmul" : (tensor<32x65536xf32>,
  func.func @large(%x: tensor<32x65536xf32>) -> tensor<32x64xf32> {
    %y = limbeck.fused %x kind = "elementwise" : (tensor<32x65536xf32>) -> tensor<32x65536xf32> {
    ^bb0(%a: tensor<32x65536xf32>):
      %0 = limbeck.relu %a : (tensor<32x65536xf32>) -> tensor<32x65536xf32>
      limbeck.yield %0 : tensor<32x65536xf32>
    }
    %z = limbeck.fused %y kind = "elementwise" : (tensor<32x65536xf32>) -> tensor<32x65536xf32> {
    ^bb0(%a: tensor<32x65536xf32>):
      %0 = limbeck.neg %a : (tensor<32x65536xf32>) -> tensor<32x65536xf32>
      limbeck.yield %0 : tensor<32x65536xf32>
    }
    %w = limbeck.const dense<1.0> : tensor<65536x64xf32>
    %m = limbeck.fused %z, %w kind = "matmul" : (tensor<32x65536xf32>, tensor<65536x64xf32>) -> tensor<32x64xf32> {
    ^bb0(%a: tensor<32x65536xf32>, %b: tensor<65536x64xf32>):
      %0 = limbeck.matmul %a, %b : (tensor<32x65536xf32>, tensor<65536x64xf32>) -> tensor<32x64xf32>
      limbeck.yield %0 : tensor<32x64xf32>
    }
    return %m : tensor<32x64xf32>
  }
}
