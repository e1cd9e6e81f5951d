// The contract of stage Layout.
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Layout/Passes.h"

namespace limbeck::layout {
#define GEN_PASS_DEF_VERIFYLAYOUTPASS
#include "limbeck/Layout/Passes.h.inc"

namespace {

struct VerifyLayoutPass : impl::VerifyLayoutPassBase<VerifyLayoutPass> {
  void runOnOperation() override {
    auto result = getOperation()->walk([](graph::LayoutOpInterface op) -> mlir::WalkResult {
      if (op.getLayout() == "NHWC")
        return mlir::WalkResult::advance();
      op->emitOpError("expected layout \"NHWC\", found \"").append(op.getLayout(), "\"").attachNote()
          << "run limbeck-layout-convert-to-nhwc before the end of stage Layout";
      return mlir::WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::layout
