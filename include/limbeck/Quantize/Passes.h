// Passes of stage Quantize.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::quantize {

/// Name of the module attribute (a string) that holds what convolutions and matrix products of floats read: "bf16". Without it, f32.
inline constexpr llvm::StringLiteral kPrecisionAttribute = "limbeck.precision";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Quantize/Passes.h.inc"

} // namespace limbeck::quantize
