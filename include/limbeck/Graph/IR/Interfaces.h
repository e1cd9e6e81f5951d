// Interfaces and traits of the dialects, and the one verifier behind every op that lib/Reference defines.
#pragma once
#include "mlir/IR/OpDefinition.h"
#include <optional>

namespace limbeck::reference {
struct OpDefinition;
}

namespace limbeck::graph {

/// The result element depends on the operand elements at the same (broadcast) position only.
template <class Op> class Elementwise : public mlir::OpTrait::TraitBase<Op, Elementwise> {};
/// Constant folding leaves the op: later passes recognise quantized weights and biases by it.
template <class Op> class KeptUnfolded : public mlir::OpTrait::TraitBase<Op, KeptUnfolded> {};

/// A part of the verifier's message, and the label of the constraint (docs/ops.md) that is then broken.
struct Fault {
  llvm::StringLiteral constraint, message;
};

/// `conv` for `limbeck.conv`; the names of other dialects keep their prefix.
inline llvm::StringRef referenceName(llvm::StringRef opName) {
  opName.consume_front("limbeck.");
  return opName;
}

/// The definition of an op in lib/Reference, or null; the name is a referenceName.
const reference::OpDefinition *findDefinition(llvm::StringRef name);

/// Whether the first operand varies, and it alone.
bool variesByFirst(llvm::ArrayRef<bool> varies);

namespace detail {
llvm::LogicalResult verifyReferenceOp(mlir::Operation *op);
} // namespace detail

} // namespace limbeck::graph

#include "limbeck/Graph/IR/Interfaces.h.inc"
