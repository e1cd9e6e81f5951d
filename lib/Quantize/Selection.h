// Which ops of a float function work on 8 bits, and which of their values are stored so.
//
// Contractions that the recipe names are quantized for their own sake. Any other op that it names is quantized only where all it
// reads is there in 8 bits and a quantized op reads what it makes: otherwise rounding would cost accuracy and buy nothing. A chain
// of element-wise ops over one tensor is one function of it, so nothing inside the chain is rounded.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Quantize/Recipe.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace limbeck::quantize {

/// What is to be done with one op.
struct OpSelection {
  Decision decision;
  bool quantized = false;
  std::string reason; ///< why an op that the recipe names stays float
};

/// A value that is stored in 8 bits, as the rules for all ops say that read it so.
struct StoredValue {
  mlir::Value value;
  Decision decision;
  mlir::Value like; ///< another stored value, whose parameters it takes; or null
};

struct Selection {
  llvm::MapVector<mlir::Operation *, OpSelection>
      ops;                         ///< those that the recipe does not leave alone, in order
  std::vector<StoredValue> values; ///< each once
};

Selection select(mlir::func::FuncOp function, const RecipeMatcher &matcher);

/// The activations that a contraction reads: its input, and its right operand where that is no constant.
llvm::SmallVector<mlir::Value, 2> activationsOf(graph::AnchorOpInterface anchor);

} // namespace limbeck::quantize
