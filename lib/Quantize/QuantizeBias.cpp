// A bias in units of the products of scales, so that it is part of the integer sum.
#include "Storage.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_QUANTIZEBIASPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

std::shared_ptr<const Quantization> dequantizedParameters(mlir::Value value) {
  auto dequantize = value.getDefiningOp<graph::DequantizeOp>();
  auto type =
      dequantize ? graph::toTensorType(dequantize.getX().getType()) : Expected<TensorType>(TensorType());
  return type ? type->quantization : nullptr;
}

/// Whether the result is rounded to integers: a sum that stays float takes its bias as it is.
bool isRounded(graph::AnchorOpInterface anchor) {
  mlir::Value result = anchor->getResult(0);
  if (result.hasOneUse() && mlir::isa<graph::ReluOp, graph::ClipOp>(*result.user_begin()))
    result = (*result.user_begin())->getResult(0);
  return result.hasOneUse() && mlir::isa<graph::QuantizeOp>(*result.user_begin());
}

Status quantizeBias(graph::AnchorOpInterface anchor) {
  auto x = dequantizedParameters(anchor.getAnchorInput()),
       w = dequantizedParameters(anchor.getAnchorWeights());
  auto bias = anchor.getAnchorBias() ? graph::constantOf(anchor.getAnchorBias()) : std::nullopt;
  if (!x || !w || !bias || bias->dtype() != DType::F32 || !isRounded(anchor))
    return {};
  Quantization parameters;
  parameters.lowest = lowest(DType::S32);
  parameters.highest = highest(DType::S32);
  parameters.axis = w->scales.size() == 1 ? -1 : 0;
  // The groups of a transposed convolution share the scales of their weights.
  int64_t count = parameters.axis < 0 ? 1 : bias->size();
  for (int64_t i = 0; i < count; ++i)
    parameters.scales.push_back(x->scales[0] * w->scales[static_cast<size_t>(i) % w->scales.size()]);
  parameters.zeroPoints.assign(parameters.scales.size(), 0);
  LIMBECK_ASSIGN(Tensor stored, Tensor::zeros(DType::S32, bias->shape()));
  for (int64_t i = 0; i < bias->size(); ++i) {
    float scale = parameters.scales[static_cast<size_t>(i) % parameters.scales.size()];
    // In f64: a quotient beyond 24 bits would lose its last ones in f32.
    double quotient = std::nearbyint(bias->asDouble(i) / static_cast<double>(scale));
    if (!(std::fabs(quotient) < static_cast<double>(parameters.highest)) || !(scale > 0))
      return {}; // too large for 32 bits: stays float, and the op with it
    stored.mutableValues<int32_t>()[static_cast<size_t>(i)] = static_cast<int32_t>(quotient);
  }
  mlir::OpBuilder b(anchor);
  mlir::Value before = anchor.getAnchorBias();
  LIMBECK_ASSIGN(mlir::Value after, dequantizedConstant(b, before.getLoc(), stored,
                                                        std::make_shared<const Quantization>(parameters)));
  anchor->replaceUsesOfWith(before, after);
  return {};
}

struct QuantizeBiasPass : impl::QuantizeBiasPassBase<QuantizeBiasPass> {
  void runOnOperation() override {
    getOperation()->walk([this](graph::AnchorOpInterface anchor) {
      if (auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
          decision && decision.contains("rule"))
        anchor->setAttr(kChosenAttribute, decision);
      anchor->removeAttr(kDecisionAttribute);
      if (Status status = quantizeBias(anchor); !status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        signalPassFailure();
      }
    });
  }
};

} // namespace
} // namespace limbeck::quantize
