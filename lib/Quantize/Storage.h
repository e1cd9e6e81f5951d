// Quantized types for floats: from a range, from weights.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"
#include "limbeck/Tensor/TensorType.h"

namespace limbeck::quantize {

/// Scale and zero point that hold [least, greatest] and 0 in the integers of `storage`.
///   scale = f32((greatest - least) / (highest - lowest)),  zero_point = round(lowest - least / scale)
///   symmetric: zero point in the middle, scale = max(|least|, |greatest|) / (steps on the shorter side)
/// A range of no extent has scale 1 and the zero point of 0.
std::shared_ptr<const Quantization> parametersFor(double least, double greatest, DType storage,
                                                  bool symmetric);

/// `value` rounded to storage and back, as later ops read it.
mlir::Value quantizeDequantize(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value,
                               mlir::RankedTensorType quantized);

/// A constant of stored integers, as the floats that it stands for.
Expected<mlir::Value> dequantizedConstant(mlir::OpBuilder &builder, mlir::Location location,
                                          const Tensor &stored,
                                          std::shared_ptr<const Quantization> parameters);

} // namespace limbeck::quantize
