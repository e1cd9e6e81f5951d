// `--precision bf16`: convolutions and matrix products of floats read bf16 and accumulate in f32.
#include "ElementMovement.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_REDUCEPRECISIONPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

bool hasElement(mlir::Value value, bool (mlir::Type::*isKind)() const) {
  return (mlir::getElementTypeOrSelf(value.getType()).*isKind)();
}
bool isF32(mlir::Value value) {
  return hasElement(value, &mlir::Type::isF32);
}
bool isBF16(mlir::Value value) {
  return hasElement(value, &mlir::Type::isBF16);
}

mlir::Value castTo(mlir::OpBuilder &builder, mlir::Value value, mlir::Type element) {
  auto type = mlir::cast<mlir::RankedTensorType>(value.getType()).clone(element);
  return graph::CastOp::create(builder, value.getLoc(), type, value, element);
}

/// f32 -> bf16, or null.
graph::CastOp roundingOf(mlir::Operation *op) {
  auto cast = mlir::dyn_cast_or_null<graph::CastOp>(op);
  return cast && isF32(cast.getX()) && isBF16(cast) ? cast : graph::CastOp();
}

/// Instructions that multiply bf16 take subnormal numbers for 0, so a bias may be none either: one of a dead channel would make
/// every operation on its results take a hundred times as long on some machines.
void dropSubnormals(mlir::OpBuilder &builder, mlir::OpOperand &bias) {
  auto isSubnormal = [](float value) { return std::fpclassify(value) == FP_SUBNORMAL; };
  std::optional<Tensor> constant = isF32(bias.get()) ? graph::constantOf(bias.get()) : std::nullopt;
  if (!constant || llvm::none_of(constant->values<float>(), isSubnormal))
    return;
  Tensor normal = *constant;
  std::ranges::replace_if(normal.mutableValues<float>(), isSubnormal, 0.0f);
  auto type = mlir::cast<mlir::RankedTensorType>(bias.get().getType());
  if (auto dropped = graph::createConstant(builder, bias.get().getLoc(), normal, type))
    bias.set(*dropped);
}

struct RoundOperands : mlir::OpInterfaceRewritePattern<graph::AnchorOpInterface> {
  RoundOperands(mlir::MLIRContext *context, llvm::function_ref<void()> count)
      : OpInterfaceRewritePattern(context), count(count) {}

  llvm::LogicalResult matchAndRewrite(graph::AnchorOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    if (!isF32(op.getAnchorInput()) || !isF32(op.getAnchorWeights()) || !isF32(op->getResult(0)))
      return rewriter.notifyMatchFailure(op, "no contraction of f32");
    rewriter.modifyOpInPlace(op, [&] {
      for (unsigned i : {0u, 1u})
        op->setOperand(i, castTo(rewriter, op->getOperand(i), rewriter.getBF16Type()));
      for (mlir::OpOperand &bias : llvm::drop_begin(op->getOpOperands(), 2))
        dropSubnormals(rewriter, bias);
      op->setAttr("accumulate", mlir::TypeAttr::get(rewriter.getF32Type()));
    });
    count();
    return llvm::success();
  }

private:
  llvm::function_ref<void()> count;
};

/// Ops that hand on elements unchanged, or the greatest of some: rounding is monotone, so it gives before them what it
/// gives behind.
bool movesElements(mlir::Operation *op) {
  auto movement = op ? ElementMovement::of(op, Exchange::Forward) : std::nullopt;
  return movement && !movement->dataOperands().empty() && op->getNumResults() == 1;
}

struct MoveRoundingBack : mlir::OpRewritePattern<graph::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::CastOp op, mlir::PatternRewriter &rewriter) const override {
    mlir::Operation *moving = op.getX().getDefiningOp();
    if (!roundingOf(op) || !movesElements(moving) || !op.getX().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no rounding of moved elements that it alone reads");
    rewriter.setInsertionPoint(moving);
    llvm::SmallVector<mlir::Value> operands;
    for (mlir::Value operand : moving->getOperands())
      operands.push_back(isF32(operand) ? castTo(rewriter, operand, op.getTo()) : operand);
    rewriter.replaceOp(op, graph::cloneWith(rewriter, moving, operands, {op.getType()}));
    return llvm::success();
  }
};

/// The opposite direction, for values that are read in both types.
struct MoveWideningForward : mlir::OpInterfaceRewritePattern<graph::ReferenceOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::ReferenceOpInterface op,
                                      mlir::PatternRewriter &rewriter) const override {
    if (!movesElements(op) || !isF32(op->getResult(0)))
      return rewriter.notifyMatchFailure(op, "it moves no elements");
    llvm::SmallVector<mlir::Value> operands;
    for (mlir::Value operand : op->getOperands()) {
      auto widening = operand.getDefiningOp<graph::CastOp>();
      if (isF32(operand) && (!widening || !isBF16(widening.getX())))
        return rewriter.notifyMatchFailure(op, "an operand was not rounded");
      operands.push_back(isF32(operand) ? widening.getX() : operand);
    }
    auto type = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    mlir::Operation *moved = graph::cloneWith(rewriter, op, operands, {type.clone(rewriter.getBF16Type())});
    rewriter.replaceOp(op, castTo(rewriter, moved->getResult(0), rewriter.getF32Type()));
    return llvm::success();
  }
};

/// What was widened needs no rounding. The opposite pair is never cancelled.
struct CancelRounding : mlir::OpRewritePattern<graph::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::CastOp op, mlir::PatternRewriter &rewriter) const override {
    auto widening = op.getX().getDefiningOp<graph::CastOp>();
    if (!roundingOf(op) || !widening || !isBF16(widening.getX()))
      return rewriter.notifyMatchFailure(op, "no rounding of what was widened");
    rewriter.replaceOp(op, widening.getX());
    return llvm::success();
  }
};

/// Whether an op may read the rounded value: it computes floats element by element, or moves elements.
bool toleratesRounding(mlir::Operation *op) {
  return movesElements(op) || (graph::isPointwise(op) && isF32(op->getResult(0)));
}

/// A value that is rounded for one reader is rounded for all that tolerate it.
struct ShareRounding : mlir::OpRewritePattern<graph::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(graph::CastOp op, mlir::PatternRewriter &rewriter) const override {
    mlir::Operation *maker = op.getX().getDefiningOp();
    if (!roundingOf(op) || !maker || mlir::isa<graph::ConstOp>(maker) || op.getX().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no rounding of a value that others read");
    llvm::SmallVector<mlir::OpOperand *> others;
    for (mlir::OpOperand &use : op.getX().getUses()) {
      bool same = roundingOf(use.getOwner()) != nullptr;
      if (use.getOwner()->getBlock() != op->getBlock() || (!same && !toleratesRounding(use.getOwner())))
        return rewriter.notifyMatchFailure(op, "another reader takes f32");
      if (use.getOwner() != op)
        others.push_back(&use);
    }
    rewriter.moveOpAfter(op, maker);
    rewriter.setInsertionPointAfter(op);
    mlir::Value widened;
    for (mlir::OpOperand *use : others) {
      if (graph::CastOp same = roundingOf(use->getOwner())) {
        rewriter.replaceOp(same, op);
        continue;
      }
      if (!widened)
        widened = castTo(rewriter, op, rewriter.getF32Type());
      rewriter.modifyOpInPlace(use->getOwner(), [&] { use->set(widened); });
    }
    return llvm::success();
  }
};

struct ReducePrecisionPass : impl::ReducePrecisionPassBase<ReducePrecisionPass> {
  void runOnOperation() override {
    mlir::Attribute precision = getOperation()->getAttr(kPrecisionAttribute);
    if (!precision)
      return;
    auto name = mlir::dyn_cast<mlir::StringAttr>(precision);
    if (name && name.getValue() == "f16")
      return; // limbeck-quantize-halve-weights
    if (!name || name.getValue() != "bf16") {
      getOperation().emitError("expected \"bf16\" or \"f16\" in '")
          << kPrecisionAttribute << "', found " << precision << "; without the attribute, floats are f32";
      return signalPassFailure();
    }
    getOperation()->walk([](graph::ReferenceOpInterface op) { remarkKept(op); });
    auto count = [this] { ++reduced; };
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<RoundOperands>(&getContext(), count);
    patterns.add<MoveRoundingBack, MoveWideningForward, CancelRounding, ShareRounding>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

private:
  /// What computes in f32 as before although it is more than element-wise.
  static void remarkKept(graph::ReferenceOpInterface op) {
    bool floats = op->getNumResults() > 0 && op->getNumOperands() > 0 && isF32(op->getOperand(0)) &&
                  isF32(op->getResult(0));
    if (!floats || toleratesRounding(op) || mlir::isa<graph::AnchorOpInterface>(*op))
      return;
    mlir::remark::missed(op->getLoc(), mlir::remark::RemarkOpts::name("kept-precision").category("quantize"))
        << mlir::remark::reason("{0} is neither a convolution nor a matrix product",
                                op->getName().stripDialect().str());
  }
};

} // namespace
} // namespace limbeck::quantize
