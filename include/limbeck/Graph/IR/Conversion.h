// Types and attributes of MLIR as the LLVM-free folders see them, and back. One to one: see Reference/Attributes.h.
#pragma once
#include "limbeck/Reference/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Operation.h"

namespace limbeck::graph {

/// E-UNSUPPORTED-TYPE for an element type that the dialect does not have.
Expected<DType> toDType(mlir::Type element);
mlir::Type fromDType(mlir::MLIRContext *context, DType dtype);

/// Checks what upstream does not: no encoding, scales exact in f32, zero points in range, as many scales as slices.
Expected<TensorType> toTensorType(mlir::Type type);
Expected<mlir::RankedTensorType> fromTensorType(mlir::MLIRContext *context, const TensorType &type);
/// The types of a list of values.
Expected<std::vector<TensorType>> toTensorTypes(mlir::TypeRange types);

/// The inherent attributes of an op; a symbol reference is read as its name.
Expected<reference::Attributes> toAttributes(mlir::Operation *op);
mlir::NamedAttrList fromAttributes(mlir::MLIRContext *context, const reference::Attributes &attributes);

/// Reports at an op: `[E-SHAPE] message; hint`.
mlir::InFlightDiagnostic emitDiagnostic(mlir::Operation *op, const Diagnostic &diagnostic);

} // namespace limbeck::graph
