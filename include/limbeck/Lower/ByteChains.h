// Chains of element-wise ops that are a function of one 8-bit element.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::lower {

struct ByteChain {
  mlir::Value source;                       ///< 8 bits, of the result's shape
  llvm::SmallVector<mlir::Operation *> ops; ///< in order, from what reads `source` to what yields the result
};

/// The value of a constant, seen from inside of a region: that of the operand for an argument.
std::optional<Tensor> constantIn(graph::FusedOp region, mlir::Value value);

/// The longest chain that ends in `op`, an op of `region`: nothing when its result or every value before it is wider than 8 bits, is
/// quantized per axis, or depends on two elements; or when all ops only hand on what is stored. Constants in the chain have one element.
std::optional<ByteChain> byteChainOf(graph::FusedOp region, mlir::Operation *op);

} // namespace limbeck::lower
