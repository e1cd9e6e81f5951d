// Kernel emitters of the CPU: problem -> schedule -> atoms.
#pragma once
#include "limbeck/Lower/ProductAtom.h"
#include "limbeck/Target/CPU/Isa.h"

namespace limbeck::cpu {

/// Convolutions and matrix products with register tiles. Failure, with nothing emitted, where the general body serves.
mlir::LogicalResult emitTiledContraction(lower::KernelBuilder &kernel, const Isa &isa);
/// Matrix products with weights in blocks, of floats and of bytes in blocks.
mlir::LogicalResult emitFloatBlocks(lower::KernelBuilder &kernel, const Isa &isa);
mlir::LogicalResult emitIntegerBlocks(lower::KernelBuilder &kernel, const Isa &isa);
/// Depthwise convolutions of bytes.
mlir::LogicalResult emitDepthwiseConvolution(lower::KernelBuilder &kernel, const Isa &isa);
/// Matrix products of two activations of bytes.
mlir::LogicalResult emitActivationProduct(lower::KernelBuilder &kernel, const Isa &isa);
/// How the ISA multiplies two operands that no kernel knows before; null where one product a step serves as well.
std::unique_ptr<lower::ProductAtom> makeProductAtom(lower::KernelBuilder &kernel,
                                                    lower::ContractionArithmetic &arithmetic, const Isa &isa);
/// accumulator + two products of the bf16 values in every lane of `x` and `w`, vectors of pairs as i16 (BF16Atom.cpp).
mlir::Value emitDotOfBF16(lower::KernelBuilder &kernel, mlir::Value accumulator, mlir::Value x,
                          mlir::Value w);
/// A vector of 64 i32 that fit a byte as bytes; null, with nothing emitted, where the ISA has no packs for it.
mlir::Value emitBytePack(lower::KernelBuilder &kernel, const Isa &isa, mlir::Value wide, bool isSigned);
/// A vector of 16, 32 or 64 bytes without sign as four of f32, each 2^23 more; and four such vectors, rounded, as bytes of `type`.
llvm::SmallVector<mlir::Value> emitByteFloats(lower::KernelBuilder &kernel, const Isa &isa,
                                              mlir::Value bytes);
mlir::Value emitRoundedBytes(lower::KernelBuilder &kernel, const Isa &isa,
                             llvm::ArrayRef<mlir::Value> quarters, const TensorType &type);
/// A vector of 64 f32, on x86 of four times its lanes, as bytes of `type`; null, with nothing emitted, for others.
mlir::Value emitQuantizedBytes(lower::KernelBuilder &kernel, const Isa &isa, mlir::Value t,
                               const TensorType &type);
/// A vector of 16 f32 rounded to bf16, as i16; null, with nothing emitted, where the ISA has no instruction for it.
mlir::Value emitRoundToBF16(lower::KernelBuilder &kernel, const Isa &isa, mlir::Value x);
/// a * 2^n of vectors of 16 f32, or of several times as many; null, with nothing emitted, where the ISA has no instruction for it.
mlir::Value emitScale(lower::KernelBuilder &kernel, const Isa &isa, mlir::Value a, mlir::Value n);
/// Whether its products of bytes take inputs without sign only.
bool readsUnsignedBytes(const Isa &isa);
/// A table of 256 bytes as the next one reads it: behind the bytes themselves, there may be others.
Tensor arrangeByteTable(const Isa &isa, const Tensor &values);
/// A vector of bytes looked up in a table of 256 `values`, which so arranged is the memref `table`; null, with nothing emitted, where the ISA has no instruction for it.
mlir::Value emitByteLookup(lower::KernelBuilder &kernel, const Isa &isa, const Tensor &values,
                           mlir::Value table, mlir::Value positions);
/// A function of two vectors of bytes without sign as words multiplied in pairs; null, with nothing emitted, where the ISA has no
/// instruction for it.
mlir::Value emitPairForm(lower::KernelBuilder &kernel, const Isa &isa, const lower::PairForm &form,
                         mlir::Value first, mlir::Value second);

} // namespace limbeck::cpu
