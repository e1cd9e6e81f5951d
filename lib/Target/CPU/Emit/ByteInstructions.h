// The instructions for bytes that x86 has at every width: products of bytes summed in fours, saturating packs.
#pragma once
#include "Schedule.h"
#include "limbeck/Lower/KernelBuilder.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

/// Vectors of `lanes` 32-bit values, four times as many bytes: 4 (SSE2), 8 (AVX2) or 16 (AVX-512) lanes.
class ByteInstructions {
public:
  /// Whether the ISA is one of x86.
  static bool available(const Isa &isa) { return isa.architecture == artifact::Architecture::X86_64; }
  ByteInstructions(lower::KernelBuilder &kernel, const Isa &isa);

  int64_t lanes() const { return count; }
  mlir::VectorType bytes() const;
  mlir::VectorType dwords() const;

  /// accumulator + four products of unsigned bytes of `x` and signed bytes of `w` in every lane, modulo 2^32: vpdpbusd, or pmaddwd of
  /// the even and the odd bytes.
  mlir::Value dot(mlir::Value accumulator, mlir::Value x, mlir::Value w);
  /// What a step of such products takes: without vpdpbusd, inputs and weights are split into even and odd bytes.
  StepCost stepCost() const { return dotProducts ? StepCost{} : StepCost{4, 2, 2, 3, 4}; }

  /// In which order four vectors of i32 hold 4 * lanes results.
  enum class Order {
    Natural, ///< vector j, lane l: element lanes * j + l
    Dealt, ///< vector j, lane 4 * i + k: element 16 * i + 4 * j + k, as interleaving inside 128 bits leaves them
  };
  /// Four vectors of i32 as bytes, saturated to the range of s8 or u8.
  mlir::Value pack(llvm::ArrayRef<mlir::Value> quarters, bool isSigned, Order order);
  /// punpckl / punpckh: units of `unit` bytes of the lower or upper half of each 128 bits, alternately from a and c.
  mlir::Value interleave(mlir::Value a, mlir::Value c, int64_t unit, bool upper);

private:
  mlir::VectorType vector(int64_t elements, unsigned bits) const;
  mlir::Value intrinsic(llvm::StringRef name, mlir::Type type, mlir::ValueRange operands);
  /// The name of an instruction at this width.
  llvm::StringRef at(llvm::StringRef sse2, llvm::StringRef avx2, llvm::StringRef avx512) const;
  mlir::Value bitcast(mlir::Type type, mlir::Value value);

  lower::KernelBuilder &kernel;
  mlir::OpBuilder &b;
  int64_t count;
  bool dotProducts;
};

} // namespace limbeck::cpu
