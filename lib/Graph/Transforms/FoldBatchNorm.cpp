// Batch normalization after a convolution is a change of its weights and bias.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace limbeck::graph {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "limbeck/Graph/Transforms/Passes.h.inc"

namespace {

/// A constant f32 tensor.
std::optional<Tensor> constantF32(mlir::Value value) {
  auto tensor = constantOf(value);
  return tensor && tensor->dtype() == DType::F32 ? tensor : std::nullopt;
}

/// What a batch normalization does to each channel: y = x * factor + shift.
struct ChannelMap {
  std::vector<double> factor, shift;
};

std::optional<ChannelMap> channelMapOf(BatchNormOp norm) {
  auto scale = constantF32(norm.getScale()), bias = constantF32(norm.getBias());
  auto mean = constantF32(norm.getMean()), variance = constantF32(norm.getVariance());
  if (!scale || !bias || !mean || !variance)
    return std::nullopt;
  ChannelMap map;
  double epsilon = norm.getEpsilon().convertToFloat();
  for (int64_t channel = 0; channel < scale->size(); ++channel) {
    double factor = scale->asDouble(channel) / std::sqrt(variance->asDouble(channel) + epsilon);
    map.factor.push_back(factor);
    map.shift.push_back(bias->asDouble(channel) - mean->asDouble(channel) * factor);
  }
  return map;
}

/// Weights with the output channel as first dimension, each channel times its factor.
Expected<Tensor> scaledWeights(const Tensor &weights, const ChannelMap &map) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::F32, weights.shape()));
  int64_t perChannel = weights.size() / std::max<int64_t>(1, static_cast<int64_t>(map.factor.size()));
  for (int64_t i = 0; i < weights.size(); ++i)
    result.mutableValues<float>()[i] = static_cast<float>(weights.asDouble(i) * map.factor[i / perChannel]);
  return result;
}

Expected<Tensor> shiftedBias(const std::optional<Tensor> &bias, const ChannelMap &map) {
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(DType::F32, {static_cast<int64_t>(map.shift.size())}));
  for (size_t channel = 0; channel < map.shift.size(); ++channel) {
    double before = bias ? bias->asDouble(static_cast<int64_t>(channel)) * map.factor[channel] : 0;
    result.mutableValues<float>()[channel] = static_cast<float>(before + map.shift[channel]);
  }
  return result;
}

struct FoldBatchNormIntoConv : mlir::OpRewritePattern<BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(BatchNormOp norm, mlir::PatternRewriter &rewriter) const override {
    auto conv = norm.getX().getDefiningOp<ConvOp>();
    if (!conv || norm.getAxis() != conv.getChannelAxis())
      return rewriter.notifyMatchFailure(norm, "no convolution over the same channels before it");
    if (!conv.getResult().hasOneUse())
      return rewriter.notifyMatchFailure(norm, "the convolution has other users");
    if (!norm.getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(norm, "the result is not f32");
    auto weights = constantF32(conv.getWeights());
    std::optional<Tensor> bias = conv.getBias() ? constantF32(conv.getBias()) : std::nullopt;
    auto map = channelMapOf(norm);
    if (!weights || !map || (conv.getBias() && !bias))
      return rewriter.notifyMatchFailure(norm, "weights, bias or parameters are not f32 constants");

    auto newWeights = scaledWeights(*weights, *map), newBias = shiftedBias(bias, *map);
    if (!newWeights || !newBias)
      return rewriter.notifyMatchFailure(norm, "no memory for the new weights");
    auto constant = [&](const Tensor &tensor, mlir::Value like) -> mlir::Value {
      auto type = mlir::RankedTensorType::get(tensor.shape(), rewriter.getF32Type());
      auto value = createConstant(rewriter, like.getLoc(), tensor, type);
      return value ? *value : mlir::Value();
    };
    mlir::Value folded = constant(*newWeights, conv.getWeights());
    mlir::Value foldedBias = constant(*newBias, conv.getBias() ? conv.getBias() : norm.getBias());
    if (!folded || !foldedBias)
      return rewriter.notifyMatchFailure(norm, "the new weights cannot be a constant");

    mlir::Location location = rewriter.getFusedLoc({conv.getLoc(), norm.getLoc()});
    rewriter
        .replaceOpWithNewOp<ConvOp>(norm, norm.getType(), conv.getInput(), folded, foldedBias,
                                    conv.getStrides(), conv.getPads(), conv.getDilations(), conv.getGroups(),
                                    conv.getLayout(), conv.getAccumulateAttr())
        ->setLoc(location);
    return llvm::success();
  }
};

struct FoldBatchNormPass : impl::FoldBatchNormPassBase<FoldBatchNormPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<FoldBatchNormIntoConv>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::graph
