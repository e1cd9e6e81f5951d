// Activations of signed bytes are stored without sign where the target multiplies those, and what else reads bytes keeps them.
// RUN: limbeck-opt %s --limbeck-lower-store-unsigned --split-input-file | FileCheck %s

!s = !quant.uniform<i8:f32, 5.0e-1:-3>
!w = !quant.uniform<i8<-127:127>:f32, 2.5e-1>
!n = !quant.uniform<i8<-127:127>:f32, 1.0>

// Types change inside of regions and between them, bounds along with zero points; weights stay.
module attributes {limbeck.target = "avx512-vnni"} {
  // CHECK-LABEL: @chain
  func.func @chain(%x: tensor<2x3xf32>) -> tensor<2x4xf32> {
    %c = limbeck.const dense<1> : tensor<3x4xsi8>
    // CHECK: %[[W:.*]] = limbeck.storage_cast %{{.*}} : (tensor<3x4xsi8>) -> tensor<3x4x!quant.uniform<i8<-127:127>:f32, 2.500000e-01>>
    %w = limbeck.storage_cast %c : (tensor<3x4xsi8>) -> tensor<3x4x!w>
    // CHECK: %[[Q:.*]] = limbeck.fused %{{.*}} kind = "elementwise" : (tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:125>>
    // CHECK: limbeck.yield %{{.*}} : tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:125>>
    %q = limbeck.fused %x kind = "elementwise" : (tensor<2x3xf32>) -> tensor<2x3x!s> {
    ^bb0(%a: tensor<2x3xf32>):
      %0 = limbeck.quantize %a : (tensor<2x3xf32>) -> tensor<2x3x!s>
      limbeck.yield %0 : tensor<2x3x!s>
    }
    // CHECK: limbeck.fused %[[Q]], %[[W]] kind = "matmul"
    // CHECK: limbeck.matmul {{.*}}quant.uniform<u8:f32, 5.000000e-01:125>>, tensor<3x4x!quant.uniform<i8<-127:127>:f32, 2.500000e-01>>) -> tensor<2x4x!quant.uniform<u8<1:255>:f32, 1.000000e+00:128>>
    // CHECK: limbeck.relu {{.*}} -> tensor<2x4x!quant.uniform<u8:f32, 5.000000e-01:125>>
    // CHECK: limbeck.dequantize {{.*}} : (tensor<2x4x!quant.uniform<u8:f32, 5.000000e-01:125>>) -> tensor<2x4xf32>
    %y = limbeck.fused %q, %w kind = "matmul" : (tensor<2x3x!s>, tensor<3x4x!w>) -> tensor<2x4xf32> {
    ^bb0(%a: tensor<2x3x!s>, %b: tensor<3x4x!w>):
      %0 = limbeck.matmul %a, %b : (tensor<2x3x!s>, tensor<3x4x!w>) -> tensor<2x4x!n>
      %1 = limbeck.relu %0 : (tensor<2x4x!n>) -> tensor<2x4x!s>
      %2 = limbeck.dequantize %1 : (tensor<2x4x!s>) -> tensor<2x4xf32>
      limbeck.yield %2 : tensor<2x4xf32>
    }
    return %y : tensor<2x4xf32>
  }
}

// -----

!s = !quant.uniform<i8:f32, 5.0e-1:-3>

// A constant beside an activation is stored anew: -128 as 0, 127 as 255.
module attributes {limbeck.target = "x86-64"} {
  // CHECK-LABEL: @constant
  func.func @constant(%x: tensor<2xf32>) -> tensor<4xf32> {
    // CHECK: limbeck.const dense<[0, 255]> : tensor<2xui8>
    // CHECK-NOT: si8
    %c = limbeck.const dense<[-128, 127]> : tensor<2xsi8>
    %k = limbeck.storage_cast %c : (tensor<2xsi8>) -> tensor<2x!s>
    %q = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!s>
    // CHECK: limbeck.concat {{.*}} -> tensor<4x!quant.uniform<u8:f32, 5.000000e-01:125>>
    %0 = limbeck.concat %q, %k axis = 0 : (tensor<2x!s>, tensor<2x!s>) -> tensor<4x!s>
    %1 = limbeck.dequantize %0 : (tensor<4x!s>) -> tensor<4xf32>
    return %1 : tensor<4xf32>
  }
  // Alone it stays, as scales and biases do.
  // CHECK-LABEL: @alone
  func.func @alone() -> tensor<2xf32> {
    // CHECK: limbeck.const dense<[-128, 127]> : tensor<2xsi8>
    %c = limbeck.const dense<[-128, 127]> : tensor<2xsi8>
    %k = limbeck.storage_cast %c : (tensor<2xsi8>) -> tensor<2x!s>
    %0 = limbeck.dequantize %k : (tensor<2x!s>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
  // Both sides of a branch change together.
  // CHECK-LABEL: @branch
  func.func @branch(%p: i1, %x: tensor<2xf32>) -> tensor<2xf32> {
    // CHECK: scf.if %{{.*}} -> (tensor<2x!quant.uniform<u8:f32, 5.000000e-01:125>>)
    %0 = scf.if %p -> (tensor<2x!s>) {
      %1 = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!s>
      scf.yield %1 : tensor<2x!s>
    } else {
      %1 = limbeck.neg %x : (tensor<2xf32>) -> tensor<2xf32>
      %2 = limbeck.quantize %1 : (tensor<2xf32>) -> tensor<2x!s>
      scf.yield %2 : tensor<2x!s>
    }
    %3 = limbeck.dequantize %0 : (tensor<2x!s>) -> tensor<2xf32>
    return %3 : tensor<2xf32>
  }
}

// -----

!s = !quant.uniform<i8:f32, 5.0e-1:-3>
!p = !quant.uniform<i8:f32:0, {5.0e-1:-3, 1.0:4}>

module attributes {limbeck.target = "avx2"} {
  // What enters or leaves the function, also moved, and what is read as integers. What is computed from it changes.
  // CHECK-LABEL: @seen
  func.func @seen(%x: tensor<2x3x!s>) -> (tensor<3x2x!s>, tensor<2x3xsi8>, tensor<2x3xf32>) {
    // CHECK: limbeck.transpose {{.*}} -> tensor<3x2x!quant.uniform<i8:f32, 5.000000e-01:-3>>
    %0 = limbeck.transpose %x perm = [1, 0] : (tensor<2x3x!s>) -> tensor<3x2x!s>
    // CHECK: limbeck.relu {{.*}} -> tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01:-3>>
    %1 = limbeck.relu %x : (tensor<2x3x!s>) -> tensor<2x3x!s>
    %2 = limbeck.storage_cast %1 : (tensor<2x3x!s>) -> tensor<2x3xsi8>
    // CHECK: limbeck.neg {{.*}}i8:f32, 5.000000e-01:-3>>) -> tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01:125>>
    %3 = limbeck.neg %x : (tensor<2x3x!s>) -> tensor<2x3x!s>
    %4 = limbeck.dequantize %3 : (tensor<2x3x!s>) -> tensor<2x3xf32>
    return %0, %2, %4 : tensor<3x2x!s>, tensor<2x3xsi8>, tensor<2x3xf32>
  }
  // ONNX Runtime's formula rounds behind the zero point.
  // CHECK-LABEL: @qlinear
  func.func @qlinear(%x: tensor<2xf32>) -> tensor<2xf32> {
    // CHECK-NOT: u8
    %0 = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!s>
    %1 = limbeck.add %0, %0 arith = "ort_qlinear" : (tensor<2x!s>, tensor<2x!s>) -> tensor<2x!s>
    %2 = limbeck.dequantize %1 : (tensor<2x!s>) -> tensor<2xf32>
    return %2 : tensor<2xf32>
  }
  // "" is the formula of dequantize and quantize.
  // CHECK-LABEL: @dequantizing
  func.func @dequantizing(%x: tensor<2xf32>) -> tensor<2xf32> {
    // CHECK: limbeck.add {{.*}} -> tensor<2x!quant.uniform<u8:f32, 5.000000e-01:125>>
    %0 = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!s>
    %1 = limbeck.add %0, %0 arith = "" : (tensor<2x!s>, tensor<2x!s>) -> tensor<2x!s>
    %2 = limbeck.dequantize %1 : (tensor<2x!s>) -> tensor<2xf32>
    return %2 : tensor<2xf32>
  }
  // A right operand is multiplied as signed bytes; one that is a left one, too, changes.
  // CHECK-LABEL: @right
  func.func @right(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
    // CHECK: limbeck.matmul {{.*}}u8:f32, 5.000000e-01:125>>, tensor<3x3x!quant.uniform<i8:f32, 5.000000e-01:-3>>) -> tensor<3x3x!quant.uniform<u8
    // CHECK: limbeck.matmul {{.*}}u8:f32, 5.000000e-01:125>>, tensor<3x3x!quant.uniform<u8:f32, 5.000000e-01:125>>) -> tensor<3x3x!quant.uniform<u8
    %0 = limbeck.quantize %x : (tensor<3x3xf32>) -> tensor<3x3x!s>
    %1 = limbeck.neg %0 : (tensor<3x3x!s>) -> tensor<3x3x!s>
    %2 = limbeck.matmul %0, %1 : (tensor<3x3x!s>, tensor<3x3x!s>) -> tensor<3x3x!s>
    %3 = limbeck.matmul %0, %0 : (tensor<3x3x!s>, tensor<3x3x!s>) -> tensor<3x3x!s>
    %4 = limbeck.add %2, %3 : (tensor<3x3x!s>, tensor<3x3x!s>) -> tensor<3x3x!s>
    %5 = limbeck.dequantize %4 : (tensor<3x3x!s>) -> tensor<3x3xf32>
    return %5 : tensor<3x3xf32>
  }
  // One zero point for each slice.
  // CHECK-LABEL: @axis
  func.func @axis(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    // CHECK: limbeck.quantize {{.*}} -> tensor<2x3x!quant.uniform<u8:f32:0, {5.000000e-01:125,1.000000e+00:132}>>
    %0 = limbeck.quantize %x : (tensor<2x3xf32>) -> tensor<2x3x!p>
    %1 = limbeck.dequantize %0 : (tensor<2x3x!p>) -> tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
}

// -----

!s = !quant.uniform<i8:f32, 5.0e-1:-3>

// These products read bytes with a sign as they are.
module attributes {limbeck.target = "arm64-dotprod"} {
  // CHECK-LABEL: @arm64
  func.func @arm64(%x: tensor<2xf32>) -> tensor<2xf32> {
    // CHECK-NOT: u8
    %0 = limbeck.quantize %x : (tensor<2xf32>) -> tensor<2x!s>
    %1 = limbeck.dequantize %0 : (tensor<2x!s>) -> tensor<2xf32>
    return %1 : tensor<2xf32>
  }
}
