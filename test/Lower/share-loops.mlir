// The outermost loop of a kernel becomes the share of one worker.
// RUN: limbeck-opt %s --split-input-file --limbeck-lower-share-loops --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func private @kernel(
// CHECK-SAME: %[[OUT:.*]]: memref<10xf32>, %[[WORKER:.*]]: index, %[[WORKERS:.*]]: index)
// CHECK: %[[TRIP:.*]] = arith.constant 10 : index
// CHECK: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: %[[BEFORE:.*]] = arith.muli %[[TRIP]], %[[WORKER]]
// CHECK: %[[FIRST:.*]] = arith.divui %[[BEFORE]], %[[WORKERS]]
// CHECK: %[[NEXT:.*]] = arith.addi %[[WORKER]], %[[ONE]]
// CHECK: %[[AFTER:.*]] = arith.muli %[[TRIP]], %[[NEXT]]
// CHECK: %[[LAST:.*]] = arith.divui %[[AFTER]], %[[WORKERS]]
// CHECK: scf.for %[[I:.*]] = %[[FIRST]] to %[[LAST]] step %[[ONE]]
// CHECK: memref.store %{{.*}}, %[[OUT]][%[[I]]]
// CHECK-NOT: scf.forall
func.func private @kernel(%out: memref<10xf32>, %worker: index, %workers: index) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (10) {
    memref.store %zero, %out[%i] : memref<10xf32>
  }
  return
}

// A public function is a graph and not a kernel: it is left alone.
// CHECK-LABEL: func.func @graph(
// CHECK: scf.forall
func.func @graph(%out: memref<10xf32>, %worker: index, %workers: index) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (10) {
    memref.store %zero, %out[%i] : memref<10xf32>
  }
  return
}

// -----

func.func private @two_dimensions(%out: memref<2x3xf32>, %worker: index, %workers: index) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected an outermost one-dimensional loop without results}}
  scf.forall (%i, %j) in (2, 3) {
    memref.store %zero, %out[%i, %j] : memref<2x3xf32>
  }
  return
}
