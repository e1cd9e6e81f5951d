// The oracle: runs a module with lib/Reference, before and after any pass up to the lowering.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Tensor/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace limbeck::graph {

/// Sees each result of each op as soon as it is computed; a quantized one as stored.
using Observer = llvm::function_ref<void(mlir::OpResult, const Tensor &)>;

/// Runs a function. Inputs must fit the argument types (E-ARITY, E-DTYPE, E-SHAPE; unknown dimensions take any size); quantized
/// arguments and results are passed as stored. Every value is freed after its last use; `limits.runBytes` bounds those alive
/// (E-LIMIT-MEM), `limits.depth` the nesting of calls (E-RECURSION).
Expected<std::vector<Tensor>> interpret(mlir::func::FuncOp function, std::span<const Tensor> inputs,
                                        const Limits &limits, Observer observer = nullptr);
/// Runs `@main`.
Expected<std::vector<Tensor>> interpret(mlir::ModuleOp module, std::span<const Tensor> inputs,
                                        const Limits &limits, Observer observer = nullptr);

} // namespace limbeck::graph
