// Weights that no integers can stand for are named, not the samples that meet them.
// RUN: not limbeck-opt %s -split-input-file --limbeck-quantize-insert-observers 2>&1 | FileCheck %s

// CHECK: [E-DTYPE] expected finite weights, found NaN or infinity in 'w'; a rule with quantize: none leaves the node in float
func.func @main(%x: tensor<2x2xf32> loc("x")) -> tensor<2x2xf32> {
  %w = limbeck.const dense<[[0.5, 0x7F800000], [0.5, 0.5]]> : tensor<2x2xf32> loc("w")
  %y = limbeck.matmul %x, %w : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32> loc(fused<"MatMul">["first"("y")])
  return %y : tensor<2x2xf32>
}

// -----

// CHECK: expected finite weights, found NaN or infinity in 'b'
func.func @main(%x: tensor<2x2xf32> loc("x")) -> tensor<2x2xf32> {
  %w = limbeck.const dense<0.5> : tensor<2x2xf32> loc("w")
  %b = limbeck.const dense<[0.5, 0x7FC00000]> : tensor<2xf32> loc("b")
  %y = limbeck.matmul %x, %w, %b : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32> loc(fused<"Gemm">["first"("y")])
  return %y : tensor<2x2xf32>
}
