// Passes of stage Lower.
#pragma once
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::lower {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Lower/Passes.h.inc"

} // namespace limbeck::lower
