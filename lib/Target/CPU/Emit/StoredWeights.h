// Weights of a matrix product of floats that are stored as integers with scales.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::cpu {

/// The weight of product k and column n is float(values[k][n] - zeroPoints[k / block][n]) * scales[k / block][n].
struct StoredWeights {
  Tensor values;                    ///< [depth][columns], of 4 or 8 bits, one to a byte
  Tensor scales;                    ///< [blocks][columns], f32 or f16
  std::optional<Tensor> zeroPoints; ///< [blocks][columns], f32; none where all are 0
  int64_t block = 0;                ///< products that share a scale

  int64_t depth() const { return values.shape()[0]; }
  int64_t columns() const { return values.shape()[1]; }
  int64_t blocks() const { return scales.shape()[0]; }
};

/// The weights that a `dequantize` or `dequantize_by` in front of the core makes f32 of: constants of 4 or 8 bits with one scale for
/// all, per column, or per block of a column. Nothing for others.
std::optional<StoredWeights> storedWeights(lower::KernelBuilder &kernel, mlir::Value weights);

} // namespace limbeck::cpu
