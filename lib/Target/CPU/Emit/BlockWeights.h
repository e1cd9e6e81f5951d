// Weights in blocks: integers that share a scale and a zero point along the depth of a column, and how kernels hold them.
#pragma once
#include "Atoms.h"

namespace limbeck::cpu {

/// The constant weights of a `matmul_blocks` or `matmul_integer_blocks`.
struct BlockWeights {
  Tensor values;                    ///< [depth][columns], of 4 or 8 bits, one to a byte
  Tensor scales;                    ///< [blocks][columns], f32 or f16
  std::optional<Tensor> zeroPoints; ///< [blocks][columns], s32; none where all are 0
  int64_t block = 0;                ///< weights of a column that share a scale

  int64_t depth() const { return values.shape()[0]; }
  int64_t columns() const { return values.shape()[1]; }
  int64_t blocks() const { return scales.shape()[0]; }
  DType dtype() const { return values.dtype(); }
  bool nibbles() const { return bitWidth(dtype()) == 4; }
};

/// Nothing where one of them is no constant.
std::optional<BlockWeights> blockWeights(lower::KernelBuilder &kernel, mlir::Operation *op);

/// [blocks][columns] as [panels][blocks][panel], zero beyond the last column.
Tensor packParameters(const Tensor &parameters, const BlockWeights &weights, const Tile &tile);
/// [panels][blocks][block / unit, rounded up][panel][unit] bytes, zero beyond the last column and the last weight of a block.
Tensor packBlocks(const BlockWeights &weights, const Tile &tile, int64_t unit);

} // namespace limbeck::cpu
