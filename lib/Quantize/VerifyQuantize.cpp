// The contract of stage Quantize.
#include "QDQMatch.h"
#include "TypedParameters.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_VERIFYQUANTIZEPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// Whether the parameters of an op of the operand form could be part of a type.
bool couldBeTyped(mlir::Operation *op) {
  if (auto quantize = mlir::dyn_cast<graph::QuantizeByOp>(op))
    return typedBy(
               quantize.getResult().getType(), quantize.getX().getType().getElementType(),
               {quantize.getScale(), quantize.getZeroPoint(), quantize.getAxis(), quantize.getBlockSize()})
        .ok();
  if (auto dequantize = mlir::dyn_cast<graph::DequantizeByOp>(op))
    return typedBy(dequantize.getX().getType(), dequantize.getResult().getType().getElementType(),
                   {dequantize.getScale(), dequantize.getZeroPoint(), dequantize.getAxis(),
                    dequantize.getBlockSize()})
        .ok();
  auto requantize = mlir::dyn_cast<graph::RequantizeByOp>(op);
  return requantize && typedContraction(requantize).ok();
}

/// A pair that is one requantize, or a requantize that does nothing.
bool couldBeJoined(mlir::Operation *op) {
  if (auto quantize = mlir::dyn_cast<graph::QuantizeOp>(op))
    return quantize.getX().getDefiningOp<graph::DequantizeOp>() != nullptr;
  auto requantize = mlir::dyn_cast<graph::RequantizeOp>(op);
  return requantize && requantize.getX().getType() == requantize.getType();
}

struct Rule {
  bool (*broken)(mlir::Operation *);
  llvm::StringRef message, pass;
};
constexpr Rule quantizeRules[] = {
    {couldBeTyped, "expected its constant parameters in a type", "limbeck-quantize-fold-parameters"},
    {[](mlir::Operation *op) { return hasDequantizedOperand(op) && matchQDQ(op).ok(); },
     "expected the op on quantized types, found it between dequantize and quantize",
     "limbeck-quantize-fuse-qdq"},
    {couldBeJoined, "expected no change of parameters in two steps or to the same",
     "limbeck-quantize-fold-requantize"},
};

struct VerifyQuantizePass : impl::VerifyQuantizePassBase<VerifyQuantizePass> {
  void runOnOperation() override {
    auto result = getOperation()->walk([](mlir::Operation *op) -> mlir::WalkResult {
      for (const Rule &rule : quantizeRules)
        if (rule.broken(op)) {
          op->emitOpError(rule.message).attachNote()
              << "run " << rule.pass << " before the end of stage Quantize";
          return mlir::WalkResult::interrupt();
        }
      return mlir::WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
