// Where the values of a lowered graph live, as later stages read it from the IR.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/Value.h"

namespace limbeck::lower {

inline constexpr llvm::StringLiteral kStorageAttribute = "storage";
inline constexpr llvm::StringLiteral kArenaAttribute = "limbeck.arena_bytes";
/// The most bytes that live at one time: no plan needs less, and what the arena has above it are gaps.
inline constexpr llvm::StringLiteral kLiveAttribute = "limbeck.live_bytes";

/// Of a per_sample: the place in the arena of its slots, as many as samples, and the bytes of each. The storage of a launch in its body
/// is an offset in the slot of whoever computes the sample, or -1-k for the sample's place in result k.
inline constexpr llvm::StringLiteral kSlotsAttribute = "slots";
inline constexpr llvm::StringLiteral kSlotBytesAttribute = "slot_bytes";

/// The value whose buffer `value` is: looks through views. A join is the buffer of that part of it which is written first.
mlir::Value bufferOwner(mlir::Value value);
/// Whether the op only gives bytes another type (reshape, storage_cast), or a name to parts that lie behind one another: none move.
bool isView(mlir::Operation *op);
/// The concat in whose buffer `part` is written, or null.
graph::ConcatOp joinOf(mlir::Value part);
/// The value that fills the buffer in which `value` is written: itself, or the last of the concats that it is a part of.
mlir::Value wholeBuffer(mlir::Value value);

} // namespace limbeck::lower
