// MLIR's own reducer only erases ops, and what uses their results is invalid then. This pass leaves a value in the place of an op: an
// earlier one of the same type, or zeros. What nothing uses any more goes as well.
#include "limbeck/Pipeline/Reduction.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Reducer/Tester.h"
#include "llvm/Support/FileSystem.h"

namespace limbeck::pipeline {

/// An op of the graph that computes one value.
static bool isReducible(mlir::Operation *op) {
  return llvm::isa_and_present<graph::LimbeckDialect>(op->getDialect()) && op->getNumResults() == 1 &&
         !op->hasTrait<mlir::OpTrait::ConstantLike>();
}

/// The last value of the same type that was computed before, or came in.
static mlir::Value earlierValue(mlir::Operation *op) {
  mlir::Type type = op->getResult(0).getType();
  for (mlir::Operation *before = op->getPrevNode(); before; before = before->getPrevNode())
    for (mlir::Value result : before->getResults())
      if (result.getType() == type)
        return result;
  for (mlir::Value argument : op->getBlock()->getArguments())
    if (argument.getType() == type)
      return argument;
  return {};
}

static mlir::Value zeros(mlir::Operation *op) {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(op->getResult(0).getType());
  if (!type || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
    return {};
  mlir::OpBuilder builder(op);
  auto value = mlir::DenseElementsAttr::get(type, builder.getZeroAttr(type.getElementType()));
  return graph::ConstOp::create(builder, op->getLoc(), value);
}

static std::vector<mlir::Operation *> opsOf(mlir::ModuleOp module) {
  std::vector<mlir::Operation *> ops;
  module.walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) { ops.push_back(op); });
  return ops;
}

static void eraseUnused(mlir::ModuleOp module) {
  std::vector<mlir::Operation *> ops = opsOf(module);
  // Users come behind what they use, and what is nested behind what holds it.
  for (auto op = ops.rbegin(); op != ops.rend(); ++op)
    if (mlir::isOpTriviallyDead(*op))
      (*op)->erase();
}

namespace {
struct DropOps : mlir::PassWrapper<DropOps, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropOps)
  DropOps() = default;
  DropOps(const DropOps &) {}
  llvm::StringRef getArgument() const override { return "limbeck-drop-ops"; }
  llvm::StringRef getDescription() const override {
    return "Replace ops by earlier values or zeros as long as a script finds the module interesting";
  }

  Option<std::string> test{*this, "test",
                           llvm::cl::desc("A program that takes a file of IR and exits with 1 when it is "
                                          "interesting, else with 0")};

  void runOnOperation() override {
    mlir::ModuleOp module = getOperation();
    if (!llvm::sys::fs::can_execute(test)) {
      module.emitError("expected test=SCRIPT to name a program, found '") << test << "'";
      return signalPassFailure();
    }
    if (!isInteresting(module)) {
      module.emitError("expected '") << test
                                     << "' to exit with 1 for the module as it is, found another code";
      return signalPassFailure();
    }
    while (dropSome(module))
      continue;
  }

private:
  bool isInteresting(mlir::ModuleOp module) const {
    return mlir::Tester(test, {}).isInteresting(module).first == mlir::Tester::Interestingness::True;
  }

  /// Puts what `replace` finds in the place of one op of a copy; the copy takes over when it is interesting.
  bool drop(mlir::ModuleOp module, size_t index, mlir::Value (*replace)(mlir::Operation *)) const {
    mlir::OwningOpRef<mlir::ModuleOp> candidate = module.clone();
    std::vector<mlir::Operation *> ops = opsOf(*candidate);
    if (index >= ops.size() || !isReducible(ops[index]))
      return false;
    mlir::Value replacement = replace(ops[index]);
    if (!replacement)
      return false;
    ops[index]->getResult(0).replaceAllUsesWith(replacement);
    ops[index]->erase();
    eraseUnused(*candidate);
    if (mlir::failed(mlir::verify(*candidate)) || !isInteresting(*candidate))
      return false;
    module.getBodyRegion().takeBody(candidate->getBodyRegion());
    return true;
  }

  /// Tries every op once, the last first; true when one was dropped.
  bool dropSome(mlir::ModuleOp module) const {
    bool dropped = false;
    for (size_t i = opsOf(module).size(); i-- > 0;)
      dropped |= drop(module, i, earlierValue) || drop(module, i, zeros);
    return dropped;
  }
};
} // namespace

void registerReductionPass() {
  mlir::PassRegistration<DropOps>();
}

} // namespace limbeck::pipeline
