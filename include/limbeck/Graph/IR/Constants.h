// Tensors as attributes and constants.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Tensor/Tensor.h"
#include "mlir/IR/Builders.h"

namespace limbeck::graph {

/// Data up to this many bytes is written into the IR; larger data is a resource blob beside it.
constexpr size_t kInlineBytes = 4096;

/// Bytes of a tensor in a resource blob: as in memory, but 4-bit values packed two in a byte, low half first.
int64_t blobBytes(DType dtype, int64_t elements);

/// The value as an attribute. Blobs are keyed by a hash of their content and shared between equal tensors.
Expected<mlir::ElementsAttr> toElementsAttr(mlir::MLIRContext *context, const Tensor &tensor);
/// The value of an attribute; E-DATA-SIZE for a blob that is missing (elided text) or of another size.
Expected<Tensor> toTensor(mlir::ElementsAttr attribute);

/// The tensor behind a value that is a constant, also through storage_cast (then as stored); nothing otherwise.
std::optional<Tensor> constantOf(mlir::Value value);
/// The same for tensors of at most kInlineBytes: cheap enough for verifiers.
std::optional<Tensor> smallConstantOf(mlir::Value value);

/// A constant of `type`; a quantized one is made of a plain constant and a storage_cast.
Expected<mlir::Value> createConstant(mlir::OpBuilder &builder, mlir::Location location, const Tensor &tensor,
                                     mlir::RankedTensorType type);

} // namespace limbeck::graph
