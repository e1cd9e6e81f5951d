// Orders of dimensions: y = transpose(x, perm) means that dimension i of y is dimension perm[i] of x.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/IR/Builders.h"

namespace limbeck::layout {

using Permutation = llvm::SmallVector<int64_t>;

/// From channels first to channels last, and back.
Permutation toChannelsLast(int64_t rank);
Permutation toChannelsFirst(int64_t rank);

Permutation inverse(llvm::ArrayRef<int64_t> perm);
/// `values` of the dimensions of x, in the order of those of y.
template <class T> llvm::SmallVector<T> permuted(llvm::ArrayRef<T> values, llvm::ArrayRef<int64_t> perm) {
  llvm::SmallVector<T> result;
  for (int64_t dim : perm)
    result.push_back(values[dim]);
  return result;
}
/// The type of transpose(x, perm) for an x of this type.
mlir::RankedTensorType permutedType(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> perm);
/// Whether the elements stay where they are in memory, because only dimensions of size 1 move.
bool movesOnlySizeOne(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> perm);

mlir::Value createTranspose(mlir::OpBuilder &builder, mlir::Location location, mlir::Value x,
                            llvm::ArrayRef<int64_t> perm);
/// A reshape to `type`; at most one dimension of it is unknown.
mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location location, mlir::Value x,
                          mlir::RankedTensorType type);

/// The transpose that puts channels first, which conversion leaves behind an op; null where `value` is
/// something else.
graph::TransposeOp channelsFirstTranspose(mlir::Value value);

} // namespace limbeck::layout
