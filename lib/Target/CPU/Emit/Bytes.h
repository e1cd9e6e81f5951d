// 32-bit integers to bytes with the saturating packs of AVX-512.
#pragma once
#include "limbeck/Lower/ContractionArithmetic.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

/// Whether the ISA packs four vectors of 16 into one of 64.
inline bool packsBytes(const Isa &isa) {
  return isa.has("avx512bw");
}

/// In which order the four vectors hold the 64 results.
enum class QuarterOrder {
  Natural, ///< vector j, lane l: element 16 * j + l
  Dealt, ///< vector j, lane 4 * i + k: element 16 * i + 4 * j + k, as interleaving inside 128 bits leaves them
};

/// Four vectors of 16 i32 as 64 bytes, saturated to the range of s8 or u8.
mlir::Value packBytes(lower::KernelBuilder &kernel, llvm::ArrayRef<mlir::Value> quarters, bool isSigned,
                      QuarterOrder order);

/// f32(accumulator) * multipliers, rounded, plus the zero point, for results that packBytes saturates. `bounded`: the product is
/// known to stay where rounding is exact, else it is clamped first.
mlir::Value requantizeForPacking(lower::KernelBuilder &kernel, const TensorType &type,
                                 mlir::Value accumulator, mlir::Value multipliers, bool bounded);
/// What packing leaves to do where the type's range is narrower than its storage.
mlir::Value clampPacked(lower::KernelBuilder &kernel, const TensorType &type, mlir::Value bytes);

/// Whether rounding takes every accumulator that starts at `start` and adds products of bytes with weights whose magnitudes sum to
/// `weight`, times `multiplier`.
inline bool staysBounded(int64_t start, int64_t weight, float multiplier) {
  double most = (static_cast<double>(std::abs(start)) + 255.0 * static_cast<double>(weight)) * multiplier;
  return most < 4194304.0 - 512; // 2^22, less the zero point
}

} // namespace limbeck::cpu
