// The way from accumulators to bytes: requantize, pack, clamp.
#pragma once
#include "ByteInstructions.h"
#include "limbeck/Lower/ContractionArithmetic.h"

namespace limbeck::cpu {

/// Whether packing gives what the type holds: 8 bits, one scale, of f32.
bool packsTo(const TensorType &type);

/// f32(accumulator) * multipliers, rounded, plus the zero point, for results that packing saturates. `bounded`: the product is
/// known to stay where rounding is exact, else it is clamped first.
mlir::Value requantizeForPacking(lower::KernelBuilder &kernel, const TensorType &type,
                                 mlir::Value accumulator, mlir::Value multipliers, bool bounded);
/// What packing leaves to do where the type's range is narrower than its storage.
mlir::Value clampPacked(lower::KernelBuilder &kernel, const TensorType &type, mlir::Value bytes);

/// Whether rounding takes every accumulator that starts at `start` and adds products of bytes with weights whose magnitudes sum to
/// `weight`, times `multiplier`.
bool staysBounded(int64_t start, int64_t weight, float multiplier);

} // namespace limbeck::cpu
