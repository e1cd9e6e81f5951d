// Passes of stage Layout.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::layout {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Layout/Passes.h.inc"

} // namespace limbeck::layout
