// Passes on the imported graph, before quantization.
#pragma once
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::graph {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Graph/Transforms/Passes.h.inc"

} // namespace limbeck::graph
