// Element-wise ops in kernels: the bridge to the templates of Reference/Elementwise.h.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

/// Ops that hand on the stored element unchanged (storage_cast).
bool worksOnStorage(mlir::Operation *op);
/// The element of `op`'s result, from its operands' elements in computed form. Those of a batch normalization may be x, factor,
/// bias and mean.
mlir::Value emitElementwise(KernelBuilder &kernel, mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);
/// Of a batch normalization whose parameters are constants, what kernels compute with: one f32 for each channel.
struct BatchNormConstants {
  Tensor factor, bias, mean; ///< factor: scale / sqrt(variance + epsilon)
};
std::optional<BatchNormConstants> batchNormConstants(KernelBuilder &kernel, graph::BatchNormOp op);
/// Whether the op is an add or mul with the arithmetic of ONNX Runtime's QLinearAdd and QLinearMul.
bool isQLinear(KernelBuilder &kernel, mlir::Operation *op);
/// Its stored result from its stored operands.
mlir::Value emitQLinear(KernelBuilder &kernel, mlir::Operation *op, llvm::ArrayRef<mlir::Value> stored);
/// clamp to `low` and `high`, roundeven, + zero point, truncate: the second half of quantize and of requantize. The zero point is
/// an integer of zeroPointType, and it and the bounds are those of `type`: for 32-bit storage f32 cannot express them, and a target may
/// round by the type alone.
mlir::Value roundToStorage(KernelBuilder &kernel, mlir::Value t, mlir::Value low, mlir::Value high,
                           mlir::Value zeroPoint, const TensorType &type);
/// i32, or i64 for 32-bit storage: holds every difference of a stored value and a zero point.
mlir::Type zeroPointType(KernelBuilder &kernel, DType storage, int64_t lanes);
/// x / scale, of a type with one scale, by the cheapest form that quantizes to the same: times `reciprocal` where one is known, else two
/// multiplications where these are proven, else the division.
mlir::Value divideByScale(KernelBuilder &kernel, mlir::Value x, const Quantization &quantization,
                          std::optional<float> reciprocal);
/// t inside [low, high]; NaN gives low. Each half is one instruction where there is a minimum of two registers.
mlir::Value clampOrdered(KernelBuilder &kernel, mlir::Value t, mlir::Value low, mlir::Value high);
/// roundeven of f32 |t| <= 2^22 as i32: adding 1.5 * 2^23 leaves the rounded value in the low bits of the sum.
mlir::Value roundSmall(KernelBuilder &kernel, mlir::Value t);
/// The same as f32, +0 for what rounds to 0.
mlir::Value roundSmallFloat(KernelBuilder &kernel, mlir::Value t);
/// The same for 32-bit storage, where the bounds are no f32 values: clamped as integers. `zeroPoint` is i64.
mlir::Value roundWide(KernelBuilder &kernel, mlir::Value t, mlir::Value zeroPoint, DType storage,
                      int64_t least, int64_t greatest);

/// f32 from the stored form of f16 or bf16, and back: one rounding to nearest even.
mlir::Value extendHalf(KernelBuilder &kernel, mlir::Value stored, DType dtype);
mlir::Value roundToHalf(KernelBuilder &kernel, mlir::Value x, DType dtype);
/// f64 to f32 rounded to odd: rounding the result to half precision gives what rounding x itself would.
mlir::Value roundToOdd(KernelBuilder &kernel, mlir::Value x);
/// A 64-bit integer as one that f64 holds exactly, rounded to odd where it was not.
mlir::Value integerRoundedToOdd(KernelBuilder &kernel, mlir::Value x, bool isSigned);
/// The only element of `tensor`, in stored form.
mlir::Value scalarConstant(KernelBuilder &kernel, const Tensor &tensor);

} // namespace limbeck::lower
