// The way from accumulators to bytes: requantize, pack, clamp.
#pragma once
#include "ByteInstructions.h"
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Whether packing gives what the type holds: 8 bits, one scale, of f32.
bool packsTo(const TensorType &type);

/// f32(accumulator) * multipliers, rounded, for `packRequantized`. `bounded`: the product is known to stay where rounding is exact,
/// else it is clamped first.
mlir::Value requantizeForPacking(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                                 const TensorType &type, mlir::Value accumulator, mlir::Value multipliers,
                                 bool bounded);
/// Four of these plus the zero point as bytes of `type`: saturated, and clamped where its range is narrower than its storage.
mlir::Value packRequantized(lower::KernelBuilder &kernel, ByteInstructions &instructions,
                            const TensorType &type, llvm::ArrayRef<mlir::Value> quarters,
                            ByteInstructions::Order order);

/// Whether rounding takes every accumulator that starts at `start` and adds products of bytes with weights whose magnitudes sum to
/// `weight`, times `multiplier`.
bool staysBounded(int64_t start, int64_t weight, float multiplier);

} // namespace limbeck::cpu
