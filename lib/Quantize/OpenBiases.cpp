// A correction per channel as an input, the mean per channel as a result.
#include "Decision.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_OPENBIASESPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

struct OpenBiasesPass : impl::OpenBiasesPassBase<OpenBiasesPass> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<mlir::func::FuncOp>("main");
    if (!main) {
      getOperation().emitError("expected a function 'main'");
      return signalPassFailure();
    }
    llvm::SmallVector<graph::AnchorOpInterface> anchors;
    main.walk([&](graph::AnchorOpInterface anchor) { anchors.push_back(anchor); });
    for (graph::AnchorOpInterface anchor : anchors) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (!decision)
        continue;
      anchor->removeAttr(kDecisionAttribute);
      if (llvm::StringRef name = setting(decision, kResultSetting);
          !name.empty() && mlir::failed(open(main, anchor, name)))
        return signalPassFailure();
    }
  }

private:
  mlir::DictionaryAttr named(const llvm::Twine &name) {
    mlir::Builder b(&getContext());
    return b.getDictionaryAttr({b.getNamedAttr("limbeck.name", b.getStringAttr(name))});
  }

  llvm::LogicalResult open(mlir::func::FuncOp main, graph::AnchorOpInterface anchor, llvm::StringRef name) {
    mlir::Value result = anchor->getResult(0);
    auto type = mlir::cast<mlir::RankedTensorType>(result.getType());
    int64_t axis = anchor.getChannelAxis(), channels = type.getDimSize(axis);
    if (mlir::ShapedType::isDynamic(channels))
      return anchor->emitError("expected a known number of channels, found ") << type;
    auto perChannel = mlir::RankedTensorType::get({channels}, type.getElementType());
    unsigned index = main.getNumArguments();
    if (mlir::failed(main.insertArgument(index, perChannel, named(kCorrectionPrefix + name), main.getLoc())))
      return llvm::failure();
    mlir::OpBuilder b(anchor->getContext());
    b.setInsertionPointAfter(anchor);
    mlir::Location location = anchor->getLoc();
    llvm::SmallVector<int64_t> shape(static_cast<size_t>(type.getRank() - axis), 1), others;
    shape[0] = channels;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (dim != axis)
        others.push_back(dim);
    mlir::Value correction =
        graph::ReshapeOp::create(b, location, perChannel.clone(shape), main.getArgument(index), shape);
    auto sum = graph::AddOp::create(b, location, type, result, correction, b.getStringAttr(""));
    result.replaceAllUsesExcept(sum.getResult(), sum);
    mlir::Value mean =
        graph::ReduceMeanOp::create(b, location, perChannel, sum.getResult(), others, /*keepdims=*/false);
    if (mlir::failed(main.insertResult(main.getNumResults(), perChannel, named(kMeanPrefix + name))))
      return llvm::failure();
    mlir::Operation *end = main.getBody().front().getTerminator();
    end->insertOperands(end->getNumOperands(), mean);
    return llvm::success();
  }
};

} // namespace
} // namespace limbeck::quantize
