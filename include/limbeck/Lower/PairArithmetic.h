// How a kernel computes an op on two 8-bit elements: as arithmetic on integers, or with a multiplication in place of a division.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

/// What holds for `op`, by comparing all 65,536 pairs with the interpreter's own functions: the form of a sum, difference or product,
/// where the target multiplies and adds in one; else a factor r with quantize(x * r) == quantize(x / scale) for every element x, and
/// whether the elements are bounded. None of it where operands or result are no bytes with one scale.
PairArithmetic provenPairArithmetic(KernelBuilder &kernel, mlir::Operation *op);

/// The stored result of `op`, which has that form, from the stored elements of its operands.
mlir::Value emitPairForm(KernelBuilder &kernel, mlir::Operation *op, const PairForm &form,
                         llvm::ArrayRef<mlir::Value> stored);

/// The same for an op that has none and is bounded: in floats, which come from unpacking bytes and become bytes by packing. Null where
/// the target has no such instructions; nothing was emitted.
mlir::Value emitPairFloats(KernelBuilder &kernel, mlir::Operation *op, const PairArithmetic &arithmetic,
                           llvm::ArrayRef<mlir::Value> stored);

} // namespace limbeck::lower
