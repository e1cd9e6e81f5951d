// The names that nodes and tensors have in the source, carried by locations.
//
// A location is the name of its node; nested in it are the names of the tensors that the op makes, one in another; and the
// operator of the node is the metadata of a fused location around it:
//   loc(fused<"Split">["split_1"("left"("right"))])
// A fused location without metadata stands for several nodes; the last of them makes the results.
#pragma once
#include "mlir/IR/Value.h"

namespace limbeck::graph {

/// Where an op comes from that makes these tensors. `operatorType` is that of the source: `Conv`, `com.microsoft.QGemm`.
mlir::Location sourceLocation(mlir::MLIRContext *context, llvm::StringRef node, llvm::StringRef operatorType,
                              llvm::ArrayRef<llvm::StringRef> tensors);

/// The nodes that a location stands for, each once, in order.
llvm::SmallVector<llvm::StringRef> nodeNames(mlir::Location location);
/// The operators of these nodes, each once, in order.
llvm::SmallVector<llvm::StringRef> operatorTypes(mlir::Location location);

/// The name of the tensor in the source; empty for what a pass made without one. Not unique: rewritten ops keep their location.
llvm::StringRef tensorName(mlir::Value value);

} // namespace limbeck::graph
