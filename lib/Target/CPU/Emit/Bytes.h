// The way from accumulators to bytes: requantize, pack, clamp.
#pragma once
#include "ByteInstructions.h"
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Whether packing gives what the type holds: 8 bits, one scale, of f32.
bool packsTo(const TensorType &type);

/// How far the accumulators of one column can be from 0: it starts at `start` and adds products of bytes with weights whose
/// magnitudes sum to `weight`.
struct ColumnReach {
  int64_t start = 0, weight = 0;
  int64_t most() const { return std::abs(start) + 255 * weight; }
};

/// What replaces the conversion of the accumulators of each column: they start at `starts` beyond the bias, and their bits, times the
/// multiplier, plus `shifts` are the product (FusedRounding.h).
struct FusedProducts {
  std::vector<int64_t> starts;
  std::vector<float> shifts;
};
/// Nothing where the depth makes the search not worth its time, where the ISA does not multiply and add in one, or where one of the
/// columns has no such numbers.
std::optional<FusedProducts> fusedProducts(const Isa &isa, const lower::ContractionArithmetic &arithmetic,
                                           int64_t depth, llvm::ArrayRef<ColumnReach> columns);

/// f32(accumulator) * multipliers, rounded, for `packRequantized`. `shifts`: those of FusedProducts, or null. `bounded`: the product is
/// known to stay where rounding is exact, else it is clamped first.
mlir::Value requantizeForPacking(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                                 const TensorType &type, mlir::Value accumulator, mlir::Value multipliers,
                                 mlir::Value shifts, bool bounded);
/// Four of these plus the zero point as bytes of `type`: saturated, and clamped where its range is narrower than its storage.
mlir::Value packRequantized(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                            const TensorType &type, llvm::ArrayRef<mlir::Value> quarters,
                            ByteInstructions::Order order);

/// Whether rounding takes every accumulator of the column times `multiplier`.
bool staysBounded(const ColumnReach &column, float multiplier);

} // namespace limbeck::cpu
