// Multiply, accumulate and requantize: what convolutions and matrix products do at one result, whatever their element types.
//
//   float        acc = fma(x, w, acc) from +0; + bias; narrowed                       (docs/semantics.md section 2)
//   quantized    acc += (qx - zx) * (qw - zw); + bias; f32(acc) * m; clamp; round     (docs/semantics.md section 1)
//   *_integer    the same accumulator, wrapping modulo 2^32, as the result
//   integers     acc += x * w, wrapping
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::lower {

class ContractionArithmetic {
public:
  /// `length`: products per result; `channels`: results along the axis that weights have parameters for.
  ContractionArithmetic(KernelBuilder &kernel, mlir::Operation *op, int64_t length, int64_t channels);

  /// The row of a matrix product that the steps to come belong to, for zero points per row.
  void setRow(mlir::Value value) { row = value; }
  /// The stored value that padding stands for, spread to `lanes`: +0, or the zero point of x.
  mlir::Value padding(int64_t lanes);
  /// Zero accumulators for `lanes` results.
  mlir::Value start(int64_t lanes);
  /// One product. `x` and `w` are stored elements, scalars or vectors; scalars are spread.
  mlir::Value step(mlir::Value accumulator, mlir::Value x, mlir::Value w, mlir::Value channel);
  /// Bias, requantization, epilogue, store. `channel`: first channel of the block, which runs along the lanes.
  void finish(llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value accumulator, mlir::Value channel);
  /// The same for an accumulator that holds the bias already.
  void finishBiased(llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value accumulator,
                    mlir::Value channel);
  /// The element of the result alone, from such an accumulator.
  Element element(llvm::ArrayRef<mlir::Value> index, int64_t lanes, mlir::Value accumulator,
                  mlir::Value channel);

  bool isFloat() const { return mode == Mode::Float; }
  bool isQuantized() const { return mode == Mode::Quantized; }
  /// Whether inputs of f16 or bf16 are accumulated in f32, in whatever order is the fastest.
  bool isHeldToBound() const { return op->hasAttr("accumulate") && xType.dtype != DType::F32; }
  bool accumulates64() const { return wide; }
  /// sx * sw / sy per channel when the result is quantized, else sx * sw.
  const std::vector<float> &multipliers() const { return multiplier; }
  /// The bias, or null.
  mlir::Value bias() const;
  /// Whether sums are of stored values as they are: an integer contraction whose zero points are constant and 0.
  bool isPlainProduct() const;
  /// Products per result.
  int64_t length() const { return products; }
  int64_t inputZeroPoint() const { return xType.quantization ? xType.quantization->zeroPoints[0] : 0; }
  const TensorType &inputType() const { return xType; }
  const TensorType &weightType() const { return wType; }
  const TensorType &resultType() const { return yType; }
  mlir::Operation *operation() const { return op; }

private:
  enum class Mode { Float, Integer, Quantized, OperandQuantized };
  mlir::Value multiplierOf(mlir::Value channel, int64_t lanes);
  mlir::Value difference(mlir::Value stored, const TensorType &type, bool weight, mlir::Value channel);
  bool fits32(int64_t length, int64_t channels) const;
  std::optional<std::vector<int64_t>> weightSums(int64_t channels) const;

  KernelBuilder &kernel;
  mlir::OpBuilder &b;
  mlir::Operation *op;
  TensorType xType, wType, yType;
  Mode mode;
  int64_t products;
  bool wide = false; ///< accumulate in 64 bits
  std::vector<float> multiplier;
  mlir::Value multiplierTable, row;
  llvm::DenseMap<int64_t, mlir::Value> tables;
};

} // namespace limbeck::lower
