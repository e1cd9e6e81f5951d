// The patterns that fusion replaces: an op between dequantize and quantize, and a contraction behind dequantize. One analysis
// for the pass and for its contract.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Support/Status.h"

namespace limbeck::quantize {

struct QDQMatch {
  mlir::Operation *op = nullptr;
  mlir::Operation *activation = nullptr; ///< a relu or clip behind it that becomes a range of the result
  graph::QuantizeOp quantize;            ///< null for a contraction whose result is read as float
  llvm::SmallVector<mlir::Value>
      operands;          ///< quantized where they were dequantized; a bias is plain s32 afterwards
  mlir::Value floatBias; ///< of a contraction with a float result: added behind it
  mlir::RankedTensorType resultType; ///< with the range of the activation

  bool isAnchor() const { return mlir::isa<graph::AnchorOpInterface>(op); }
};

/// Whether some operand comes from a dequantize: then a failed match is worth a reason.
bool hasDequantizedOperand(mlir::Operation *op);
/// The match at a compute op, or the reason why it stays in float.
Expected<QDQMatch> matchQDQ(mlir::Operation *op);

} // namespace limbeck::quantize
