// The passes of stage Fuse, in the order in which the pipeline runs them.
#ifndef LIMBECK_FUSE_PASSES
#define LIMBECK_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def SplitConcatPass : Pass<"limbeck-fuse-split-concat"> {
  let summary = "make a concat of very many tensors a tree of smaller ones";
  let description = [{
    What: a `limbeck.concat` of more than 64 operands becomes one of concats of 64 each, again and again.

    Why a pass: the kernel of a concat has a loop for each operand, and the time to compile one grows faster than its size.

    Input contract: `limbeck-verify-layout` holds. Output guarantee: it holds still, and no concat has more than 64 operands.

    Example: test/Fuse/split-concat.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def SplitBordersPass : Pass<"limbeck-fuse-split-borders"> {
  let summary = "put the border of a concat around its operands";
  let description = [{
    What: a constant `limbeck.pad` of zeros behind a `limbeck.concat` becomes one in front of it for each operand, where each is computed by
    a kernel that can write its part of the border, and the pad leaves the axis of the concat as it is.

    Why a pass: a concat has no kernel that could write a border once its operands are joined in place.

    Input contract: `limbeck-verify-layout` holds. Output guarantee: it holds still; results are the same, bit for bit.

    Example: test/Fuse/split-borders.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def FormFusionsPass : Pass<"limbeck-fuse-form-fusions"> {
  let summary = "group ops into regions that become one kernel each";
  let description = [{
    What: puts every op into a `limbeck.fused` region. A region is built around at most one *core*, an op that is not pointwise; pointwise
    ops of the core's shape that follow it join its region, other pointwise ops join each other, as long as no value in between is needed
    elsewhere. A batch normalization over the innermost dimension is one of them, since its parameters broadcast. A cast of f16 or bf16 to f32 is repeated for each op that reads it, and joins that op's region. Nothing is fused in front
    of a core, and no region holds more than 128 ops. A reshape is a view of its operand and stays alone, but for storage casts.
    A border of zeros (a constant `pad` that crops nothing) joins the region whose result it surrounds, which yields that result, too, where
    it is used without the border.

    Why a pass: regions are what the rest of the compiler sees. Which ops share a kernel depends on the graph only, never on the target.

    Input contract: `limbeck-verify-layout` holds. Output guarantee: `limbeck-verify-fuse` holds; results are the same, bit for bit.
    Constants, and storage casts of them, stay outside and are operands of the regions.

    Example: test/Fuse/form-fusions.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def JoinAttentionPass : Pass<"limbeck-fuse-join-attention"> {
  let summary = "let two matrix products and the softmax between them share a kernel";
  let description = [{
    What: a region around a matrix product whose left operand comes from a region around a softmax over the last dimension, which comes
    from a region around a matrix product, becomes one region with both, where nothing else reads what is in between. So do transposes of
    the operands whose rows or columns stay runs of memory, and a transpose of the result that leaves its rows whole. Each op
    stays, and so does each rounding. Where it does not pay (fewer than 8 rows of queries; keys and values of one head that a worker cannot
    keep packed in 384 KiB) or cannot be, a remark `kept-scores` gives the reason, which `plan` prints.

    Why a pass: it decides on regions, so it runs behind `limbeck-fuse-form-fusions`.

    Input contract: every op is in a region. Output guarantee: `limbeck-verify-fuse` holds; results are the same, bit for bit.

    Example: test/Fuse/join-attention.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def JoinConcatsPass : Pass<"limbeck-fuse-join-concats"> {
  let summary = "let the operands of a concat be written behind one another";
  let description = [{
    What: a region that holds a `limbeck.concat` alone becomes the concat itself, outside of any region, where each operand is computed by a
    region. Its operands are then windows of its buffer, and nothing is copied. An operand that is used elsewhere as well becomes two results
    of its region. A concat that stays gives a remark `kept-copy` with the reason, which `plan` prints.

    Why a pass: it decides on regions, so it runs behind `limbeck-fuse-form-fusions`.

    Input contract: every op is in a region. Output guarantee: `limbeck-verify-fuse` holds; results are the same, bit for bit.

    Example: test/Fuse/join-concats.mlir
  }];
  let dependentDialects = ["::limbeck::graph::LimbeckDialect"];
}

def VerifyFusePass : Pass<"limbeck-verify-fuse"> {
  let summary = "check that a module may leave stage Fuse";
  let description = [{
    What: an error for each compute op outside a region, and for each region that a kernel could not be written for: more than one core that is no attention,
    a core with an op in front of it, several shapes, a border inside, or results that are not the core's in order.

    Why a pass: the contract of the stage, in code.

    Input contract: none. Output guarantee: the module is unchanged.

    Example: test/Fuse/verify-fuse.mlir
  }];
}

#endif // LIMBECK_FUSE_PASSES
