// What the default recipe quantizes, and what it observes.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-insert-observers | FileCheck %s

// A contraction is quantized for its own sake: what it reads is observed. Nobody reads its result in integers, so that stays as it is.
// CHECK-LABEL: module @contraction
// CHECK: calib.stat @x method = "avg-minmax" storage = ui8 rule = "quantize 0"
// CHECK-NOT: calib.stat
// CHECK: %[[X:.*]] = calib.observe %{{.*}} stat = @x
// CHECK: limbeck.matmul %[[X]], %{{.*}} {calib.decision = {{.*}}granularity = "channel"{{.*}}quantize = "static"{{.*}}weights = "s8"
// CHECK-NOT: calib.observe
module @contraction {
  func.func @main(%x: tensor<4x8xf32> loc("x")) -> tensor<4x16xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x16xf32>
    %y = limbeck.matmul %x, %w : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32> loc(fused<"MatMul">["first"("y")])
    return %y : tensor<4x16xf32>
  }
}

// -----

// Inside a chain over one tensor nothing is observed; a relu directly behind a contraction becomes its range. A transpose only moves.
// CHECK-LABEL: module @chain
// CHECK: limbeck.matmul
// CHECK-NEXT: calib.observe %{{.*}} stat = @y
// CHECK-NEXT: limbeck.sigmoid
// CHECK-NEXT: limbeck.mul
// CHECK-NEXT: calib.observe %{{.*}} stat = @swish
// CHECK-NEXT: limbeck.transpose
// CHECK-NEXT: limbeck.matmul
// CHECK-NEXT: limbeck.relu
// CHECK-NEXT: calib.observe %{{.*}} stat = @r
// CHECK-NEXT: limbeck.matmul
// CHECK-NEXT: return
module @chain {
  func.func @main(%x: tensor<8x8xf32> loc("x")) -> tensor<8x8xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x8xf32>
    %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["first"("y")])
    %s = limbeck.sigmoid %y : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Sigmoid">["gate"("s")])
    %m = limbeck.mul %y, %s arith = "" : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Mul">["gated"("swish")])
    %t = limbeck.transpose %m perm = [1, 0] : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Transpose">["turn"("t")])
    %z = limbeck.matmul %t, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Gemm">["second"("z")])
    %r = limbeck.relu %z : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Relu">["cut"("r")])
    %o = limbeck.matmul %r, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Gemm">["third"("o")])
    return %o : tensor<8x8xf32>
  }
}

// -----

// A sum whose other operand is float, or whose result nobody reads in integers, stays float.
// CHECK-LABEL: module @islands
// CHECK: limbeck.matmul
// CHECK-NEXT: limbeck.softmax
// CHECK-NEXT: limbeck.add
// CHECK-NEXT: return
module @islands {
  func.func @main(%x: tensor<8x8xf32> loc("x")) -> tensor<8x8xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x8xf32>
    %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["first"("y")])
    %p = limbeck.softmax %y axis = 1 : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Softmax">["norm"("p")])
    %s = limbeck.add %y, %p arith = "" : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Add">["sum"("s")])
    return %s : tensor<8x8xf32>
  }
}

// -----

// Parts of a concatenation take its parameters.
// CHECK-LABEL: module @parts
// CHECK-DAG: calib.stat @a method = "avg-minmax" storage = ui8 like = @both
// CHECK-DAG: calib.stat @b method = "avg-minmax" storage = ui8 like = @both
// CHECK-DAG: calib.stat @both method = "avg-minmax" storage = ui8 rule
module @parts {
  func.func @main(%x: tensor<8x8xf32> loc("x")) -> tensor<8x8xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x4xf32>
    %v = limbeck.const dense<0.5> : tensor<8x8xf32>
    %a = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> loc(fused<"MatMul">["first"("a")])
    %b = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x4xf32> loc(fused<"MatMul">["second"("b")])
    %c = limbeck.concat %a, %b axis = 1 : (tensor<8x4xf32>, tensor<8x4xf32>) -> tensor<8x8xf32> loc(fused<"Concat">["join"("both")])
    %o = limbeck.matmul %c, %v : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["third"("o")])
    return %o : tensor<8x8xf32>
  }
}

// -----

// Biases that are corrected by means of inputs, and by runs: what the decision names is observed, without being stored.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-insert-observers=recipe=%S/Inputs/correct-bias.yaml | FileCheck %s --check-prefix=BIAS
// BIAS-LABEL: module @biases
// BIAS-DAG: calib.stat @x method = "avg-minmax" storage = ui8
// BIAS-DAG: calib.stat @y method = "minmax"{{$}}
// BIAS-DAG: calib.stat @t method = "minmax"{{$}}
// BIAS: %[[X:.*]] = calib.observe %{{.*}} stat = @x
// BIAS: %[[Y:.*]] = limbeck.matmul %[[X]], %{{.*}} {calib.decision = {{.*}}correct_bias = "runs"{{.*}}result = "y"
// BIAS: calib.observe %[[Y]] stat = @y
// BIAS: limbeck.relu
// BIAS: calib.observe %{{.*}} stat = @r
// BIAS: %[[T:.*]] = limbeck.transpose
// BIAS: %[[I:.*]] = calib.observe %[[T]] stat = @t
// BIAS: limbeck.matmul %[[I]], %{{.*}} {calib.decision = {{.*}}correct_bias = "means"{{.*}}input = "t"
module @biases {
  func.func @main(%x: tensor<8x8xf32> loc("x")) -> tensor<8x8xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x8xf32>
    %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["first"("y")])
    %r = limbeck.relu %y : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Relu">["cut"("r")])
    %t = limbeck.transpose %r perm = [1, 0] : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Transpose">["turn"("t")])
    %z = limbeck.matmul %t, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Gemm">["second"("z")])
    return %z : tensor<8x8xf32>
  }
}

// -----

// Weights that are rounded by what they meet: the input is observed, stays as it is, and the decision names it.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-insert-observers=recipe=%S/Inputs/gptq.yaml | FileCheck %s --check-prefix=GPTQ
// GPTQ-LABEL: module @by_gram
// GPTQ: calib.stat @x method = "minmax"
// GPTQ-NOT: storage
// GPTQ: %[[X:.*]] = calib.observe %{{.*}} stat = @x
// GPTQ: limbeck.matmul %[[X]], %{{.*}} {calib.decision = {{.*}}input = "x"{{.*}}quantize = "weights"
module @by_gram {
  func.func @main(%x: tensor<4x8xf32> loc("x")) -> tensor<4x16xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x16xf32>
    %y = limbeck.matmul %x, %w : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32> loc(fused<"MatMul">["first"("y")])
    return %y : tensor<4x16xf32>
  }
}

// -----

// What a branch computes has no statistics: its first product reads what is outside of it, the second one stays float.
// CHECK-LABEL: module @branch
// CHECK: calib.stat @x
// CHECK-NOT: calib.stat
// CHECK: calib.observe %{{.*}} stat = @x
// CHECK: scf.if
// CHECK: limbeck.matmul {{.*}} {calib.decision
// CHECK: limbeck.relu
// CHECK-NEXT: limbeck.matmul %{{[^{]*}} : (
module @branch {
  func.func @main(%x: tensor<8x8xf32> loc("x"), %c: tensor<i1> loc("c")) -> tensor<8x8xf32> {
    %w = limbeck.const dense<0.5> : tensor<8x8xf32>
    %which = tensor.extract %c[] : tensor<i1>
    %o = scf.if %which -> (tensor<8x8xf32>) {
      %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["first"("y")])
      %r = limbeck.relu %y : (tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"Relu">["cut"("r")])
      %z = limbeck.matmul %r, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["second"("z")])
      scf.yield %z : tensor<8x8xf32>
    } else {
      scf.yield %x : tensor<8x8xf32>
    }
    return %o : tensor<8x8xf32>
  }
}

// -----

// A rule for the node that reads a tensor last is one for the tensor, as is one for the first; a rule that comes later wins.
// RUN: limbeck-opt %s -split-input-file --limbeck-quantize-insert-observers=recipe=%S/Inputs/readers.yaml 2>/dev/null | FileCheck %s --check-prefix=READERS
// READERS-LABEL: module @readers
// READERS: calib.stat @x method = "entropy" storage = si8 rule = "activations 4, method 3, quantize 0"
module @readers {
  func.func @main(%x: tensor<8x8xf32> loc("x")) -> (tensor<8x8xf32>, tensor<8x8xf32>) {
    %w = limbeck.const dense<0.5> : tensor<8x8xf32>
    %y = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["one"("y")])
    %z = limbeck.matmul %x, %w : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32> loc(fused<"MatMul">["two"("z")])
    return %y, %z : tensor<8x8xf32>, tensor<8x8xf32>
  }
}
