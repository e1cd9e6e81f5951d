// Where the values of a lowered graph live, as later stages read it from the IR.
#pragma once
#include "mlir/IR/Value.h"

namespace limbeck::lower {

inline constexpr llvm::StringLiteral kStorageAttribute = "storage";
inline constexpr llvm::StringLiteral kArenaAttribute = "limbeck.arena_bytes";
/// The most bytes that live at one time: no plan needs less, and what the arena has above it are gaps.
inline constexpr llvm::StringLiteral kLiveAttribute = "limbeck.live_bytes";

/// The value whose buffer `value` is: looks through views (reshape, storage_cast).
mlir::Value bufferOwner(mlir::Value value);
/// Whether the op only gives its operand another type: no bytes move.
bool isView(mlir::Operation *op);

} // namespace limbeck::lower
