// Matrix products of floats read the integers that their weights are stored as.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_FUSEBLOCKSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// The operands of `matmul_blocks` behind its input.
struct StoredMatrix {
  mlir::Value weights, scale, zeroPoint;
  int64_t block;
};

bool isMatrixOfBytes(mlir::Value stored) {
  auto type = mlir::cast<mlir::RankedTensorType>(stored.getType());
  return graph::constantOf(stored) && type.getRank() == 2 && type.getNumElements() > 0 &&
         type.getElementType().isInteger() && type.getElementTypeBitWidth() <= 8;
}

/// Scales and zero points per column, or the one there is for each.
std::optional<StoredMatrix> typedMatrix(mlir::PatternRewriter &b, graph::DequantizeOp op) {
  mlir::Value stored = op.getX();
  while (auto cast = stored.getDefiningOp<graph::StorageCastOp>())
    stored = cast.getX();
  auto type = graph::toTensorType(op.getX().getType());
  if (!isMatrixOfBytes(stored) || !type || type->quantization->axis == 0)
    return std::nullopt;
  auto scales = type->quantization->scales;
  auto zeroPoints = type->quantization->zeroPoints;
  scales.resize(static_cast<size_t>(type->shape[1]), scales.front());
  zeroPoints.resize(scales.size(), zeroPoints.front());
  Shape shape{1, type->shape[1]};
  auto scale = Tensor::zeros(DType::F32, shape), zero = Tensor::zeros(type->dtype, shape);
  if (!scale || !zero)
    return std::nullopt;
  llvm::copy(scales, scale->mutableValues<float>().begin());
  llvm::transform(zeroPoints, zero->mutableBytes(),
                  [](int64_t value) { return static_cast<std::byte>(value); });
  auto constant = [&](const Tensor &value, mlir::Type element) {
    auto made = graph::createConstant(b, op.getLoc(), value, mlir::RankedTensorType::get(shape, element));
    return made ? *made : mlir::Value();
  };
  auto integer = mlir::cast<mlir::RankedTensorType>(stored.getType()).getElementType();
  StoredMatrix matrix{stored, constant(*scale, b.getF32Type()), constant(*zero, integer), type->shape[0]};
  return matrix.scale && matrix.zeroPoint ? std::optional(matrix) : std::nullopt;
}

std::optional<StoredMatrix> storedMatrix(mlir::PatternRewriter &b, mlir::Operation *op) {
  if (auto typed = mlir::dyn_cast_or_null<graph::DequantizeOp>(op))
    return typedMatrix(b, typed);
  auto blocks = mlir::dyn_cast_or_null<graph::DequantizeByOp>(op);
  if (!blocks || !isMatrixOfBytes(blocks.getX()) || blocks.getBlockSize() == 0 || blocks.getAxis() != 0 ||
      !graph::constantOf(blocks.getScale()) || !graph::constantOf(blocks.getZeroPoint()))
    return std::nullopt;
  return StoredMatrix{blocks.getX(), blocks.getScale(), blocks.getZeroPoint(),
                      static_cast<int64_t>(blocks.getBlockSize())};
}

struct ReadStoredWeights : mlir::OpRewritePattern<graph::MatmulOp> {
  ReadStoredWeights(mlir::MLIRContext *context, llvm::function_ref<void()> count)
      : OpRewritePattern(context), count(count) {}

  llvm::LogicalResult matchAndRewrite(graph::MatmulOp op, mlir::PatternRewriter &rewriter) const override {
    auto element = [](mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); };
    if (!element(op.getLhs()).isF32() || !element(op.getRhs()).isF32() || !element(op.getResult()).isF32())
      return rewriter.notifyMatchFailure(op, "it is no product of f32");
    auto matrix = storedMatrix(rewriter, op.getRhs().getDefiningOp());
    if (!matrix)
      return rewriter.notifyMatchFailure(
          op, "its weights are no constant matrix of integers in blocks or columns");
    auto type = mlir::cast<mlir::RankedTensorType>(op.getResult().getType());
    mlir::Value product = graph::MatmulBlocksOp::create(rewriter, op.getLoc(), type, op.getLhs(),
                                                        matrix->weights, matrix->scale, matrix->zeroPoint,
                                                        rewriter.getI64IntegerAttr(matrix->block));
    if (mlir::Value bias = op.getBias())
      product = graph::AddOp::create(rewriter, op.getLoc(), type, product, bias, rewriter.getStringAttr(""));
    rewriter.replaceOp(op, product);
    count();
    return llvm::success();
  }

private:
  llvm::function_ref<void()> count;
};

struct FuseBlocksPass : impl::FuseBlocksPassBase<FuseBlocksPass> {
  void runOnOperation() override {
    auto one = [this] { ++fused; };
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<ReadStoredWeights>(&getContext(), one);
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
