// A checked model becomes a module: the step from the LLVM-free importer to IR.
#pragma once
#include "limbeck/Import/Model.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace limbeck::graph {

/// On the function: the opset of ai.onnx that the model is written in.
inline constexpr llvm::StringLiteral kOpsetAttribute = "limbeck.opset";
/// On arguments and results: the name of each dimension that is open, "" where it has none. Absent where no dimension has one.
inline constexpr llvm::StringLiteral kSymbolsAttribute = "limbeck.symbols";

/// Builds `func.func @main` with the graph's inputs and outputs, named by the attribute `limbeck.name`. Each op has its ONNX
/// node as location. The module is verified; the dialects it needs are loaded into the context.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context,
                                                        const importer::Model &model);

} // namespace limbeck::graph
