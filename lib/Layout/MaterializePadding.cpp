// The padding of a convolution becomes an op of its own.
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

/// What a pad writes: without a value +0, or the zero point of its operand.
mlir::Value borderOf(graph::ConvOp, mlir::OpBuilder &) {
  return {};
}

/// The zero point operand, as a scalar.
mlir::Value borderOf(graph::ConvIntegerOp conv, mlir::OpBuilder &builder) {
  mlir::RankedTensorType type = conv.getInputZeroPoint().getType();
  if (type.getRank() == 0)
    return conv.getInputZeroPoint();
  auto scalar = mlir::RankedTensorType::get({}, type.getElementType());
  return graph::ReshapeOp::create(builder, conv.getLoc(), scalar, conv.getInputZeroPoint(),
                                  llvm::ArrayRef<int64_t>());
}

template <class ConvolutionOp> struct PadBeforeConvolution : mlir::OpRewritePattern<ConvolutionOp> {
  using mlir::OpRewritePattern<ConvolutionOp>::OpRewritePattern;

  llvm::LogicalResult matchAndRewrite(ConvolutionOp conv, mlir::PatternRewriter &rewriter) const override {
    if (llvm::all_of(conv.getPads(), [](int64_t pad) { return pad == 0; }))
      return rewriter.notifyMatchFailure(conv, "no padding");
    llvm::SmallVector<int64_t> pads = padsOfAllDimensions(conv.getPads(), conv.getLayout());
    mlir::Value padded =
        graph::PadOp::create(rewriter, conv.getLoc(), paddedType(conv.getInput().getType(), pads),
                             conv.getInput(), borderOf(conv, rewriter), pads, "constant");
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
