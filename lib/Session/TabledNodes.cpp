// Asks what kernels ask: which chain ends in an op that yields bytes.
#include "TabledNodes.h"
#include "Compiler.h"
#include "limbeck/Lower/ByteChains.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallPtrSet.h"
#include <algorithm>

namespace limbeck::session {

TabledNodes::TabledNodes(mlir::ModuleOp fused) {
  fused.walk([&](graph::FusedOp region) { look(region); });
}

void TabledNodes::look(graph::FusedOp region) {
  llvm::SmallPtrSet<mlir::Operation *, 16> tabled;
  // From the last op on: the longest chains come first, and what is inside of one is no chain of its own.
  for (mlir::Operation &op : llvm::reverse(region.getBody().front().without_terminator()))
    if (op.getNumResults() == 1 && !tabled.contains(&op))
      if (std::optional<lower::ByteChain> chain = lower::byteChainOf(region, &op))
        tabled.insert(chain->ops.begin(), chain->ops.end());
  for (mlir::Operation &op : region.getBody().front().without_terminator()) {
    bool yieldsFloat = llvm::any_of(op.getResultTypes(), [](mlir::Type type) {
      return llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(type));
    });
    if (bool inside = tabled.contains(&op); inside || yieldsFloat)
      for (const std::string &node : sourceNodes(op.getLoc()))
        (inside ? inTables : outside).insert(node);
  }
}

bool TabledNodes::contain(const std::vector<std::string> &nodes) const {
  return !nodes.empty() && std::ranges::all_of(nodes, [&](const std::string &node) {
    return inTables.contains(node) && !outside.contains(node);
  });
}

} // namespace limbeck::session
