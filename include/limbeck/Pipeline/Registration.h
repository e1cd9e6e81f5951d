// What every developer tool registers: the dialects of the project and of its stages, and all passes.
#pragma once
#include "mlir/IR/DialectRegistry.h"

namespace limbeck::pipeline {

void registerAllDialects(mlir::DialectRegistry &registry);
/// Passes, the pipelines of the stages, and the targets that stage Lower finds by name.
void registerAllPasses();
/// Leaves the options that LLVM's libraries bring along out of --help; --help-hidden still lists them. Comes before
/// anything of ours is registered.
void hideForeignOptions();

} // namespace limbeck::pipeline
