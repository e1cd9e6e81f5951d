// The instructions of AMX, with the tiles they work on as constants: whoever emits them owns the eight tiles.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::cpu {

class AmxInstructions {
public:
  explicit AmxInstructions(lower::KernelBuilder &kernel);

  /// Rows and bytes per row of the eight tiles, from now on: once per kernel, as it takes as long as ten products.
  void configure(llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> bytes);
  void zero(int64_t tile);
  /// Rows of memory, `stride` bytes apart. `streamed`: in a way that keeps the first cache for others.
  void load(int64_t tile, mlir::Value from, int64_t stride, bool streamed);
  void store(int64_t tile, mlir::Value to, int64_t stride);
  /// Asks for a line to be in the second cache.
  void prefetch(mlir::Value line);
  /// What tiles hold: bytes, whose weights are signed and whose sums are 32 bits modulo 2^32, or bf16 with sums in f32.
  enum class Products { UnsignedBytes, SignedBytes, BF16 };
  /// accumulator += inputs * weights.
  void dot(int64_t accumulator, int64_t inputs, int64_t weights, Products products);

  /// Address of byte `offset` of a buffer.
  mlir::Value address(mlir::Value buffer, mlir::Value offset);

private:
  mlir::Value number(int64_t value, unsigned bits);
  void intrinsic(llvm::StringRef name, mlir::ValueRange operands);

  lower::KernelBuilder &kernel;
  mlir::OpBuilder &b;
};

} // namespace limbeck::cpu
