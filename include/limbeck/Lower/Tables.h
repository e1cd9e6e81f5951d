// Chains of element-wise ops that are a function of one 8-bit element: 256 results, computed now, looked up when they run.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

/// What `op` yields, as a table over the stored elements of `source`.
struct ByteTable {
  mlir::Value
      source; ///< 8 bits, of the result's shape; an operand of the region or the result of its core or of an op before
  Tensor values; ///< 256 stored results, indexed by the bits of the source element
};

/// The table of the longest chain that ends in `op`: nothing when its result or every value before it is wider than 8 bits, is
/// quantized per axis, or depends on two elements. Constants in the chain have one element.
std::optional<ByteTable> tableOf(KernelBuilder &kernel, mlir::Operation *op);

/// What the table does if it only clamps, in the order of `source`.
std::optional<Clamp> clampOf(const Tensor &values, DType source);

} // namespace limbeck::lower
