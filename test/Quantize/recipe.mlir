// Rules of a file come behind the default ones: the last that fits wins.
// RUN: limbeck-opt %s --limbeck-quantize-insert-observers=recipe=%S/Inputs/recipe.yaml | FileCheck %s
// RUN: echo 'version: 1' > %t.yaml
// RUN: echo 'rules: [{op: MatMul, metod: mse}]' >> %t.yaml
// RUN: not limbeck-opt %s --limbeck-quantize-insert-observers=recipe=%t.yaml 2>&1 | FileCheck %s --check-prefix=KEY
// RUN: echo 'version: 1' > %t.yaml
// RUN: echo 'rules: [{op: MaxPool, method: mse}]' >> %t.yaml
// RUN: limbeck-opt %s --limbeck-quantize-insert-observers=recipe=%t.yaml 2>&1 | FileCheck %s --check-prefix=UNUSED

// CHECK: calib.stat @x method = "percentile" percentile = 9.950000e+01 storage = si8 symmetric
// CHECK-SAME: rule = "activations 3, granularity 4, method 3, percentile 3, quantize 0, symmetric 3"
// CHECK: limbeck.matmul {{.*}}granularity = "tensor"
// CHECK: limbeck.matmul
// CHECK-NOT: calib.decision

// KEY: unknown key 'metod'; the nearest key is 'method'
// UNUSED: warning: rule 1 matches nothing in this model: op: [MaxPool]
func.func @main(%x: tensor<8x8xf32> loc("x")) -> tensor<8x8xf32> {
  %w = limbeck.const dense<0.5> : tensor<8x8xf32>
  %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["body"("y")])
  %z = limbeck.matmul %y, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["head"("z")])
  return %z : tensor<8x8xf32>
}
