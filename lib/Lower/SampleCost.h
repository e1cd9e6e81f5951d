// Which parts of a run of samples are computed sample by sample.
#pragma once
#include "SampleRuns.h"
#include "limbeck/Lower/Target.h"

namespace limbeck::lower {

using SampleParts = llvm::ArrayRef<llvm::SmallVector<mlir::Operation *>>;

/// Neighbouring parts of `run` that take less time sample by sample than each over all samples, in order.
std::vector<SampleParts> worthSplitting(const SampleRun &run, const Caches &caches);

} // namespace limbeck::lower
