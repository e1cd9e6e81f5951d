// The epilogue of tiles whose results are bytes: requantized one vector at a time, packed four at a time.
#pragma once
#include "Atoms.h"
#include "Bytes.h"

namespace limbeck::cpu {

class ByteEpilogue {
public:
  /// Quantized results of 8 bits with one scale, accumulators of whole vectors.
  static bool applies(const lower::ContractionArithmetic &arithmetic, const Tile &tile, const Isa &isa);
  ByteEpilogue(lower::KernelBuilder &kernel, const lower::ContractionArithmetic &arithmetic,
               const WeightMatrix &weights, const Tile &tile, const Isa &isa);

  /// How far the accumulators of each column can be from 0.
  static std::vector<ColumnReach> reachOf(lower::KernelBuilder &kernel,
                                          const lower::ContractionArithmetic &arithmetic,
                                          const WeightMatrix &weights);

  /// The accumulators of vector `vector` of the panel whose first column is `base`, bias included, as i32 for `pack`.
  mlir::Value requantize(mlir::Value accumulator, mlir::Value base, int64_t vector);
  /// Four of these as bytes.
  mlir::Value pack(llvm::ArrayRef<mlir::Value> quarters);

private:
  lower::KernelBuilder &kernel;
  ByteInstructions instructions;
  const TensorType &type;
  Tile tile;
  bool bounded = true;
  std::optional<float> single; ///< the multiplier, if there is one for all columns
  mlir::Value multipliers;     ///< of every column, in whole panels
  mlir::Value shifts;          ///< the same, where products are fused
};

} // namespace limbeck::cpu
