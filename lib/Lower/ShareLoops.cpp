// The outermost forall of a kernel becomes this worker's static share.
#include "limbeck/Lower/Passes.h"
#include "limbeck/Lower/WorkerShare.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_SHARELOOPSPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

std::pair<Value, Value> workerShare(OpBuilder &b, Location location, int64_t trip, Value worker,
                                    Value workers) {
  Value length = arith::ConstantIndexOp::create(b, location, trip);
  Value one = arith::ConstantIndexOp::create(b, location, 1);
  auto boundary = [&](Value number) -> Value {
    return arith::DivUIOp::create(b, location, arith::MulIOp::create(b, location, length, number), workers);
  };
  Value first = boundary(worker), last = boundary(arith::AddIOp::create(b, location, worker, one));
  return {first, last};
}

namespace {
struct ShareLoops : impl::ShareLoopsPassBase<ShareLoops> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (!kernel.isPrivate())
      return;
    SmallVector<scf::ForallOp> loops;
    kernel.walk([&](scf::ForallOp loop) { loops.push_back(loop); });
    for (scf::ForallOp loop : loops)
      if (failed(share(kernel, loop)))
        return signalPassFailure();
  }

private:
  LogicalResult share(func::FuncOp kernel, scf::ForallOp loop) {
    if (loop->getParentOp() != kernel || loop.getRank() != 1 || loop.getNumResults() != 0)
      return loop.emitError("expected an outermost one-dimensional loop without results");
    if (!loop.isNormalized())
      return loop.emitError("expected a loop from 0 in steps of 1");
    OpBuilder b(loop);
    Location loc = loop.getLoc();
    unsigned arguments = kernel.getNumArguments();
    auto [first, last] = workerShare(b, loc, loop.getStaticUpperBound()[0], kernel.getArgument(arguments - 2),
                                     kernel.getArgument(arguments - 1));
    auto range = scf::ForOp::create(b, loc, first, last, arith::ConstantIndexOp::create(b, loc, 1));
    Block *from = loop.getBody(), *to = range.getBody();
    from->getTerminator()->erase();
    to->getOperations().splice(to->begin(), from->getOperations());
    loop.getInductionVars()[0].replaceAllUsesWith(range.getInductionVar());
    loop.erase();
    return success();
  }
};
} // namespace

} // namespace limbeck::lower
