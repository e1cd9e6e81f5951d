// Orders of dimensions.
#include "Permutation.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Support/Checked.h"

namespace limbeck::layout {

Permutation toChannelsLast(int64_t rank) {
  Permutation perm = {0};
  for (int64_t dim = 2; dim < rank; ++dim)
    perm.push_back(dim);
  perm.push_back(1);
  return perm;
}

Permutation toChannelsFirst(int64_t rank) {
  return inverse(toChannelsLast(rank));
}

Permutation inverse(llvm::ArrayRef<int64_t> perm) {
  Permutation result(perm.size());
  for (auto [i, dim] : llvm::enumerate(perm))
    result[dim] = static_cast<int64_t>(i);
  return result;
}

mlir::RankedTensorType permutedType(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> perm) {
  int64_t axis = graph::quantizationAxis(type);
  return graph::withShape(type, permuted(type.getShape(), perm), axis < 0 ? -1 : inverse(perm)[axis]);
}

bool movesOnlySizeOne(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> perm) {
  Permutation larger;
  llvm::copy_if(perm, std::back_inserter(larger), [&](int64_t dim) { return shape[dim] != 1; });
  return llvm::is_sorted(larger);
}

mlir::Value createTranspose(mlir::OpBuilder &builder, mlir::Location location, mlir::Value x,
                            llvm::ArrayRef<int64_t> perm) {
  auto type = permutedType(mlir::cast<mlir::RankedTensorType>(x.getType()), perm);
  return graph::TransposeOp::create(builder, location, type, x, perm);
}

mlir::Value createReshape(mlir::OpBuilder &builder, mlir::Location location, mlir::Value x,
                          mlir::RankedTensorType type) {
  llvm::SmallVector<int64_t> shape(type.getShape());
  llvm::replace(shape, mlir::ShapedType::kDynamic, kUnknown);
  return graph::ReshapeOp::create(builder, location, type, x, shape);
}

graph::TransposeOp channelsFirstTranspose(mlir::Value value) {
  auto transpose = value.getDefiningOp<graph::TransposeOp>();
  if (!transpose || transpose.getPerm().size() < 3 ||
      transpose.getPerm() !=
          llvm::ArrayRef<int64_t>(toChannelsFirst(static_cast<int64_t>(transpose.getPerm().size()))))
    return {};
  return transpose;
}

} // namespace limbeck::layout
