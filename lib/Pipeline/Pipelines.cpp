// The order of passes in every stage, with the reason for each place.
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/Transforms/Passes.h"
#include "limbeck/Layout/Passes.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

namespace limbeck::pipeline {

static void buildGraph(mlir::OpPassManager &passes) {
  // First, so that the parameters of batch normalization are constants where they are computed from some.
  passes.addPass(graph::createFoldConstantsPass());
  // In front of the two that look at what is directly behind a convolution.
  passes.addPass(graph::createSinkReshapesPass());
  // In front of the next, which takes a convolution with its bias.
  passes.addPass(graph::createFoldBiasPass());
  passes.addPass(graph::createFoldBatchNormPass());
  // Behind both: they leave constants that nothing uses, and equal ones.
  passes.addPass(graph::createCanonicalizePass());
  passes.addPass(mlir::createCSEPass());
  passes.addPass(graph::createVerifyGraphPass());
}

void buildObserved(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                   mlir::OpPassManager &passes) {
  if (!quantize::scalingText(recipe).empty()) {
    // Factors move in the float graph, as decisions say; what is stored in integers is decided on the graph behind it.
    passes.addPass(quantize::createInsertObserversPass(recipe, /*inputs=*/true));
    passes.addPass(quantize::createEqualizePass());
    // Behind it: the magnitudes are those of the equalized model.
    passes.addPass(quantize::createSmoothPass(std::move(statistics)));
  }
  passes.addPass(quantize::createInsertObserversPass(std::move(recipe)));
}

void buildMagnitudes(quantize::Recipe recipe, mlir::OpPassManager &passes) {
  passes.addPass(quantize::createInsertObserversPass(std::move(recipe), /*inputs=*/true));
  passes.addPass(quantize::createEqualizePass());
  quantize::LowerObserversPassOptions options;
  options.collect = "minmax,histogram,channels,gram";
  passes.addPass(quantize::createLowerObserversPass(options));
}

/// Up to activations with scales.
static void buildRanges(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                        mlir::OpPassManager &passes, QuantizationStep last = QuantizationStep::Fold) {
  // What is quantized is decided on the graph as calibration saw it.
  buildObserved(std::move(recipe), statistics, passes);
  if (last == QuantizationStep::Observe)
    return;
  passes.addPass(quantize::createChooseRangesPass(std::move(statistics)));
  if (last == QuantizationStep::Choose)
    return;
  passes.addPass(quantize::createFoldCalibrationPass());
  // What needs no statistics.
  passes.addPass(quantize::createQuantizeDynamicallyPass());
}

void buildQuantization(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                       mlir::OpPassManager &passes, QuantizationStep last) {
  buildRanges(std::move(recipe), statistics, passes, last);
  if (last != QuantizationStep::Round)
    return;
  // In front of rounding weights, which leaves nothing to compare them with.
  passes.addPass(quantize::createCorrectBiasPass(statistics));
  // Behind the scales of activations, which say how much room a bias needs.
  passes.addPass(quantize::createQuantizeWeightsPass(std::move(statistics)));
  // Last: a bias has the scales of input and weights.
  passes.addPass(quantize::createQuantizeBiasPass());
  // The float weights that nothing reads any more.
  passes.addPass(graph::createCanonicalizePass());
}

void buildOpenBiases(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                     mlir::OpPassManager &passes) {
  buildRanges(std::move(recipe), statistics, passes);
  passes.addPass(quantize::createQuantizeWeightsPass(std::move(statistics)));
  passes.addPass(quantize::createOpenBiasesPass());
  passes.addPass(graph::createCanonicalizePass());
}

static void buildQuantize(mlir::OpPassManager &passes) {
  // First: the passes behind it read parameters from types only.
  passes.addPass(quantize::createFoldParametersPass());
  // Behind it: what is constant is in types now.
  passes.addPass(quantize::createSplitZeroPointsPass());
  // Before fusing, which matches ops directly between dequantize and quantize.
  passes.addPass(quantize::createPropagateQDQPass());
  passes.addPass(quantize::createFuseQDQPass());
  // Behind it: a product whose input is integers, too, is no product of floats any more.
  passes.addPass(quantize::createFuseBlocksPass());
  // Behind fusing, as a pair that is joined here is no longer there to be fused with its neighbours.
  passes.addPass(quantize::createFoldRequantizePass());
  // Last: what became integers stays so. Then weights are rounded, and those of the module without it.
  passes.addPass(quantize::createReducePrecisionPass());
  passes.addPass(quantize::createHalveWeightsPass());
  passes.addPass(graph::createFoldConstantsPass());
  passes.addPass(graph::createCanonicalizePass());
  passes.addPass(quantize::createVerifyQuantizePass());
}

static void buildLayout(mlir::OpPassManager &passes) {
  // First: the other two work on whatever layout there is.
  passes.addPass(layout::createConvertToNHWCPass());
  // Behind the layout, so that the pad is written in the order in which its convolution reads it.
  passes.addPass(layout::createMaterializePaddingPass());
  // Transposes of weights are computed now; then those that nothing uses and equal ones go.
  passes.addPass(graph::createFoldConstantsPass());
  passes.addPass(graph::createCanonicalizePass());
  passes.addPass(mlir::createCSEPass());
  passes.addPass(layout::createVerifyLayoutPass());
}

static void buildFuse(mlir::OpPassManager &passes) {
  // First: each part becomes a region of its own.
  passes.addPass(fuse::createSplitConcatPass());
  // In front of fusing, so that each border finds the op that it surrounds.
  passes.addPass(fuse::createSplitBordersPass());
  passes.addPass(fuse::createFormFusionsPass());
  passes.addPass(fuse::createJoinAttentionPass());
  passes.addPass(fuse::createJoinConcatsPass());
  passes.addPass(fuse::createVerifyFusePass());
}

static void buildLower(mlir::OpPassManager &passes) {
  // First: the target is known here, and what kernels are written for is types.
  passes.addPass(lower::createStoreUnsignedPass());
  // Behind it, whose sets of values know no bodies of samples; kernels are written for what is in one.
  passes.addPass(lower::createSplitSamplesPass());
  passes.addPass(lower::createLowerToKernelsPass());
  mlir::OpPassManager &functions = passes.nest<mlir::func::FuncOp>();
  functions.addPass(lower::createShareLoopsPass());
  // Emitters write plain code; what is constant or computed twice in it goes here, while loops are still loops.
  functions.addPass(graph::createCanonicalizePass());
  functions.addPass(mlir::createCSEPass());
  // Last: launches that canonicalization removes need no memory.
  functions.addPass(lower::createPlanMemoryPass());
  // Behind the clean-up: launches of one kernel look the same to it, and copies for two outputs must stay two.
  passes.addPass(lower::createShareKernelsPass());
  passes.addPass(lower::createVerifyLowerPass());
}

void buildStage(Stage stage, mlir::OpPassManager &passes) {
  switch (stage) {
  case Stage::Import:
    return;
  case Stage::Graph:
    return buildGraph(passes);
  case Stage::Quantize:
    return buildQuantize(passes);
  case Stage::Layout:
    return buildLayout(passes);
  case Stage::Fuse:
    return buildFuse(passes);
  case Stage::Lower:
    return buildLower(passes);
  }
}

void buildStages(Stage first, Stage last, mlir::OpPassManager &passes) {
  for (Stage stage : allStages())
    if (first <= stage && stage <= last)
      buildStage(stage, passes);
}

void buildObservers(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                    llvm::StringRef collect, mlir::OpPassManager &passes) {
  buildObserved(std::move(recipe), std::move(statistics), passes);
  quantize::LowerObserversPassOptions options;
  options.collect = collect.str();
  passes.addPass(quantize::createLowerObserversPass(options));
}

void markStage(mlir::ModuleOp module, Stage stage) {
  std::string_view text = name(stage);
  module->setAttr(kStageAttribute,
                  mlir::StringAttr::get(module.getContext(), llvm::StringRef(text.data(), text.size())));
}

namespace {
/// Behind a stage that limbeck-opt runs, so that compile --from takes its text for what it is.
struct MarkStage : mlir::PassWrapper<MarkStage, mlir::OperationPass<mlir::ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MarkStage)
  explicit MarkStage(Stage stage) : stage(stage) {}
  llvm::StringRef getArgument() const override { return "limbeck-mark-stage"; }
  llvm::StringRef getDescription() const override { return "Write the stage that the module is behind"; }
  void runOnOperation() override { markStage(getOperation(), stage); }

private:
  Stage stage;
};
} // namespace

void registerPipelines() {
  for (Stage stage : allStages()) {
    if (stage == Stage::Import)
      continue;
    std::string flag = "limbeck-stage-" + std::string(name(stage)),
                about = "behind it " + std::string(description(stage));
    auto build = [stage](mlir::OpPassManager &passes, llvm::StringRef,
                         mlir::function_ref<mlir::LogicalResult(const llvm::Twine &)>) {
      buildStage(stage, passes);
      passes.addPass(std::make_unique<MarkStage>(stage));
      return mlir::success();
    };
    mlir::registerPassPipeline(flag, about, build,
                               [](mlir::function_ref<void(const mlir::detail::PassOptions &)>) {});
  }
}

} // namespace limbeck::pipeline
