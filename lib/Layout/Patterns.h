// The rewrites that move transposes, by what they move them past.
#pragma once
#include "mlir/IR/PatternMatch.h"

namespace limbeck::layout {

/// Behind pointwise ops, and behind ops whose attributes name dimensions.
void populateSinkTransposePatterns(mlir::RewritePatternSet &patterns);
/// Past reshapes, in either direction.
void populateExchangeReshapePatterns(mlir::RewritePatternSet &patterns);

} // namespace limbeck::layout
