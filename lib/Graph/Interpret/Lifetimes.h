// When each value of a function is used for the last time.
#pragma once
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

namespace limbeck::graph {

/// For each op, the values of its block that nothing after it needs. A use inside a region counts for the op that holds the
/// region. Values that are never used end with the op that defines them; unused block arguments with the first op.
class Lifetimes {
public:
  explicit Lifetimes(mlir::Operation *root);
  llvm::ArrayRef<mlir::Value> endingAt(mlir::Operation *op) const;

private:
  void add(mlir::Value value, mlir::Block *block, mlir::Operation *definition);
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value, 2>> ending;
};

} // namespace limbeck::graph
