// The padding of a convolution becomes an op of its own.
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Layout/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace limbeck::layout {
#define GEN_PASS_DEF_MATERIALIZEPADDINGPASS
#include "limbeck/Layout/Passes.h.inc"

namespace {

/// Begins then ends of all four dimensions, from those of the two spatial ones.
llvm::SmallVector<int64_t> padsOfAllDimensions(llvm::ArrayRef<int64_t> pads, llvm::StringRef layout) {
  llvm::SmallVector<int64_t> all(8, 0);
  size_t spatial = layout == "NHWC" ? 1 : 2;
  for (size_t i = 0; i < 2; ++i) {
    all[spatial + i] = pads[i];
    all[4 + spatial + i] = pads[2 + i];
  }
  return all;
}

mlir::RankedTensorType paddedType(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> pads) {
  llvm::SmallVector<int64_t> shape(type.getShape());
  for (auto [dim, size] : llvm::enumerate(shape))
    if (!mlir::ShapedType::isDynamic(size))
      size += pads[dim] + pads[dim + shape.size()];
  return graph::withShape(type, shape, graph::quantizationAxis(type));
}

/// What padding of a float or quantized tensor stands for: +0 (no value), or the stored zero point. Fails per
/// axis.
llvm::LogicalResult borderOf(graph::ConvOp conv, mlir::OpBuilder &builder, mlir::Value &border) {
  mlir::RankedTensorType type = conv.getInput().getType();
  if (!mlir::isa<mlir::quant::QuantizedType>(type.getElementType()))
    return llvm::success();
  auto scalarType = mlir::RankedTensorType::get({}, type.getElementType());
  auto scalar = graph::toTensorType(scalarType);
  auto zeroPoint = scalar ? Tensor::zeros(scalar->dtype, {}) : Expected<Tensor>(scalar.diagnostic());
  if (!zeroPoint)
    return llvm::failure();
  dispatch(scalar->dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T>)
      zeroPoint->mutableValues<T>()[0] = static_cast<T>(scalar->quantization->zeroPoints[0]);
  });
  auto constant = graph::createConstant(builder, conv.getLoc(), *zeroPoint, scalarType);
  if (!constant)
    return llvm::failure();
  border = *constant;
  return llvm::success();
}

/// The zero point operand, as a scalar.
llvm::LogicalResult borderOf(graph::ConvIntegerOp conv, mlir::OpBuilder &builder, mlir::Value &border) {
  border = conv.getInputZeroPoint();
  mlir::RankedTensorType type = conv.getInputZeroPoint().getType();
  if (type.getRank() != 0)
    border = graph::ReshapeOp::create(builder, conv.getLoc(),
                                      mlir::RankedTensorType::get({}, type.getElementType()), border,
                                      llvm::ArrayRef<int64_t>());
  return llvm::success();
}

template <class ConvolutionOp> struct PadBeforeConvolution : mlir::OpRewritePattern<ConvolutionOp> {
  using mlir::OpRewritePattern<ConvolutionOp>::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(ConvolutionOp conv, mlir::PatternRewriter &rewriter) const override {
    if (llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; }))
      return rewriter.notifyMatchFailure(conv, "no padding");
    mlir::Value border;
    if (mlir::failed(borderOf(conv, rewriter, border)))
      return rewriter.notifyMatchFailure(conv, "the input has several zero points");
    llvm::SmallVector<int64_t> pads = padsOfAllDimensions(conv.getPads(), conv.getLayout());
    mlir::Value padded =
        graph::PadOp::create(rewriter, conv.getLoc(), paddedType(conv.getInput().getType(), pads),
                             conv.getInput(), border, pads, "constant");
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getInputMutable().assign(padded);
      conv.setPads({0, 0, 0, 0});
    });
    return llvm::success();
  }
};

struct MaterializePaddingPass : impl::MaterializePaddingPassBase<MaterializePaddingPass> {
  void runOnOperation() override {
    mlir::RewritePatternSet patterns(&getContext());
    patterns.add<PadBeforeConvolution<graph::ConvOp>, PadBeforeConvolution<graph::ConvIntegerOp>>(
        &getContext());
    if (mlir::failed(mlir::applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace limbeck::layout
