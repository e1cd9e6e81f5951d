// Every shape of a branch passes all stages, and is a branch to the end: stage Lower allows no op of arith in the graph.
// RUN: limbeck-opt %s --split-input-file --limbeck-stage-graph --limbeck-stage-quantize --limbeck-stage-layout --limbeck-stage-fuse --limbeck-stage-lower | FileCheck %s

// A branch that holds nothing but a branch, beside an outer value: upstream joins the conditions by arith.andi. The first branch
// makes the inner condition visible outside.
// CHECK-LABEL: @main(
// CHECK: scf.if
// CHECK: scf.if
// CHECK: scf.if
// CHECK: return
module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}, %c: tensor<i1> {limbeck.name = "c"}, %d: tensor<i1> {limbeck.name = "d"})
      -> (tensor<2xf32> {limbeck.name = "a"}, tensor<2xf32> {limbeck.name = "y"}) {
    %first = tensor.extract %d[] : tensor<i1>
    %a = scf.if %first -> tensor<2xf32> {
      %0 = limbeck.abs %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    } else {
      %0 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    }
    %outer = tensor.extract %c[] : tensor<i1>
    %y = scf.if %outer -> tensor<2xf32> {
      %inner = tensor.extract %d[] : tensor<i1>
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
    return %a, %y : tensor<2xf32>, tensor<2xf32>
  }
}

// -----

// Outer values only, in either branch: upstream makes arith.select of it.
// CHECK-LABEL: @main(
// CHECK: scf.if
// CHECK: return
module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}, %z: tensor<2xf32> {limbeck.name = "z"}, %c: tensor<i1> {limbeck.name = "c"})
      -> (tensor<2xf32> {limbeck.name = "y"}) {
    %condition = tensor.extract %c[] : tensor<i1>
    %y = scf.if %condition -> tensor<2xf32> {
      scf.yield %x : tensor<2xf32>
    } else {
      scf.yield %z : tensor<2xf32>
    }
    return %y : tensor<2xf32>
  }
}

// -----

// One condition twice, one after the other and one in the other, with an unused result.
// CHECK-LABEL: @main(
// CHECK: scf.if
// CHECK: scf.if
// CHECK: scf.if
// CHECK: return
module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}, %c: tensor<i1> {limbeck.name = "c"})
      -> (tensor<2xf32> {limbeck.name = "a"}, tensor<2xf32> {limbeck.name = "b"}) {
    %condition = tensor.extract %c[] : tensor<i1>
    %a, %unused = scf.if %condition -> (tensor<2xf32>, tensor<2xf32>) {
      %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
      %1 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0, %1 : tensor<2xf32>, tensor<2xf32>
    } else {
      scf.yield %x, %x : tensor<2xf32>, tensor<2xf32>
    }
    %again = tensor.extract %c[] : tensor<i1>
    %b = scf.if %again -> tensor<2xf32> {
      %inner = scf.if %condition -> tensor<2xf32> {
        %0 = limbeck.abs %x : (tensor<2xf32>) -> tensor<2xf32>
        scf.yield %0 : tensor<2xf32>
      } else {
        %0 = limbeck.exp %x : (tensor<2xf32>) -> tensor<2xf32>
        scf.yield %0 : tensor<2xf32>
      }
      scf.yield %inner : tensor<2xf32>
    } else {
      scf.yield %a : tensor<2xf32>
    }
    return %a, %b : tensor<2xf32>, tensor<2xf32>
  }
}

// -----

// Truth values as results, one the negation of the condition: upstream makes arith of those that are numbers.
// CHECK-LABEL: @main(
// CHECK: scf.if
// CHECK: scf.if
// CHECK: return
module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}, %c: tensor<i1> {limbeck.name = "c"})
      -> (tensor<i1> {limbeck.name = "flag"}, tensor<2xf32> {limbeck.name = "y"}) {
    %yes = limbeck.const dense<true> : tensor<i1>
    %no = limbeck.const dense<false> : tensor<i1>
    %condition = tensor.extract %c[] : tensor<i1>
    %flag = scf.if %condition -> tensor<i1> {
      scf.yield %no : tensor<i1>
    } else {
      scf.yield %yes : tensor<i1>
    }
    %other = tensor.extract %flag[] : tensor<i1>
    %y = scf.if %other -> tensor<2xf32> {
      %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    } else {
      scf.yield %x : tensor<2xf32>
    }
    return %flag, %y : tensor<i1>, tensor<2xf32>
  }
}

// -----

// The condition becomes a constant in stage Graph only: the branch that it takes is left.
// CHECK-LABEL: @main(
// CHECK-NOT: scf.if
// CHECK: limbeck.launch
// CHECK-NEXT: return
module attributes {limbeck.target = "x86-64"} {
  func.func @main(%x: tensor<2xf32> {limbeck.name = "x"}) -> (tensor<2xf32> {limbeck.name = "y"}) {
    %yes = limbeck.const dense<true> : tensor<i1>
    %not = limbeck.not %yes : (tensor<i1>) -> tensor<i1>
    %condition = tensor.extract %not[] : tensor<i1>
    %y = scf.if %condition -> tensor<2xf32> {
      %0 = limbeck.relu %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    } else {
      %0 = limbeck.abs %x : (tensor<2xf32>) -> tensor<2xf32>
      scf.yield %0 : tensor<2xf32>
    }
    return %y : tensor<2xf32>
  }
}
