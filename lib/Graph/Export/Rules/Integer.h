// What integer products have in common: an accumulator and the scales that round it.
#pragma once
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

/// The requantization that reads an accumulator, where it alone does: both are one node then, or this one is refused.
RequantizeByOp requantizationOf(mlir::Operation *accumulator);

/// Whether ONNX has the product and its requantization, which is along `axis` of the result, as one op: 8 bits, and one scale of
/// the input.
bool isQLinear(mlir::Operation *accumulator, RequantizeByOp requantize, int64_t axis);

/// The operands of a QLinear op in ONNX's order: input, scale, zero point, weights, scale, zero point, scale, zero point.
Expected<std::vector<Edge>> qlinearOperands(mlir::Operation *accumulator, RequantizeByOp requantize,
                                            GraphWriter &writer);

/// QLinearConv and QLinearMatMul.
Status exportQLinearConv(ConvIntegerOp conv, RequantizeByOp requantize, GraphWriter &writer);
Status exportQLinearMatMul(MatmulIntegerOp product, RequantizeByOp requantize, GraphWriter &writer);

} // namespace limbeck::graph::exporter
