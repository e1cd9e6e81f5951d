// What passes of several stages need to rewrite ops: which may be fused anywhere, and the types of moved and
// stored tensors.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/Builders.h"

namespace limbeck::graph {

/// Whether the op has one result, each element of which depends on the operands' elements at its (broadcast)
/// position only.
bool isPointwise(mlir::Operation *op);
/// The same for kernels, which see a batch normalization over the innermost dimension as one, too: its parameters broadcast.
bool isPointwiseInKernels(mlir::Operation *op);
/// Whether the op is a `pad` that puts a border of zeros (of zero points) around its operand, and crops nothing.
bool addsBorder(mlir::Operation *op);

/// Whether the op is a concat in the graph itself, in no region, as stage Fuse leaves it: its operands are written behind one another.
bool isJoin(mlir::Operation *op);

/// The axis along which the parameters of a quantized tensor run; -1 per tensor and for plain tensors.
int64_t quantizationAxis(mlir::RankedTensorType type);
/// The type with another shape and, where it is quantized per axis, another axis.
mlir::RankedTensorType withShape(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> shape, int64_t axis);
/// The integers that a quantized tensor is stored as; a plain type is its own.
mlir::RankedTensorType storedType(mlir::RankedTensorType type);

/// An op of the same name and attributes on other operands, with other results.
mlir::Operation *cloneWith(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands,
                           mlir::TypeRange results);

} // namespace limbeck::graph
