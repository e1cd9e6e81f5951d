// The passes of stage Lower, in the order in which the pipeline runs them.
#ifndef LIMBECK_LOWER_PASSES
#define LIMBECK_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def StoreUnsignedPass : Pass<"limbeck-lower-store-unsigned", "::mlir::ModuleOp"> {
  let summary = "store signed activations as bytes without sign, where the target reads those";
  let description = [{
    What: a value of `!quant.uniform<i8:f32, s:z>` stands for the same reals as one of `!quant.uniform<u8:f32, s:z + 128>` whose bytes are
    128 more. The types of activations change from the one to the other, with bounds and zero points; constants among them are stored
    anew. Values that an op only moves keep one type with its results.

    Why a pass: instructions like `vpdpbusd` read inputs without sign, and a kernel would move each byte every time it is loaded.

    Input contract: `limbeck-verify-fuse` holds. The module attribute `limbeck.target` names the target.

    Output guarantee: `limbeck-verify-fuse` holds; results are the same, bit for bit. As they are stay weights, values that are nothing but
    constants, right operands of products of two activations (but for those that are a left one, too), what enters or leaves the function, storage casts and ops of
    `arith = "ort_qlinear"`, whose rounding depends on zero points. Where the target reads bytes with a sign, nothing changes.

    Example: test/Lower/store-unsigned.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def SplitSamplesPass : Pass<"limbeck-lower-split-samples", "::mlir::ModuleOp"> {
  let summary = "compute the samples of a batch one by one, where that costs less";
  let description = [{
    What: moves neighbouring regions, of which sample n of every result follows from sample n of the operands (`SampleOpInterface`, or
    that an op is element-wise or only moves elements), into one `limbeck.per_sample`, whose body computes one sample.

    Why a pass: a region that runs over all samples before the next begins sends its results through memory, and its workers meet
    behind it. A worker that takes a sample through many regions finds what it wrote in its own cache. Regions of much weight and few
    elements stay as they are, since their weights would be read once for each sample.

    Input contract: `limbeck-verify-fuse` holds; the module attribute `limbeck.target` names the target, whose caches count.

    Output guarantee: `limbeck-verify-fuse` holds; results are the same, bit for bit. What is not proven to keep samples apart is in
    no `per_sample`: unknown dimensions, branches, constants with an element for each sample, ops over all samples.

    Example: test/Lower/split-samples.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def LowerToKernelsPass : Pass<"limbeck-lower-to-kernels", "::mlir::ModuleOp"> {
  let summary = "write one kernel function per fusion region";
  let description = [{
    What: replaces each `limbeck.fused` by `limbeck.launch @kernel_N` and a private function over memrefs that computes the region:
    inputs, packed weights and tables, outputs, then the number of the worker and of all workers. Regions that only name their operand
    anew (reshape, storage_cast) become views and need no kernel. Results that leave the function or a branch are produced by a
    launch of their own.

    Why a pass: here a graph of tensors becomes code over buffers; everything before is independent of the target, everything behind knows
    nothing of ops.

    Input contract: `limbeck-verify-fuse` holds. The module attribute `limbeck.target` names the target.

    Output guarantee: the function holds only launches, constants, views and `scf.if`; each kernel has one-dimensional outermost
    `scf.forall` loops without results, whose iterations are independent.

    Example: test/Lower/lower-to-kernels.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def ShareLoopsPass : Pass<"limbeck-lower-share-loops", "::mlir::func::FuncOp"> {
  let summary = "give each worker its part of a kernel's outermost loops";
  let description = [{
    What: turns each outermost `scf.forall` of trip count T into an `scf.for` over [T*w/n, T*(w+1)/n) for worker w of n.

    Why a pass: emitters need not know how work is divided.

    Input contract: a private function whose last two arguments are the worker and the number of workers.

    Output guarantee: no `scf.forall` is left; the union of all workers' iterations is the whole loop, none twice.

    Example: test/Lower/share-loops.mlir
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def ShareKernelsPass : Pass<"limbeck-lower-share-kernels", "::mlir::ModuleOp"> {
  let summary = "keep one of several equal kernels";
  let description = [{
    What: kernels that differ in their names and locations only become the first of them, and all launches name it. Weights are operands
    of the launch, so layers of one shape share their code.

    Why a pass: what is equal can be told once kernels are simplified.

    Input contract: the output of limbeck-lower-to-kernels. Output guarantee: no two kernels are equal; each launch computes the same.

    Example: test/Lower/share-kernels.mlir
  }];
}

def PlanMemoryPass : Pass<"limbeck-lower-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "give every launched result a place";
  let description = [{
    What: sets the attribute `storage` of each launch (and of each `scf.if` with results): one number per result, the byte offset
    in the arena, or -1-k for output k of the function. Results whose lifetimes do not overlap share bytes. `limbeck.arena_bytes`
    on the function is the size of the arena, `limbeck.live_bytes` the most that lives at one time.

    Why a pass: kernels are written for buffers, not for addresses.

    Input contract: the output of limbeck-lower-to-kernels.

    Output guarantee: offsets are multiples of 64; two results that live at the same time never overlap.

    Example: test/Lower/plan-memory.mlir
  }];
}

def VerifyLowerPass : Pass<"limbeck-verify-lower", "::mlir::ModuleOp"> {
  let summary = "check what code generation relies on";
  let description = [{
    What: an error for each thing that code generation cannot take: an op of the graph that is no launch, constant, view or `scf.if`; a
    launch without storage; an unknown dimension; a kernel whose scratch is more than 1 MiB of stack. Each names what should have been done.

    Why a pass: the contract of stage Lower, in code.

    Input contract: none. Output guarantee: the module is unchanged.

    Example: test/Lower/verify-lower.mlir
  }];
}

#endif // LIMBECK_LOWER_PASSES
