// Element-wise ops in kernels: the bridge to the templates of Reference/ScalarAlgorithms.h.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

/// Ops that hand on the stored element unchanged (storage_cast).
bool worksOnStorage(mlir::Operation *op);
/// The element of `op`'s result, from its operands' elements in computed form.
mlir::Value emitElementwise(KernelBuilder &kernel, mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);
/// Whether the op is an add or mul with the arithmetic of ONNX Runtime's QLinearAdd and QLinearMul.
bool isQLinear(KernelBuilder &kernel, mlir::Operation *op);
/// Its stored result from its stored operands.
mlir::Value emitQLinear(KernelBuilder &kernel, mlir::Operation *op, llvm::ArrayRef<mlir::Value> stored);
/// clamp, roundeven, + zero point, truncate: the second half of quantize and of requantize.
mlir::Value roundToStorage(KernelBuilder &kernel, mlir::Value t, mlir::Value low, mlir::Value high,
                           mlir::Value zeroPoint, DType storage);
/// t inside [low, high]; NaN gives low. Each half is one instruction where there is a minimum of two registers.
mlir::Value clampOrdered(KernelBuilder &kernel, mlir::Value t, mlir::Value low, mlir::Value high);
/// roundeven of f32 |t| <= 2^22 as i32: adding 1.5 * 2^23 leaves the rounded value in the low bits of the sum.
mlir::Value roundSmall(KernelBuilder &kernel, mlir::Value t);
/// The same for 32-bit storage, where the bounds are no f32 values: clamped as integers. `zeroPoint` is i64.
mlir::Value roundWide(KernelBuilder &kernel, mlir::Value t, mlir::Value zeroPoint, DType storage);
/// The only element of `tensor`, in stored form.
mlir::Value scalarConstant(KernelBuilder &kernel, const Tensor &tensor);

} // namespace limbeck::lower
