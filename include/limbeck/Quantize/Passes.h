// Passes of stage Quantize.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::quantize {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Quantize/Passes.h.inc"

} // namespace limbeck::quantize
