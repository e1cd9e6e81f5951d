// A module that a session changed, compiled for this machine.
#pragma once
#include "limbeck/Runtime/Model.h"
#include "limbeck/Session/Progress.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::session {

struct ModuleOptions {
  int threads = 0;
  bool worker = true;
};

/// Runs a module behind stage Graph through the stages from Quantize on. Errors of compilation.
Expected<std::shared_ptr<const runtime::Model>> compileModule(mlir::ModuleOp module, ModuleOptions options,
                                                              const Progress &progress);

} // namespace limbeck::session
