// Passes of stage Fuse.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::fuse {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Fuse/Passes.h.inc"

} // namespace limbeck::fuse
