// A contraction whose input is divided by a factor per channel, and its weights multiplied.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Support/Status.h"

namespace limbeck::quantize {

/// The input over the factors, one for each of its channels: a product in front of the contraction.
Expected<mlir::Value> dividedInput(graph::AnchorOpInterface anchor, std::span<const double> factors);
/// Constant weights of a contraction that takes factors, times the factor of the channel that each meets.
Status multiplyWeights(graph::AnchorOpInterface anchor, std::span<const double> factors);

} // namespace limbeck::quantize
