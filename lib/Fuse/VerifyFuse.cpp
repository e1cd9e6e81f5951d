// The contract of stage Fuse.
#include "Regions.h"
#include "limbeck/Fuse/Attention.h"
#include "limbeck/Fuse/Passes.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_VERIFYFUSEPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

llvm::LogicalResult report(mlir::Operation *op, const llvm::Twine &message) {
  op->emitOpError(message).attachNote() << "run limbeck-fuse-form-fusions before the end of stage Fuse";
  return llvm::failure();
}

/// Regions of reshapes and storage casts become views, in whatever order they are.
bool isRegionOfViews(mlir::Block &body) {
  return llvm::all_of(body.without_terminator(), [](mlir::Operation &op) { return isView(&op); });
}

/// A border around what the region computes; one around its operand is a core.
bool isBorder(mlir::Operation *op) {
  return graph::addsBorder(op) && op->getOperand(0).getDefiningOp();
}

llvm::LogicalResult verifyBorder(mlir::Operation *border, mlir::Operation *core) {
  bool yielded = llvm::all_of(border->getUsers(), llvm::IsaPred<graph::YieldOp>);
  if (!yielded || (core && core->getNumResults() != 1))
    return report(border, "expected a border around the result of a fusion region");
  return llvm::success();
}

llvm::LogicalResult verifyOps(graph::FusedOp fused, mlir::Operation *&core) {
  mlir::Block &body = fused.getBody().front();
  mlir::Operation *first = &body.front();
  for (mlir::Operation &op : body.without_terminator()) {
    if (!mlir::isa<graph::ReferenceOpInterface>(op))
      return report(&op, "expected an op that computes in a fusion region");
    if (isBorder(&op)) {
      if (mlir::failed(verifyBorder(&op, core)))
        return llvm::failure();
      continue;
    }
    if (isCore(&op) && core)
      return report(&op, "expected one op that is not pointwise in a fusion region, found another before it");
    if (isCore(&op) && &op != first)
      return report(&op, "expected nothing computed in front of the core of a fusion region");
    if (isCore(&op))
      core = &op;
    if (core && core->getNumResults() != 1 && &op != core)
      return report(&op, "expected an op with several results alone in its fusion region");
    if (!sameStaticShape(op.getResult(0), first->getResult(0)) && &op != first)
      return report(&op, "expected one static shape in a fusion region");
  }
  return llvm::success();
}

llvm::LogicalResult verifyRegion(graph::FusedOp fused) {
  mlir::Block &body = fused.getBody().front();
  if (body.without_terminator().empty())
    return report(fused, "expected an op in a fusion region");
  mlir::Operation *core = nullptr;
  if (!isRegionOfViews(body) && !attentionIn(fused) && mlir::failed(verifyOps(fused, core)))
    return llvm::failure();
  auto yielded = body.getTerminator()->getOperands();
  if (core && core->getNumResults() != 1 && !llvm::equal(yielded, core->getResults()))
    return report(fused, "expected all results of the op in order");
  for (mlir::Value value : yielded)
    if (mlir::isa<mlir::BlockArgument>(value))
      return report(fused, "expected results that the region computes");
  return llvm::success();
}

/// What Lower relies on to give the parts windows of one buffer.
llvm::LogicalResult verifyJoin(mlir::Operation *join) {
  for (mlir::Value part : join->getOperands()) {
    mlir::Operation *maker = part.getDefiningOp();
    if (!maker || !part.hasOneUse() || !(mlir::isa<graph::FusedOp>(maker) || graph::isJoin(maker)))
      return report(join, "expected the op in a fusion region, or results of regions that nothing else uses");
  }
  return llvm::success();
}

struct VerifyFusePass : impl::VerifyFusePassBase<VerifyFusePass> {
  void runOnOperation() override {
    auto result = getOperation()->walk([](mlir::Operation *op) -> mlir::WalkResult {
      if (auto fused = mlir::dyn_cast<graph::FusedOp>(op))
        return verifyRegion(fused);
      if (graph::isJoin(op))
        return verifyJoin(op);
      if (belongsInRegion(op) && !op->getParentOfType<graph::FusedOp>())
        return report(op, "expected the op in a fusion region");
      return mlir::WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::fuse
