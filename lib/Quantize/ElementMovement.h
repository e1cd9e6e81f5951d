// Ops that hand elements on unchanged, as quantization sees them: the movement ops, nearest resize and max
// pooling.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/Builders.h"

namespace limbeck::quantize {

/// In which direction a conversion of each element may be exchanged with the op.
enum class Exchange {
  Forward, ///< dequantize before it
  Back,    ///< quantize behind it
};

class ElementMovement {
public:
  /// Nothing when the op looks at its elements, so that exchanging may change results.
  static std::optional<ElementMovement> of(mlir::Operation *op, Exchange exchange);

  llvm::ArrayRef<mlir::Value> dataOperands() const { return data; }
  mlir::RankedTensorType resultType() const;

  /// The quantized type of the result for data operands of type `operand`; nothing where the axis is lost.
  std::optional<mlir::RankedTensorType> forward(mlir::RankedTensorType operand) const;
  /// The quantized type of data operand `index` for a result of type `result`.
  std::optional<mlir::RankedTensorType> back(size_t index, mlir::RankedTensorType result) const;

  /// Whether the value that surrounds elements, if there is one, has a stored form. With Exchange::Forward,
  /// the stored form must stand for it precisely.
  bool hasStoredBorder(mlir::RankedTensorType result, Exchange exchange) const;
  /// The same movement of `values` of quantized type, whose border has a stored form.
  mlir::Value move(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::Value> values,
                   mlir::RankedTensorType result) const;

private:
  explicit ElementMovement(mlir::Operation *op) : op(op) {}
  std::optional<int64_t> mapAxis(int64_t axis) const;

  mlir::Operation *op;
  llvm::SmallVector<mlir::Value> data;
};

} // namespace limbeck::quantize
