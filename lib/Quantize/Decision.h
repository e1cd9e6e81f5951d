// The attribute `calib.decision` of a contraction, as the passes behind insert-observers read it.
#pragma once
#include "RoundBlocks.h"
#include "RoundWeights.h"
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::quantize {

/// The value of one setting; empty when it is not there.
llvm::StringRef setting(mlir::DictionaryAttr decision, llvm::StringRef key);

/// The axis of the weights that runs over output channels.
int64_t weightAxis(graph::AnchorOpInterface anchor);

/// How 8-bit weights are rounded; E-UNSUPPORTED for what integer contractions do not take.
Expected<WeightRounding> roundingOf(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision);

/// 8-bit weights of a contraction, rounded as its decision says; no scale takes the bias out of 32 bits.
Expected<RoundedWeights> roundedWeights(graph::AnchorOpInterface anchor, const Tensor &weights,
                                        mlir::DictionaryAttr decision);

/// How weights of `depth` rows are rounded where activations stay floats. A block is a column where the granularity is no block.
/// E-UNSUPPORTED for combinations that there are not.
Expected<BlockRounding> blockRoundingOf(mlir::DictionaryAttr decision, int64_t depth);

/// Whether weights are rounded by the Gram matrix of the inputs: gptq and awq.
bool roundsByGram(mlir::DictionaryAttr decision);

/// The entry of a decision that names the `calib.stat` of the contraction's input, where weights are rounded by it.
inline constexpr llvm::StringLiteral kInputSetting = "input";
/// The entry that names the `calib.stat` of its result, where the bias is corrected by that.
inline constexpr llvm::StringLiteral kResultSetting = "result";

} // namespace limbeck::quantize
