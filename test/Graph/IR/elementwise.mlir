// Every op of ElementwiseOps.td in its example, through text, bytecode and the generic form.
// RUN: limbeck-opt %s | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --emit-bytecode | limbeck-opt | FileCheck %s
// RUN: limbeck-opt %s --mlir-print-op-generic | limbeck-opt | FileCheck %s

// CHECK-LABEL: @abs(
// CHECK: limbeck.abs %{{.*}} :
func.func @abs(%x: tensor<2x3xf32>) {
  %y = limbeck.abs %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @add(
// CHECK: limbeck.add %{{.*}} :
func.func @add(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.add %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @and(
// CHECK: limbeck.and %{{.*}} :
func.func @and(%a: tensor<2x3xi1>, %b: tensor<3xi1>) {
  %y = limbeck.and %a, %b : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  return
}

// CHECK-LABEL: @ceil(
// CHECK: limbeck.ceil %{{.*}} :
func.func @ceil(%x: tensor<2x3xf32>) {
  %y = limbeck.ceil %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @clip(
// CHECK: limbeck.clip {{.*}} min = 0.000000e+00 max = 6.000000e+00 :
func.func @clip(%x: tensor<2x3xf32>) {
  %y = limbeck.clip %x min = 0.0 max = 6.0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @div(
// CHECK: limbeck.div %{{.*}} :
func.func @div(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.div %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @equal(
// CHECK: limbeck.equal %{{.*}} :
func.func @equal(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.equal %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  return
}

// CHECK-LABEL: @erf(
// CHECK: limbeck.erf %{{.*}} :
func.func @erf(%x: tensor<2x3xf32>) {
  %y = limbeck.erf %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @exp(
// CHECK: limbeck.exp %{{.*}} :
func.func @exp(%x: tensor<2x3xf32>) {
  %y = limbeck.exp %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @floor(
// CHECK: limbeck.floor %{{.*}} :
func.func @floor(%x: tensor<2x3xf32>) {
  %y = limbeck.floor %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @gelu(
// CHECK: limbeck.gelu {{.*}} approximate = "none" :
func.func @gelu(%x: tensor<2x3xf32>) {
  %y = limbeck.gelu %x approximate = "none" : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @greater(
// CHECK: limbeck.greater %{{.*}} :
func.func @greater(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.greater %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  return
}

// CHECK-LABEL: @hard_sigmoid(
// CHECK: limbeck.hard_sigmoid {{.*}} alpha = 2.000000e-01 beta = 5.000000e-01 :
func.func @hard_sigmoid(%x: tensor<2x3xf32>) {
  %y = limbeck.hard_sigmoid %x alpha = 0.2 beta = 0.5 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @hard_swish(
// CHECK: limbeck.hard_swish %{{.*}} :
func.func @hard_swish(%x: tensor<2x3xf32>) {
  %y = limbeck.hard_swish %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @leaky_relu(
// CHECK: limbeck.leaky_relu {{.*}} alpha = 1.000000e-01 :
func.func @leaky_relu(%x: tensor<2x3xf32>) {
  %y = limbeck.leaky_relu %x alpha = 0.1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @less(
// CHECK: limbeck.less %{{.*}} :
func.func @less(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.less %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  return
}

// CHECK-LABEL: @log(
// CHECK: limbeck.log %{{.*}} :
func.func @log(%x: tensor<2x3xf32>) {
  %y = limbeck.log %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @max(
// CHECK: limbeck.max %{{.*}} :
func.func @max(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.max %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @min(
// CHECK: limbeck.min %{{.*}} :
func.func @min(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.min %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @mul(
// CHECK: limbeck.mul %{{.*}} :
func.func @mul(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.mul %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @neg(
// CHECK: limbeck.neg %{{.*}} :
func.func @neg(%x: tensor<2x3xf32>) {
  %y = limbeck.neg %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @not(
// CHECK: limbeck.not %{{.*}} :
func.func @not(%x: tensor<2xi1>) {
  %y = limbeck.not %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// CHECK-LABEL: @or(
// CHECK: limbeck.or %{{.*}} :
func.func @or(%a: tensor<2x3xi1>, %b: tensor<3xi1>) {
  %y = limbeck.or %a, %b : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
  return
}

// CHECK-LABEL: @pow(
// CHECK: limbeck.pow %{{.*}} :
func.func @pow(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.pow %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @prelu(
// CHECK: limbeck.prelu %{{.*}} :
func.func @prelu(%x: tensor<1x2x3x3xf32>, %s: tensor<2x1x1xf32>) {
  %y = limbeck.prelu %x, %s : (tensor<1x2x3x3xf32>, tensor<2x1x1xf32>) -> tensor<1x2x3x3xf32>
  return
}

// CHECK-LABEL: @reciprocal(
// CHECK: limbeck.reciprocal %{{.*}} :
func.func @reciprocal(%x: tensor<2x3xf32>) {
  %y = limbeck.reciprocal %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @relu(
// CHECK: limbeck.relu %{{.*}} :
func.func @relu(%x: tensor<2x3xf32>) {
  %y = limbeck.relu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @round(
// CHECK: limbeck.round %{{.*}} :
func.func @round(%x: tensor<2x3xf32>) {
  %y = limbeck.round %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @sigmoid(
// CHECK: limbeck.sigmoid %{{.*}} :
func.func @sigmoid(%x: tensor<2x3xf32>) {
  %y = limbeck.sigmoid %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @sqrt(
// CHECK: limbeck.sqrt %{{.*}} :
func.func @sqrt(%x: tensor<2x3xf32>) {
  %y = limbeck.sqrt %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @sub(
// CHECK: limbeck.sub %{{.*}} :
func.func @sub(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  %y = limbeck.sub %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @tanh(
// CHECK: limbeck.tanh %{{.*}} :
func.func @tanh(%x: tensor<2x3xf32>) {
  %y = limbeck.tanh %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// CHECK-LABEL: @where(
// CHECK: limbeck.where %{{.*}} :
func.func @where(%c: tensor<2x3xi1>, %a: tensor<3xf32>, %b: tensor<f32>) {
  %y = limbeck.where %c, %a, %b : (tensor<2x3xi1>, tensor<3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return
}
