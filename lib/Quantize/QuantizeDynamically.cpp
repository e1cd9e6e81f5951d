// Weights become integers now, activations when the model runs.
#include "Decision.h"
#include "RoundWeights.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_QUANTIZEDYNAMICALLYPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// A tensor with one element per channel, shaped so that it runs along the channels of the contraction's result.
Expected<mlir::Value> perChannel(mlir::OpBuilder &b, graph::AnchorOpInterface anchor, const Tensor &values) {
  auto result = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  Shape shape = values.shape();
  if (values.size() != 1)
    shape.resize(static_cast<size_t>(result.getRank() - anchor.getChannelAxis()), 1);
  else
    shape.clear();
  Tensor shaped = values.reshaped(shape);
  LIMBECK_ASSIGN(mlir::RankedTensorType type,
                 graph::fromTensorType(b.getContext(), {values.dtype(), shape, nullptr}));
  return graph::createConstant(b, anchor->getLoc(), shaped, type);
}

mlir::Value multiply(mlir::OpBuilder &b, mlir::Location location, mlir::Type type, mlir::Value lhs,
                     mlir::Value rhs) {
  return graph::MulOp::create(b, location, type, lhs, rhs, b.getStringAttr(""));
}

Status quantizeDynamically(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  if (setting(decision, "quantize") != "dynamic")
    return {};
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  if (!weights || mlir::isa<graph::ConvTransposeOp>(anchor))
    return {}; // reported where the decision was made
  LIMBECK_ASSIGN(WeightRounding rounding, roundingOf(anchor, decision));
  LIMBECK_ASSIGN(RoundedWeights rounded, roundWeights(*weights, rounding));

  mlir::OpBuilder b(anchor);
  mlir::Location location = anchor->getLoc();
  auto scalar = [&](mlir::Type element) { return mlir::RankedTensorType::get({}, element); };
  auto f32 = b.getF32Type();
  auto u8 = b.getIntegerType(8, false), s8 = b.getIntegerType(8, true), s32 = b.getIntegerType(32, true);
  auto inputType = mlir::cast<mlir::RankedTensorType>(anchor.getAnchorInput().getType());
  auto resultType = mlir::cast<mlir::RankedTensorType>(anchor->getResult(0).getType());
  auto quantized = graph::DynamicQuantizeOp::create(b, anchor.getAnchorInput().getLoc(), inputType.clone(u8),
                                                    scalar(f32), scalar(u8), anchor.getAnchorInput());
  auto weightType = mlir::RankedTensorType::get(weights->shape(), s8);
  LIMBECK_ASSIGN(mlir::Value stored,
                 graph::createConstant(b, anchor.getAnchorWeights().getLoc(), rounded.stored, weightType));
  LIMBECK_ASSIGN(Tensor zero, Tensor::zeros(DType::S8, {}));
  LIMBECK_ASSIGN(mlir::Value noZeroPoint, graph::createConstant(b, location, zero, scalar(s8)));

  // The same op on integers: its attributes are those of the float one.
  llvm::StringRef name = mlir::isa<graph::ConvOp>(anchor) ? graph::ConvIntegerOp::getOperationName()
                                                          : graph::MatmulIntegerOp::getOperationName();
  mlir::OperationState state(location, name);
  state.addOperands({quantized.getResult(), stored, quantized.getZeroPoint(), noZeroPoint});
  state.addTypes(resultType.clone(s32));
  for (mlir::NamedAttribute attribute : anchor->getAttrs())
    if (attribute.getName() != kDecisionAttribute)
      state.addAttribute(attribute.getName(), attribute.getValue());
  mlir::Value sum = b.create(state)->getResult(0);

  LIMBECK_ASSIGN(Tensor scales,
                 Tensor::zeros(DType::F32, {static_cast<int64_t>(rounded.parameters->scales.size())}));
  llvm::copy(rounded.parameters->scales, scales.mutableValues<float>().begin());
  LIMBECK_ASSIGN(mlir::Value weightScales, perChannel(b, anchor, scales));
  mlir::Value scale = multiply(b, location, weightScales.getType(), quantized.getScale(), weightScales);
  mlir::Value real = graph::CastOp::create(b, location, resultType, sum, mlir::TypeAttr::get(f32));
  mlir::Value result = multiply(b, location, resultType, real, scale);
  if (mlir::Value bias = anchor.getAnchorBias()) {
    auto value = graph::constantOf(bias);
    LIMBECK_ASSIGN(mlir::Value shaped, value ? perChannel(b, anchor, *value) : Expected<mlir::Value>(bias));
    result = graph::AddOp::create(b, location, resultType, result, shaped, b.getStringAttr(""));
  }
  anchor->getResult(0).replaceAllUsesWith(result);
  anchor->erase();
  return {};
}

struct QuantizeDynamicallyPass : impl::QuantizeDynamicallyPassBase<QuantizeDynamicallyPass> {
  void runOnOperation() override {
    llvm::SmallVector<graph::AnchorOpInterface> anchors;
    getOperation()->walk([&](graph::AnchorOpInterface anchor) {
      if (anchor->hasAttr(kDecisionAttribute))
        anchors.push_back(anchor);
    });
    for (graph::AnchorOpInterface anchor : anchors) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (Status status = quantizeDynamically(anchor, decision); !status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        return signalPassFailure();
      }
    }
  }
};

} // namespace
} // namespace limbeck::quantize
