// Kernels that are equal but for their names become one.
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Lower/Passes.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_SHAREKERNELSPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

/// Equal for kernels that do the same.
static llvm::hash_code hashOf(func::FuncOp kernel) {
  llvm::hash_code hash = hash_value(kernel.getFunctionType());
  kernel.getBody().walk([&](Operation *op) {
    hash =
        llvm::hash_combine(hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                                   OperationEquivalence::ignoreHashValue,
                                                                   OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

static bool doTheSame(func::FuncOp a, func::FuncOp b) {
  return a.getFunctionType() == b.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

namespace {
struct ShareKernels : impl::ShareKernelsPassBase<ShareKernels> {
  void runOnOperation() override {
    std::unordered_map<size_t, SmallVector<func::FuncOp, 1>> kept; // by hash
    DenseMap<StringAttr, StringAttr> replacement;
    for (func::FuncOp kernel : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (!kernel.isPrivate() || kernel.isExternal())
        continue;
      SmallVector<func::FuncOp, 1> &candidates = kept[hashOf(kernel)];
      auto *same = llvm::find_if(candidates, [&](func::FuncOp other) { return doTheSame(kernel, other); });
      if (same == candidates.end()) {
        candidates.push_back(kernel);
        continue;
      }
      replacement[kernel.getSymNameAttr()] = same->getSymNameAttr();
      kernel.erase();
    }
    getOperation().walk([&](graph::LaunchOp launch) {
      if (StringAttr name = replacement.lookup(launch.getKernelAttr().getAttr()))
        launch.setKernelAttr(FlatSymbolRefAttr::get(name));
    });
  }
};
} // namespace

} // namespace limbeck::lower
