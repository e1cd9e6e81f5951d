// The contract of the graph stage.
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace limbeck::graph {
#define GEN_PASS_DEF_VERIFYGRAPHPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

bool hasSource(mlir::Location location) {
  bool found = false;
  location->walk([&](mlir::Location part) {
    found |= mlir::isa<mlir::NameLoc, mlir::FileLineColLoc>(part);
    return mlir::WalkResult::advance();
  });
  return found;
}

llvm::LogicalResult verifyGraphOp(mlir::Operation *op) {
  static const llvm::StringSet<> allowed = {"builtin", "func", "limbeck", "scf", "tensor"};
  llvm::StringRef dialect = op->getName().getDialectNamespace();
  if (!allowed.contains(dialect))
    return op->emitOpError("expected only ops of limbeck, func, scf and tensor after the graph stage")
               .attachNote()
           << "`calib` and `distill` begin in later stages; other dialects are made by the lowering";
  if (mlir::isa<ReferenceOpInterface>(op) && !hasSource(op->getLoc()))
    return op->emitOpError("expected the location of a source node").attachNote()
           << "the importer names it; a pass that replaces an op passes its location on";
  return llvm::success();
}

struct VerifyGraphPass : impl::VerifyGraphPassBase<VerifyGraphPass> {
  void runOnOperation() override {
    if (!getOperation().lookupSymbol("main")) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    auto result =
        getOperation().walk([](mlir::Operation *op) { return mlir::WalkResult(verifyGraphOp(op)); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::graph
