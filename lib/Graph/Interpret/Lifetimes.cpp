// One walk over a function finds the last user of every value.
#include "Lifetimes.h"
#include "mlir/IR/Block.h"
#include "mlir/IR/Region.h"

namespace limbeck::graph {

Lifetimes::Lifetimes(mlir::Operation *root) {
  root->walk([&](mlir::Operation *op) {
    for (mlir::Value result : op->getResults())
      add(result, op->getBlock(), op);
    for (mlir::Region &region : op->getRegions())
      for (mlir::Block &block : region)
        for (mlir::Value argument : block.getArguments())
          add(argument, &block, &block.front());
  });
}

void Lifetimes::add(mlir::Value value, mlir::Block *block, mlir::Operation *definition) {
  mlir::Operation *last = definition;
  for (mlir::Operation *user : value.getUsers())
    if (mlir::Operation *ancestor = block->findAncestorOpInBlock(*user); last->isBeforeInBlock(ancestor))
      last = ancestor;
  ending[last].push_back(value);
}

llvm::ArrayRef<mlir::Value> Lifetimes::endingAt(mlir::Operation *op) const {
  auto found = ending.find(op);
  return found == ending.end() ? llvm::ArrayRef<mlir::Value>() : llvm::ArrayRef<mlir::Value>(found->second);
}

} // namespace limbeck::graph
