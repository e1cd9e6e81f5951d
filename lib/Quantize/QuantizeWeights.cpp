// Constant weights of the contractions that the recipe chose become integers.
#include "Decision.h"
#include "GivenStatistics.h"
#include "MoveActivationAwareScales.h"
#include "RoundBlocks.h"
#include "RoundWeights.h"
#include "Storage.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Quantize/GramRows.h"
#include "limbeck/Quantize/Passes.h"

namespace limbeck::quantize {
#define GEN_PASS_DEF_QUANTIZEWEIGHTSPASS
#include "limbeck/Quantize/Passes.h.inc"

namespace {

using calibration::Statistics;

Status quantizeWeights(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision) {
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  if (!weights || weights->dtype() != DType::F32 || setting(decision, "quantize") != "static")
    return {};
  LIMBECK_ASSIGN(RoundedWeights rounded, roundedWeights(anchor, *weights, decision));
  mlir::OpBuilder b(anchor);
  mlir::Value before = anchor.getAnchorWeights();
  LIMBECK_ASSIGN(mlir::Value after,
                 dequantizedConstant(b, before.getLoc(), rounded.stored, rounded.parameters));
  anchor->replaceUsesOfWith(before, after);
  return {};
}

std::shared_ptr<const Quantization> perColumn(const RoundedBlocks &rounded, DType storage) {
  Quantization parameters;
  parameters.axis = 1;
  parameters.highest = highest(storage);
  parameters.lowest = -parameters.highest;
  for (int64_t i = 0; i < rounded.scales.size(); ++i)
    parameters.scales.push_back(static_cast<float>(rounded.scales.asDouble(i)));
  parameters.zeroPoints.assign(parameters.scales.size(), 0);
  return std::make_shared<const Quantization>(std::move(parameters));
}

Expected<mlir::Value> dequantizedBlocks(mlir::OpBuilder &b, mlir::Location location,
                                        const RoundedBlocks &rounded, int64_t block) {
  auto constant = [&](const Tensor &tensor) -> Expected<mlir::Value> {
    LIMBECK_ASSIGN(mlir::RankedTensorType type,
                   graph::fromTensorType(b.getContext(), {tensor.dtype(), tensor.shape(), nullptr}));
    return graph::createConstant(b, location, tensor, type);
  };
  LIMBECK_ASSIGN(mlir::Value stored, constant(rounded.stored));
  LIMBECK_ASSIGN(mlir::Value scales, constant(rounded.scales));
  LIMBECK_ASSIGN(mlir::Value zeroPoints, constant(rounded.zeroPoints));
  auto f32 = b.getF32Type();
  auto type = mlir::RankedTensorType::get(rounded.stored.shape(), f32);
  return mlir::Value(graph::DequantizeByOp::create(b, location, type, stored, scales, zeroPoints,
                                                   b.getI64IntegerAttr(0), b.getI64IntegerAttr(block),
                                                   mlir::TypeAttr::get(f32)));
}

/// The weights alone: as integers that the matrix product reads in place of floats.
Status quantizeWeightsAlone(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision,
                            const Statistics *statistics) {
  auto weights = graph::constantOf(anchor.getAnchorWeights());
  if (!weights || weights->dtype() != DType::F32 || weights->rank() != 2 || weights->size() == 0)
    return {}; // reported where the decision was made
  LIMBECK_ASSIGN(BlockRounding rounding, blockRoundingOf(decision, weights->shape()[0]));
  bool blocks = setting(decision, "granularity") == "block";
  if (setting(decision, "weight_method") == "gptq") {
    LIMBECK_ASSIGN(rounding.gram, gramOf(decision, statistics));
    int64_t samples = statistics->tensors.find(setting(decision, kInputSetting))->second.samples;
    rounding.gramRows = samples * rowsOf(anchor.getAnchorInput());
  }
  mlir::OpBuilder b(anchor);
  mlir::Value before = anchor.getAnchorWeights(), after;
  if (setting(decision, "granularity") == "tensor") {
    LIMBECK_ASSIGN(RoundedWeights rounded, roundWeights(*weights, {.storage = rounding.storage,
                                                                   .axis = -1,
                                                                   .leastSquares = rounding.leastSquares,
                                                                   .leastScales = {}}));
    LIMBECK_ASSIGN(after, dequantizedConstant(b, before.getLoc(), rounded.stored, rounded.parameters));
  } else {
    LIMBECK_ASSIGN(RoundedBlocks rounded, roundBlocks(*weights, rounding));
    if (blocks) {
      LIMBECK_ASSIGN(after, dequantizedBlocks(b, before.getLoc(), rounded, rounding.block));
    } else {
      LIMBECK_ASSIGN(after, dequantizedConstant(b, before.getLoc(), rounded.stored,
                                                perColumn(rounded, rounding.storage)));
    }
  }
  anchor->replaceUsesOfWith(before, after);
  return {};
}

struct QuantizeWeightsPass : impl::QuantizeWeightsPassBase<QuantizeWeightsPass> {
  using QuantizeWeightsPassBase::QuantizeWeightsPassBase;
  explicit QuantizeWeightsPass(std::shared_ptr<const Statistics> given) : given(std::move(given)) {}

  void runOnOperation() override {
    if (Status status = readGiven(statistics, given); !status.ok()) {
      graph::emitDiagnostic(getOperation(), status.diagnostic());
      return signalPassFailure();
    }
    bool moved = true;
    getOperation()->walk([&](mlir::func::FuncOp function) {
      moved &= function.isExternal() || moveActivationAwareScales(function, given.get()).ok();
    });
    if (!moved)
      return signalPassFailure();
    getOperation()->walk([this](graph::AnchorOpInterface anchor) {
      auto decision = anchor->getAttrOfType<mlir::DictionaryAttr>(kDecisionAttribute);
      if (!decision)
        return;
      Status status = setting(decision, "quantize") == "weights"
                          ? quantizeWeightsAlone(anchor, decision, given.get())
                          : quantizeWeights(anchor, decision);
      if (!status.ok()) {
        graph::emitDiagnostic(anchor, status.diagnostic());
        signalPassFailure();
      }
    });
  }

private:
  std::shared_ptr<const Statistics> given;
};

} // namespace

std::unique_ptr<mlir::Pass> createQuantizeWeightsPass(std::shared_ptr<const Statistics> statistics) {
  return std::make_unique<QuantizeWeightsPass>(std::move(statistics));
}

} // namespace limbeck::quantize
