// Quantized types from constant scales and zero points, and the contractions that may be computed on them.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/TensorType.h"

namespace limbeck::quantize {

/// Scale and zero point as operands, and what they apply to.
struct OperandParameters {
  mlir::Value scale, zeroPoint;
  int64_t axis = 0, blockSize = 0;
};

/// The type of `stored` (plain integers) under these parameters, standing for `expressed`; or why there is
/// none.
Expected<mlir::RankedTensorType> typedBy(mlir::RankedTensorType stored, mlir::Type expressed,
                                         const OperandParameters &parameters);

/// An integer contraction and the requantization behind it, as one op on quantized types.
struct TypedContraction {
  mlir::Operation *integerOp; ///< conv_integer or matmul_integer
  llvm::StringRef name;       ///< limbeck.conv or limbeck.matmul
  mlir::Value input, weights, bias;
  mlir::RankedTensorType inputType, weightsType, resultType;
};
Expected<TypedContraction> typedContraction(graph::RequantizeByOp op);

} // namespace limbeck::quantize
