// Ops without a definition in lib/Reference: constants, fusion regions, and calls of compiled kernels.
#ifndef LIMBECK_GRAPH_IR_STRUCTURE_OPS
#define LIMBECK_GRAPH_IR_STRUCTURE_OPS

include "limbeck/Graph/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Limbeck_ConstOp : Op<Limbeck_Dialect, "const", [ConstantLike, Pure, AllTypesMatch<["value", "result"]>]> {
  let summary = "hold a tensor known at compile time";
  let description = [{
    Up to 4 KiB the value is a `dense` attribute, above it a `dense_resource` whose key is a hash of the content, so that equal
    weights are stored once and names are reproducible. Values of 4 bits are packed two in a byte, low half first.
    A quantized constant is a plain one followed by `limbeck.storage_cast`.

    Constraints:

    - (const_c1) the type is one of the dialect: of f16, bf16, f32, f64, i1 or integers with signedness, without encoding
    - (const_c2) a resource that is present has exactly the bytes of the type

    Example:

    ```mlir
    %c = limbeck.const dense<[1.0, 2.0]> : tensor<2xf32>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Limbeck_PlainTensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Limbeck_FusedOp : Op<Limbeck_Dialect, "fused",
    [IsolatedFromAbove, SingleBlockImplicitTerminator<"::limbeck::graph::YieldOp">, RecursiveMemoryEffects]> {
  let summary = "group ops that become one kernel";
  let description = [{
    The region computes what its ops compute: fusing changes no value. Operands are the arguments of its block, `kind` names
    what the group is built around.

    Constraints:

    - (fused_c1) the block has one argument per operand, of the same type
    - (fused_c2) the region yields one value per result, of the same type

    Example:

    ```mlir
    %y = limbeck.fused %x kind = "elementwise" : (tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xf32>):
      %0 = limbeck.relu %a : (tensor<2xf32>) -> tensor<2xf32>
      limbeck.yield %0 : tensor<2xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Limbeck_Tensor>:$inputs, Limbeck_String:$kind);
  let results = (outs Variadic<Limbeck_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    operands `kind` `=` $kind attr-dict `:` functional-type(operands, results) $body
  }];
  let hasRegionVerifier = 1;
}

def Limbeck_PerSampleOp : Op<Limbeck_Dialect, "per_sample",
    [SingleBlockImplicitTerminator<"::limbeck::graph::YieldOp">, RecursiveMemoryEffects]> {
  let summary = "compute the samples of a batch one by one";
  let description = [{
    The region computes slice n, along dimension 0, of each result from slices n of the operands, for every n. What all samples
    share, weights above all, it takes from outside. What it computes in between exists for one sample at a time, so that it stays in
    the cache of the core that computes it.

    Constraints:

    - (per_sample_c1) operands and results have rank 1 or more, static shapes and the same dimension 0, at least 2
    - (per_sample_c2) the block has one argument per operand, of its type with a dimension 0 of 1
    - (per_sample_c3) the region yields one value per result, of its type with a dimension 0 of 1

    Example:

    ```mlir
    %y = limbeck.per_sample %x : (tensor<8x3xf32>) -> tensor<8x3xf32> {
    ^bb0(%a: tensor<1x3xf32>):
      %0 = limbeck.relu %a : (tensor<1x3xf32>) -> tensor<1x3xf32>
      limbeck.yield %0 : tensor<1x3xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Limbeck_Tensor>:$inputs);
  let results = (outs Variadic<Limbeck_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results) $body";
  let extraClassDeclaration = [{
    /// How many samples there are.
    int64_t getSamples() { return ::llvm::cast<::mlir::RankedTensorType>(getInputs().front().getType()).getDimSize(0); }
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Limbeck_YieldOp : Op<Limbeck_Dialect, "yield",
    [Pure, Terminator, ReturnLike, ParentOneOf<["::limbeck::graph::FusedOp", "::limbeck::graph::PerSampleOp"]>]> {
  let summary = "give the results of a region";
  let description = [{
    ```mlir
    limbeck.yield %0 : tensor<2xf32>
    ```
  }];
  let arguments = (ins Variadic<Limbeck_Tensor>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Limbeck_LaunchOp : Op<Limbeck_Dialect, "launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "run a compiled kernel";
  let description = [{
    Stands for a fusion region after its body moved into a kernel function over buffers. The graph keeps tensors.

    Constraints:

    - (launch_c1) `kernel` names a function

    Example:

    ```mlir
    %y = limbeck.launch @kernel_0(%x) : (tensor<2xf32>) -> tensor<2xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Limbeck_Tensor>:$inputs);
  let results = (outs Variadic<Limbeck_Tensor>:$outputs);
  let assemblyFormat = "$kernel `(` operands `)` attr-dict `:` functional-type(operands, results)";
}

#endif // LIMBECK_GRAPH_IR_STRUCTURE_OPS
