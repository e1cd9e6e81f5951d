// How much a Gram matrix stands on.
#pragma once
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace limbeck::quantize {

/// The rows that one sample gives a contraction over the last axis of `input`; an open dimension counts as 1.
inline int64_t rowsOf(mlir::Value input) {
  int64_t rows = 1;
  for (int64_t size : mlir::cast<mlir::RankedTensorType>(input.getType()).getShape().drop_back())
    rows *= mlir::ShapedType::isDynamic(size) ? 1 : size;
  return rows;
}

} // namespace limbeck::quantize
