// Every op of MovementOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @concat(
// CHECK: limbeck.concat {{.*}} axis = 0 :
func.func @concat(%a: tensor<2x3xf32>, %b: tensor<1x3xf32>) {
  %y = limbeck.concat %a, %b axis = 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  return
}

// CHECK-LABEL: @expand(
// CHECK: limbeck.expand {{.*}} shape = [2, 3] :
func.func @expand(%x: tensor<3xf32>) {
  %y = limbeck.expand %x shape = [2, 3] : (tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @gather(
// CHECK: limbeck.gather {{.*}} axis = 0 :
func.func @gather(%d: tensor<10x4xf32>, %i: tensor<2x3xsi64>) {
  %y = limbeck.gather %d, %i axis = 0 : (tensor<10x4xf32>, tensor<2x3xsi64>) -> tensor<2x3x4xf32>
  return
}

// CHECK-LABEL: @pad(
// CHECK: limbeck.pad {{.*}} pads = [0, 1, 0, 1] mode = "constant" :
func.func @pad(%x: tensor<2x3xf32>) {
  %y = limbeck.pad %x pads = [0, 1, 0, 1] mode = "constant" : (tensor<2x3xf32>) -> tensor<2x5xf32>
  return
}

// CHECK-LABEL: @range(
// CHECK: limbeck.range %{{.*}} :
func.func @range(%a: tensor<si64>, %b: tensor<si64>, %c: tensor<si64>) {
  %y = limbeck.range %a, %b, %c : (tensor<si64>, tensor<si64>, tensor<si64>) -> tensor<?xsi64>
  return
}

// CHECK-LABEL: @reshape(
// CHECK: limbeck.reshape {{.*}} shape = [2, -1] :
func.func @reshape(%x: tensor<2x3x4xf32>) {
  %y = limbeck.reshape %x shape = [2, -1] : (tensor<2x3x4xf32>) -> tensor<2x12xf32>
  return
}

// CHECK-LABEL: @reshape_kept(
// CHECK: limbeck.reshape {{.*}} shape = [-1, -1, 2, 2] kept = [0, 1, -1, -1] :
func.func @reshape_kept(%x: tensor<?x?x4xf32>) {
  %y = limbeck.reshape %x shape = [-1, -1, 2, 2] kept = [0, 1, -1, -1] : (tensor<?x?x4xf32>) -> tensor<?x?x2x2xf32>
  return
}

// CHECK-LABEL: @shape(
// CHECK: limbeck.shape {{.*}} start = 0 end = 2 :
func.func @shape(%x: tensor<?x3xf32>) {
  %y = limbeck.shape %x start = 0 end = 2 : (tensor<?x3xf32>) -> tensor<2xsi64>
  return
}

// CHECK-LABEL: @size(
// CHECK: limbeck.size %{{.*}} :
func.func @size(%x: tensor<?x3xf32>) {
  %y = limbeck.size %x : (tensor<?x3xf32>) -> tensor<si64>
  return
}

// CHECK-LABEL: @slice(
// CHECK: limbeck.slice {{.*}} starts = [0, 1] ends = [2, 3] steps = [1, 1] :
func.func @slice(%x: tensor<2x4xf32>) {
  %y = limbeck.slice %x starts = [0, 1] ends = [2, 3] steps = [1, 1] : (tensor<2x4xf32>) -> tensor<2x2xf32>
  return
}

// CHECK-LABEL: @tile(
// CHECK: limbeck.tile {{.*}} repeats = [1, 2] :
func.func @tile(%x: tensor<2x3xf32>) {
  %y = limbeck.tile %x repeats = [1, 2] : (tensor<2x3xf32>) -> tensor<2x6xf32>
  return
}

// CHECK-LABEL: @transpose(
// CHECK: limbeck.transpose {{.*}} perm = [0, 2, 3, 1] :
func.func @transpose(%x: tensor<1x3x4x5xf32>) {
  %y = limbeck.transpose %x perm = [0, 2, 3, 1] : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  return
}
