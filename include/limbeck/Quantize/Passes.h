// Passes of stage Quantize.
#pragma once
#include "limbeck/Quantize/Recipe.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace limbeck::calibration {
struct Statistics;
}

namespace limbeck::quantize {

/// Name of the module attribute (a string) that holds what convolutions and matrix products of floats read: "bf16". Without it, f32.
inline constexpr llvm::StringLiteral kPrecisionAttribute = "limbeck.precision";
/// Of a contraction: the settings of the recipe for it, a dictionary of strings, from insert-observers to quantize-bias.
inline constexpr llvm::StringLiteral kDecisionAttribute = "calib.decision";

/// Of a `quantize` or a contraction in front of stage Quantize: what was known and who chose, a dictionary for readers. No pass
/// acts on it; stage Quantize begins with dropping it.
inline constexpr llvm::StringLiteral kChosenAttribute = "calib.chosen";

/// Of a `calib.stat`: what is collected of its tensor, a string as `--collect` takes it. Without it, what the pass is told.
inline constexpr llvm::StringLiteral kCollectAttribute = "calib.collect";

/// Of a multiplication that smooth made: it stays float, whatever the rules say.
inline constexpr llvm::StringLiteral kSmoothingAttribute = "calib.smoothing";

/// What open-biases adds: inputs and results of f32[channels].
inline constexpr llvm::StringLiteral kCorrectionPrefix = "limbeck.correction:", kMeanPrefix = "limbeck.mean:";

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "limbeck/Quantize/Passes.h.inc"

/// Observes by the default recipe with these rules behind it. `inputs`: only what smoothing asks for, and without remarks.
std::unique_ptr<mlir::Pass> createInsertObserversPass(Recipe recipe, bool inputs = false);
/// Smooths by statistics in memory.
std::unique_ptr<mlir::Pass> createSmoothPass(std::shared_ptr<const calibration::Statistics> statistics);
/// Reads ranges from statistics in memory.
std::unique_ptr<mlir::Pass> createChooseRangesPass(std::shared_ptr<const calibration::Statistics> statistics);
/// Corrects biases by statistics in memory.
std::unique_ptr<mlir::Pass> createCorrectBiasPass(std::shared_ptr<const calibration::Statistics> statistics);
/// Rounds weights by statistics in memory, where a decision asks for them.
std::unique_ptr<mlir::Pass>
createQuantizeWeightsPass(std::shared_ptr<const calibration::Statistics> statistics);

} // namespace limbeck::quantize
