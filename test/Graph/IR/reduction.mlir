// Every op of ReductionOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @arg_max(
// CHECK: limbeck.arg_max {{.*}} axis = 1 keepdims = false select_last_index = false :
func.func @arg_max(%x: tensor<2x3xf32>) {
  %y = limbeck.arg_max %x axis = 1 keepdims = false select_last_index = false
    : (tensor<2x3xf32>) -> tensor<2xsi64>
  return
}

// CHECK-LABEL: @batch_norm(
// CHECK: limbeck.batch_norm {{.*}} axis = 1 epsilon = 9.99999974E-6 :
func.func @batch_norm(%x: tensor<1x2x3x3xf32>, %s: tensor<2xf32>, %b: tensor<2xf32>, %m: tensor<2xf32>, %v: tensor<2xf32>) {
  %y = limbeck.batch_norm %x, %s, %b, %m, %v axis = 1 epsilon = 1.0e-5
    : (tensor<1x2x3x3xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x3x3xf32>
  return
}

// CHECK-LABEL: @layer_norm(
// CHECK: limbeck.layer_norm {{.*}} axis = 1 epsilon = 9.99999974E-6 :
func.func @layer_norm(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  %y, %m, %i = limbeck.layer_norm %x, %s axis = 1 epsilon = 1.0e-5
    : (tensor<2x8xf32>, tensor<8xf32>) -> (tensor<2x8xf32>, tensor<2x1xf32>, tensor<2x1xf32>)
  return
}

// CHECK-LABEL: @log_softmax(
// CHECK: limbeck.log_softmax {{.*}} axis = 1 :
func.func @log_softmax(%x: tensor<2x3xf32>) {
  %y = limbeck.log_softmax %x axis = 1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @lrn(
// CHECK: limbeck.lrn {{.*}} size = 5 alpha = 9.99999974E-5 beta = 7.500000e-01 bias = 1.000000e+00 axis = 1 :
func.func @lrn(%x: tensor<1x8x3x3xf32>) {
  %y = limbeck.lrn %x size = 5 alpha = 1.0e-4 beta = 0.75 bias = 1.0 axis = 1
    : (tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  return
}

// CHECK-LABEL: @reduce_max(
// CHECK: limbeck.reduce_max {{.*}} axes = [1] keepdims = false :
func.func @reduce_max(%x: tensor<2x3xf32>) {
  %y = limbeck.reduce_max %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @reduce_mean(
// CHECK: limbeck.reduce_mean {{.*}} axes = [1] keepdims = false :
func.func @reduce_mean(%x: tensor<2x3xf32>) {
  %y = limbeck.reduce_mean %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @reduce_min(
// CHECK: limbeck.reduce_min {{.*}} axes = [1] keepdims = false :
func.func @reduce_min(%x: tensor<2x3xf32>) {
  %y = limbeck.reduce_min %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @reduce_prod(
// CHECK: limbeck.reduce_prod {{.*}} axes = [1] keepdims = false :
func.func @reduce_prod(%x: tensor<2x3xf32>) {
  %y = limbeck.reduce_prod %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @reduce_sum(
// CHECK: limbeck.reduce_sum {{.*}} axes = [1] keepdims = false :
func.func @reduce_sum(%x: tensor<2x3xf32>) {
  %y = limbeck.reduce_sum %x axes = [1] keepdims = false : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// CHECK-LABEL: @softmax(
// CHECK: limbeck.softmax {{.*}} axis = 1 :
func.func @softmax(%x: tensor<2x3xf32>) {
  %y = limbeck.softmax %x axis = 1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @histogram(
// CHECK: limbeck.histogram %{{.*}}, %{{.*}}, %{{.*}} :
func.func @histogram(%x: tensor<2x3xf32>, %l: tensor<f32>, %g: tensor<f32>) {
  %n = limbeck.histogram %x, %l, %g : (tensor<2x3xf32>, tensor<f32>, tensor<f32>) -> tensor<2048xsi32>
  return
}
