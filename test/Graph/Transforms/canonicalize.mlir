// An scf.if over tensors stays one: no arith.select, no arith.andi. Known branches are taken, unused results dropped.
// RUN: limbeck-opt %s --limbeck-graph-canonicalize | FileCheck %s

// Upstream would join the two conditions by arith.andi.
// CHECK-LABEL: @nested(
// CHECK: scf.if
// CHECK: scf.if
// CHECK: limbeck.relu
// CHECK-NOT: arith
// CHECK: return
func.func @nested(%x: tensor<2xf32>, %c: tensor<i1>, %d: tensor<i1>) -> tensor<2xf32> {
  %outer = tensor.extract %c[] : tensor<i1>
  %inner = tensor.extract %d[] : tensor<i1>
  %y = scf.if %outer -> tensor<2xf32> {
    %z = scf.if %inner -> tensor<2xf32> {
      %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    } else {
      scf.yield %x : tensor<2xf32>
    }
    scf.yield %z : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// Upstream would make arith.select of it.
// CHECK-LABEL: @of_outer_values(
// CHECK: scf.if
// CHECK-NOT: arith
// CHECK: return
func.func @of_outer_values(%x: tensor<2xf32>, %y: tensor<2xf32>, %c: tensor<i1>) -> tensor<2xf32> {
  %condition = tensor.extract %c[] : tensor<i1>
  %z = scf.if %condition -> tensor<2xf32> {
    scf.yield %x : tensor<2xf32>
  } else {
    scf.yield %y : tensor<2xf32>
  }
  return %z : tensor<2xf32>
}

// Upstream would join the two, as they read one condition, and put true in place of the condition inside.
// CHECK-LABEL: @same_condition(
// CHECK: scf.if
// CHECK: scf.if
// CHECK: scf.if
// CHECK-NOT: arith
// CHECK: return
func.func @same_condition(%x: tensor<2xf32>, %c: tensor<i1>) -> (tensor<2xf32>, tensor<2xf32>) {
  %condition = tensor.extract %c[] : tensor<i1>
  %a = scf.if %condition -> tensor<2xf32> {
    %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  %b = scf.if %condition -> tensor<2xf32> {
    %inner = scf.if %condition -> tensor<2xf32> {
      %0 = limbeck.abs %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    } else {
      %0 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    }
    scf.yield %inner : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return %a, %b : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: @known(
// CHECK-NOT: scf.if
// CHECK: %[[Y:.*]] = limbeck.exp
// CHECK-NEXT: return %[[Y]]
func.func @known(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = limbeck.const dense<false> : tensor<i1>
  %condition = tensor.extract %c[] : tensor<i1>
  %y = scf.if %condition -> tensor<2xf32> {
    %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0 : tensor<2xf32>
  } else {
    %0 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0 : tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @unused(
// CHECK: %[[Y:.*]] = scf.if {{.*}} -> (tensor<2xf32>)
// CHECK-NOT: limbeck.exp
// CHECK: return %[[Y]]
func.func @unused(%x: tensor<2xf32>, %c: tensor<i1>) -> tensor<2xf32> {
  %condition = tensor.extract %c[] : tensor<i1>
  %unused, %y = scf.if %condition -> (tensor<2xf32>, tensor<2xf32>) {
    %0 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
    %1 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0, %1 : tensor<2xf32>, tensor<2xf32>
  } else {
    scf.yield %x, %x : tensor<2xf32>, tensor<2xf32>
  }
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @all_unused(
// CHECK-NEXT: return
func.func @all_unused(%x: tensor<2xf32>, %c: tensor<i1>) {
  %condition = tensor.extract %c[] : tensor<i1>
  %y = scf.if %condition -> tensor<2xf32> {
    %0 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
    scf.yield %0 : tensor<2xf32>
  } else {
    scf.yield %x : tensor<2xf32>
  }
  return
}
