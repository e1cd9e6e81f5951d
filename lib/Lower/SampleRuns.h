// Which neighbouring regions of a graph treat the samples of a batch by themselves.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseSet.h"

namespace limbeck::lower {

/// Regions and joined concats, one behind the other but for constants, whose samples do not meet.
struct SampleRun {
  int64_t samples = 0;
  /// In order. The ops of one part are neighbours that cannot be told apart: what writes a joined concat, and the concat.
  llvm::SmallVector<llvm::SmallVector<mlir::Operation *>> parts;
};

/// The longest runs in the body of a function, in order.
std::vector<SampleRun> findSampleRuns(mlir::func::FuncOp graph);

/// Whether an operand of an op in a run of so many samples is one of theirs: the others are what all samples share.
bool variesWithSample(mlir::Value operand, int64_t samples);
/// The values inside a region that vary with the sample; nothing where one of its results does not follow from operands of its own
/// sample.
std::optional<llvm::DenseSet<mlir::Value>> valuesOfSamples(graph::FusedOp region, int64_t samples);
/// Whether the op is a region for which a kernel is written: no concat, nor views only.
bool needsKernel(mlir::Operation *op);
/// Whether the op is a constant, or one under another type: it has no place in the order of a run.
bool isConstant(mlir::Operation *op);

} // namespace limbeck::lower
