// A zero point that is known only when the model runs leaves the sum of products.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_SPLITZEROPOINTSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// Weights less their zero points, as s8; nothing where they are not constant or do not fit.
std::optional<Tensor> centredWeights(mlir::Value weights, mlir::Value zeroPoint, int64_t axis) {
  auto stored = graph::constantOf(weights), zeros = graph::constantOf(zeroPoint);
  if (!stored || !zeros || bitWidth(stored->dtype()) > 8)
    return std::nullopt;
  int64_t inner = 1;
  for (int64_t dim = axis + 1; dim < stored->rank(); ++dim)
    inner *= stored->shape()[static_cast<size_t>(dim)];
  auto centred = Tensor::zeros(DType::S8, stored->shape());
  if (!centred)
    return std::nullopt;
  std::vector<int64_t> values = stored->asIndices(), zero = zeros->asIndices();
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t value = values[i] - zero[i / static_cast<size_t>(inner) % zero.size()];
    if (value < lowest(DType::S8) || value > highest(DType::S8))
      return std::nullopt;
    centred->mutableValues<int8_t>()[i] = static_cast<int8_t>(value);
  }
  return std::move(*centred);
}

/// The sum of all weights of each output channel, modulo 2^32.
Expected<Tensor> channelSums(const Tensor &weights, int64_t axis, Shape shape) {
  int64_t inner = 1, channels = weights.shape()[static_cast<size_t>(axis)];
  for (int64_t dim = axis + 1; dim < weights.rank(); ++dim)
    inner *= weights.shape()[static_cast<size_t>(dim)];
  LIMBECK_ASSIGN(Tensor sums, Tensor::zeros(DType::S32, std::move(shape)));
  std::vector<int64_t> wide(static_cast<size_t>(channels), 0), values = weights.asIndices();
  for (size_t i = 0; i < values.size(); ++i)
    wide[i / static_cast<size_t>(inner) % wide.size()] += values[i];
  llvm::transform(wide, sums.mutableValues<int32_t>().begin(),
                  [](int64_t sum) { return static_cast<int32_t>(sum); });
  return sums;
}

/// The image with a border of the zero point, which stands for nothing; null where there is no border.
mlir::Value padded(mlir::PatternRewriter &b, graph::ConvIntegerOp conv) {
  llvm::ArrayRef<int64_t> pads = conv.getPads();
  if (llvm::all_of(pads, [](int64_t pad) { return pad == 0; }))
    return nullptr;
  bool last = conv.getLayout() == "NHWC";
  auto spread = [&](int64_t top, int64_t left) -> llvm::SmallVector<int64_t> {
    return last ? llvm::SmallVector<int64_t>{0, top, left, 0} : llvm::SmallVector<int64_t>{0, 0, top, left};
  };
  llvm::SmallVector<int64_t> all = spread(pads[0], pads[1]);
  all.append(spread(pads[2], pads[3]));
  auto type = conv.getInput().getType();
  llvm::SmallVector<int64_t> shape(type.getShape());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (!mlir::ShapedType::isDynamic(shape[dim]))
      shape[dim] += all[dim] + all[dim + shape.size()];
  return graph::PadOp::create(b, conv.getLoc(), type.clone(shape), conv.getInput(), conv.getInputZeroPoint(),
                              all, "constant");
}

template <class Op> struct SplitZeroPoint : mlir::OpRewritePattern<Op> {
  using mlir::OpRewritePattern<Op>::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    constexpr bool isConv = std::is_same_v<Op, graph::ConvIntegerOp>;
    mlir::Value zero = op->getOperand(2);
    auto zeroType = mlir::cast<mlir::RankedTensorType>(zero.getType());
    if (graph::constantOf(zero) || zeroType.getRank() != 0)
      return rewriter.notifyMatchFailure(op, "the zero point of the input is constant, or one per row");
    auto result = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    auto weightsType = mlir::cast<mlir::RankedTensorType>(op->getOperand(1).getType());
    int64_t axis = isConv ? 0 : weightsType.getRank() - 1;
    if (!isConv && weightsType.getRank() != 2)
      return rewriter.notifyMatchFailure(op, "the weights are several matrices");
    auto weights = centredWeights(op->getOperand(1), op->getOperand(3), axis);
    if (!weights)
      return rewriter.notifyMatchFailure(
          op, "the weights are not constant, or not of 8 bits behind their zero points");
    int64_t behind = 0;
    mlir::Value input = op->getOperand(0);
    if constexpr (isConv) {
      behind = op.getLayout() == "NHWC" ? 0 : 2;
      if (mlir::Value surrounded = padded(rewriter, op))
        input = surrounded;
    }
    Shape shape = {weights->shape()[static_cast<size_t>(axis)]};
    shape.resize(static_cast<size_t>(1 + behind), 1);
    auto sums = channelSums(*weights, axis, shape);
    auto noZero = Tensor::zeros(*graph::toDType(zeroType.getElementType()), {}),
         noWeightZero = Tensor::zeros(DType::S8, {});
    if (!sums || !noZero || !noWeightZero)
      return rewriter.notifyMatchFailure(op, "no memory");
    auto s8 = rewriter.getIntegerType(8, true), s32 = rewriter.getIntegerType(32, true);
    auto constant = [&](const Tensor &value, mlir::Type element) {
      auto made = graph::createConstant(rewriter, op->getLoc(), value,
                                        mlir::RankedTensorType::get(value.shape(), element));
      return made ? *made : mlir::Value();
    };
    llvm::SmallVector<mlir::Value> operands = {input, constant(*weights, s8),
                                               constant(*noZero, zeroType.getElementType()),
                                               constant(*noWeightZero, s8)};
    if (op.getBias())
      operands.push_back(op.getBias());
    mlir::OperationState state(op->getLoc(), Op::getOperationName(), operands, {result}, op->getAttrs());
    if (isConv)
      for (mlir::NamedAttribute attribute : op->getAttrs())
        if (attribute.getName() == "pads")
          state.attributes.set("pads", rewriter.getDenseI64ArrayAttr({0, 0, 0, 0}));
    mlir::Value products = rewriter.create(state)->getResult(0);
    auto wideZero = graph::CastOp::create(rewriter, op->getLoc(), mlir::RankedTensorType::get({}, s32), zero,
                                          mlir::TypeAttr::get(s32));
    mlir::Value wideSums = constant(*sums, s32);
    auto correction = graph::MulOp::create(rewriter, op->getLoc(), wideSums.getType(), wideZero, wideSums,
                                           rewriter.getStringAttr(""));
    rewriter.replaceOpWithNewOp<graph::SubOp>(op, result, products, correction);
    return llvm::success();
  }
};

struct SplitZeroPointsPass : impl::SplitZeroPointsPassBase<SplitZeroPointsPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<SplitZeroPoint<graph::ConvIntegerOp>, SplitZeroPoint<graph::MatmulIntegerOp>>(&getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::quantize
