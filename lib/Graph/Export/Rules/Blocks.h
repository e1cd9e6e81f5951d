// Constant weights with a scale per block, in the form that all readers of ONNX take.
#pragma once
#include "../GraphWriter.h"
#include "limbeck/Graph/IR/Limbeck.h"

namespace limbeck::graph::exporter {

/// Constant operands of a `dequantize_by` to f32 in blocks along the first axis.
struct ConstantBlocks {
  Tensor stored, scale, zeroPoint;
  int64_t block;
};

/// Nothing for any other op, and for one that ONNX takes as it is.
Expected<std::optional<ConstantBlocks>> constantBlocks(DequantizeByOp op);

/// DequantizeLinear of opset 21, with the same results bit for bit. ONNX lets scales be of another type than the result from opset 23
/// on, and readers refuse blocks that do not divide the axis. So scales are f32; and smaller blocks of at least 16, whose scales repeat,
/// take the place of blocks that do not fit; where there are none, the weights get rows of zeros, which a Slice cuts off.
Status exportBlocks(mlir::Operation *op, ConstantBlocks blocks, GraphWriter &writer);

} // namespace limbeck::graph::exporter
