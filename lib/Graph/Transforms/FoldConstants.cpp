// Constant folding by the reference: what depends on constants only, and does not grow, is computed now.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "limbeck/Reference/Operation.h"
#include "mlir/IR/PatternMatch.h"

namespace limbeck::graph {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

/// Steps of the interpreter that folding may take in one module: seconds. A model of a few bytes can ask for
/// years, and the compiled code takes each step much faster.
constexpr int64_t kMostSteps = int64_t(1) << 32;

/// Bytes of all tensors together as a constant holds them; nothing when a shape is unknown or too large.
std::optional<int64_t> constantBytes(std::span<const TensorType> types) {
  int64_t total = 0;
  for (const TensorType &type : types) {
    auto count = elementCount(type.shape, Limits().foldBytes);
    if (!count || *count == kUnknown)
      return std::nullopt;
    total += blobBytes(type.dtype, *count);
  }
  return total;
}

/// Numbers are folded, quantized values only moved: which ones stay quantized is for later stages to decide.
bool mayFold(ReferenceOpInterface op, std::span<const TensorType> operands,
             std::span<const TensorType> results) {
  if (op->getNumOperands() == 0 || op->hasTrait<KeptUnfolded>() || !op.getDefinition())
    return false;
  auto quantized = [](const TensorType &type) { return type.quantization != nullptr; };
  if (!mlir::isa<MovementOpInterface>(op.getOperation()) &&
      (llvm::any_of(operands, quantized) || llvm::any_of(results, quantized)))
    return false;
  auto before = constantBytes(operands), after = constantBytes(results);
  return before && after && *after <= *before && *after <= Limits().foldBytes;
}

/// At most how many steps the interpreter takes for types that may be folded, whose elements fit 32 bits.
int64_t stepsOf(mlir::Operation *op, std::span<const TensorType> operands,
                std::span<const TensorType> results) {
  int64_t total = 0, largest = 1, produced = 0;
  auto elements = [](const TensorType &type) { return *elementCount(type.shape, Limits().foldBytes); };
  for (const TensorType &type : operands) {
    largest = std::max(largest, elements(type));
    total += elements(type);
  }
  for (const TensorType &type : results)
    produced += elements(type);
  if (mlir::isa<MatmulOp, MatmulIntegerOp, MatmulBlocksOp, MatmulIntegerBlocksOp>(op))
    return produced * std::max<int64_t>(1, operands[0].shape.back());
  if (mlir::isa<LayoutOpInterface, ResizeOp, LrnOp>(op)) // windows of any size
    return produced * largest;
  return total + produced;
}

/// The results of an op, or nothing when it is not to be folded, or takes more than the steps that are left. A fault in the values is left for the run to report.
std::optional<std::vector<Tensor>> computeNow(ReferenceOpInterface op, int64_t &stepsLeft) {
  if (!llvm::all_of(op->getOperands(), [](mlir::Value value) {
        while (auto cast = value.getDefiningOp<StorageCastOp>())
          value = cast.getX();
        return value.getDefiningOp<ConstOp>() != nullptr;
      }))
    return std::nullopt;
  auto operandTypes = toTensorTypes(op->getOperandTypes());
  auto resultTypes = toTensorTypes(op->getResultTypes());
  auto attributes = toAttributes(op);
  if (!operandTypes || !resultTypes || !attributes || !mayFold(op, *operandTypes, *resultTypes))
    return std::nullopt;
  int64_t steps = stepsOf(op, *operandTypes, *resultTypes);
  if (steps > stepsLeft)
    return std::nullopt;
  stepsLeft -= steps;
  std::vector<Tensor> operands;
  for (mlir::Value operand : op->getOperands()) {
    auto tensor = constantOf(operand);
    if (!tensor)
      return std::nullopt;
    operands.push_back(std::move(*tensor));
  }
  auto results =
      reference::evaluate(*op.getDefinition(), {*attributes, *operandTypes, operands, *resultTypes});
  return results ? std::optional(std::move(*results)) : std::nullopt;
}

void eraseUnusedConstant(mlir::Operation *op) {
  while (op && op->use_empty() && mlir::isa<ConstOp, StorageCastOp>(op)) {
    mlir::Operation *next = op->getNumOperands() ? op->getOperand(0).getDefiningOp() : nullptr;
    op->erase();
    op = next;
  }
}

struct FoldConstantsPass : impl::FoldConstantsPassBase<FoldConstantsPass> {
  void runOnOperation() override {
    // Operands come before their users, so one walk folds whole chains.
    int64_t stepsLeft = kMostSteps;
    getOperation()->walk([&](ReferenceOpInterface op) {
      auto tensors = computeNow(op, stepsLeft);
      if (!tensors)
        return;
      mlir::OpBuilder builder(op);
      llvm::SmallVector<mlir::Value> constants;
      for (auto [tensor, type] : llvm::zip_equal(*tensors, op->getResultTypes())) {
        auto constant =
            createConstant(builder, op->getLoc(), tensor, mlir::cast<mlir::RankedTensorType>(type));
        if (!constant)
          return;
        constants.push_back(*constant);
      }
      llvm::SmallSetVector<mlir::Operation *, 4> sources;
      for (mlir::Value operand : op->getOperands())
        sources.insert(operand.getDefiningOp());
      op->replaceAllUsesWith(constants);
      op->erase();
      for (mlir::Operation *source : sources)
        eraseUnusedConstant(source);
    });
  }
};

} // namespace
} // namespace limbeck::graph
