// What of a batch can be computed sample by sample. Sample n of a tensor is its slice n along dimension 0: so many neighbouring bytes.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::graph {

/// Whether slice n of every result of `op` follows from slice n of the operands that vary with the sample, and from the others whole.
/// `varies` has an entry for each operand. False where that is not proven.
bool keepsSamples(mlir::Operation *op, llvm::ArrayRef<bool> varies);
/// The type of one sample.
mlir::RankedTensorType sampleType(mlir::RankedTensorType type);

} // namespace limbeck::graph
