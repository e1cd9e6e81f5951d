// Constant weights of the contractions that the recipe chose become integers.
#include "Decision.h"
#include "RoundWeights.h"
#include "Storage.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/Passes.h"
#include <cmath>

namespace limbeck::quantize {
#define GEN_PASS_DEF_QUANTIZEWEIGHTSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

/// The scale that the input is stored with; nothing when it is not.
std::optional<float> inputScale(graph::AnchorOpInterface anchor) {
  auto dequantize = anchor.getAnchorInput().getDefiningOp<graph::DequantizeOp>();
  if (!dequantize)
    return std::nullopt;
  auto type = graph::toTensorType(dequantize.getX().getType());
  return type && type->quantization ? std::optional(type->quantization->scales[0]) : std::nullopt;
}

/// Scales below these would take the bias, in units of the products of scales, out of 32 bits.
std::vector<double> leastScales(graph::AnchorOpInterface anchor) {
  std::vector<double> least;
  auto bias = anchor.getAnchorBias() ? graph::constantOf(anchor.getAnchorBias()) : std::nullopt;
  std::optional<float> scale = inputScale(anchor);
  constexpr double room = 1 << 30;
  for (int64_t i = 0; bias && scale && i < bias->size(); ++i)
    least.push_back(std::fabs(bias->asDouble(i)) / (static_cast<double>(*scale) * room));
  return least;
}

Status quantizeWeights(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  if (!weights || weights->dtype() != DType::F32 || setting(decision, "quantize") != "static")
    return {};
  LIMBECK_ASSIGN(WeightRounding rounding, roundingOf(anchor, decision));
  rounding.leastScales = leastScales(anchor);
  if (rounding.axis < 0 && !rounding.leastScales.empty())
    rounding.leastScales = {*llvm::max_element(rounding.leastScales)};
  LIMBECK_ASSIGN(RoundedWeights rounded, roundWeights(*weights, rounding));
  mlir::OpBuilder b(anchor);
  mlir::Value before = anchor.getAnchorWeights();
  LIMBECK_ASSIGN(mlir::Value after,
                 dequantizedConstant(b, before.getLoc(), rounded.stored, rounded.parameters));
  anchor->replaceUsesOfWith(before, after);
  return {};
}

struct QuantizeWeightsPass : impl::QuantizeWeightsPassBase<QuantizeWeightsPass> {
  void runOnOperation() override {
    getOperation()->walk([this](graph::AnchorOpInterface anchor) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (!decision)
        return;
      if (Status status = quantizeWeights(anchor, decision); !status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        signalPassFailure();
      }
    });
  }
};

} // namespace
} // namespace limbeck::quantize
