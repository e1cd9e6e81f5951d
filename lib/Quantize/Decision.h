// The attribute `calib.decision` of a contraction, as the passes behind insert-observers read it.
#pragma once
#include "RoundWeights.h"
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::quantize {

/// The value of one setting; empty when it is not there.
llvm::StringRef setting(mlir::DictionaryAttr decision, llvm::StringRef key);

/// The axis of the weights that runs over output channels.
int64_t weightAxis(graph::AnchorOpInterface anchor);

/// How 8-bit weights are rounded; E-UNSUPPORTED for what integer contractions do not take.
Expected<WeightRounding> roundingOf(graph::AnchorOpInterface anchor, mlir::DictionaryAttr decision);

} // namespace limbeck::quantize
