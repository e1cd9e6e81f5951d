// Weights of matrix products as integers with a scale per block of a column.
#pragma once
#include "limbeck/Calibration/GramSum.h"
#include "limbeck/Tensor/Tensor.h"

namespace limbeck::quantize {

struct BlockRounding {
  DType storage = DType::S4; ///< s8 or s4: symmetric; u4: with zero points
  int64_t block = 32; ///< weights of a column, one behind the other along the depth, that share a scale
  bool leastSquares =
      false;              ///< mse: scales whose rounding and clipping err least, else those that clip nothing
  bool halfScales = true; ///< scales of f16 where their range allows that
  const calibration::GramSum *gram = nullptr; ///< gptq: of the inputs; null: round to nearest
  int64_t gramRows = 0;                       ///< rows of inputs behind it; 0 where that is not known
};

struct RoundedBlocks {
  Tensor stored;     ///< [depth][columns]
  Tensor scales;     ///< [blocks][columns], f16 or f32
  Tensor zeroPoints; ///< [blocks][columns], of the storage
};

/// Symmetric: q = round(w / scale) in [-h, h], scale = max|w| / h over the block. u4: q = round(w / scale) + zero point in [0, 15], scale =
/// (greatest - least) / 15, where 0 is one of the weights. With a Gram matrix, scales are those, and values are chosen one
/// product after the other so that the error of the sums is least. `weights` is f32 of rank 2. E-DTYPE for weights that are not
/// finite; E-CALIB for a Gram matrix of another size.
Expected<RoundedBlocks> roundBlocks(const Tensor &weights, const BlockRounding &rounding);

} // namespace limbeck::quantize
