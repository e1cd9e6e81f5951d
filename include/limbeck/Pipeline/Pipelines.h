// The passes of every stage. Pipelines only build lists; nothing runs here.
#pragma once
#include "limbeck/Pipeline/Stages.h"
#include "limbeck/Quantize/Recipe.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

namespace limbeck::calibration {
struct Statistics;
}

namespace limbeck::pipeline {

/// Appends the passes of a stage, its verify pass last. Import has none: the importer makes the module.
void buildStage(Stage stage, mlir::OpPassManager &passes);
/// Turns a float module behind stage Graph into one of quantize and dequantize pairs, which stage Quantize takes: what the default
/// recipe and the rules behind it choose, with ranges from statistics. Steps behind `last` are left out.
void buildQuantization(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                       mlir::OpPassManager &passes, QuantizationStep last = QuantizationStep::Round);
/// All from `first` to `last`, both included.
void buildStages(Stage first, Stage last, mlir::OpPassManager &passes);
/// Behind stage Graph: observers where the default recipe and the rules behind it want them, lowered to results that leave the
/// function. Statistics give the magnitudes that smoothing asks for.
void buildObservers(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                    llvm::StringRef collect, mlir::OpPassManager &passes);
/// Behind stage Graph: factors moved as the rules say (equalize and smooth), decisions and observers.
void buildObserved(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                   mlir::OpPassManager &passes);
/// Behind stage Graph: equalized, with the magnitudes that smoothing asks for as results that leave the function.
void buildMagnitudes(quantize::Recipe recipe, mlir::OpPassManager &passes);
/// The same as buildQuantization, but that biases are corrected by inputs, and means leave the function: open-biases.
void buildOpenBiases(quantize::Recipe recipe, std::shared_ptr<const calibration::Statistics> statistics,
                     mlir::OpPassManager &passes);
/// Set on a module, the name of the stage that it is behind: `--to` writes it, limbeck-opt's pipelines of stages too, and `--from`
/// refuses to skip one.
inline constexpr llvm::StringLiteral kStageAttribute = "limbeck.stage";
void markStage(mlir::ModuleOp module, Stage stage);
/// Makes `limbeck-stage-NAME` known to limbeck-opt for every stage that has passes.
void registerPipelines();

} // namespace limbeck::pipeline
