// Bodies of cores: one function per op writes the loops of a kernel whose core is that op, for any target.
//
// Files in lib/Lower/Emit hold one family each and list their functions in a table; EmitterFamilies.def names the files.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"

namespace limbeck::fuse {
struct Attention;
}

namespace limbeck::lower {

using EmitFunction = void (*)(KernelBuilder &kernel, mlir::Operation *core);

struct CoreEmitter {
  llvm::StringRef op; ///< name in the `limbeck` dialect, without prefix
  EmitFunction emit;
};
using EmitterList = std::vector<CoreEmitter>;

#define LIMBECK_EMITTERS(name) void add##name##Emitters(EmitterList &list);
#include "limbeck/Lower/EmitterFamilies.def"

/// The emitter of an op, or null.
EmitFunction findEmitter(llvm::StringRef op);

/// The body of a kernel with two cores and the softmax between them.
void emitAttention(KernelBuilder &kernel, fuse::Attention attention);

/// What `pad` writes around a result that lies at `place`.
void emitBorder(KernelBuilder &kernel, mlir::Operation *pad, const KernelOutput &place);

// --- Shared by the families.

/// Position in an operand for a position in the result.
using IndexMap = llvm::function_ref<Index(llvm::ArrayRef<mlir::Value>)>;
/// Loads `lanes` stored elements of `tensor` for the result's block at `index`. `contiguous`: neighbours along the result's
/// innermost dimension are neighbours in the operand, else they are gathered one by one.
mlir::Value loadMapped(KernelBuilder &kernel, mlir::Value tensor, llvm::ArrayRef<mlir::Value> index,
                       int64_t lanes, bool contiguous, IndexMap map);

/// A rank-1 s64 table that the kernel indexes; returns the element as an index.
mlir::Value lookup(KernelBuilder &kernel, mlir::Value table, mlir::Value position);
mlir::Value indexTable(KernelBuilder &kernel, llvm::ArrayRef<int64_t> values);

/// An element, or with lanes > 1 a vector of neighbours, in memory of one dimension.
void storeTo(KernelBuilder &kernel, mlir::Value memory, mlir::Value at, mlir::Value value);
mlir::Value loadFrom(KernelBuilder &kernel, mlir::Value memory, mlir::Value at, int64_t lanes);

/// IEEE 754-2019 maximum and minimum of floats: NaN wins, -0 < +0 (the expansion of arith.maximumf does not order zeros).
mlir::Value maximumOf(KernelBuilder &kernel, mlir::Value a, mlir::Value c);
mlir::Value minimumOf(KernelBuilder &kernel, mlir::Value a, mlir::Value c);

/// Comparisons and choices on index values.
mlir::Value isLess(KernelBuilder &kernel, mlir::Value a, mlir::Value c); ///< signed
mlir::Value choose(KernelBuilder &kernel, mlir::Value condition, mlir::Value yes, mlir::Value no);

} // namespace limbeck::lower
