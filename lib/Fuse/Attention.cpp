// How the ops of a region make up an attention.
#include "limbeck/Fuse/Attention.h"
#include "limbeck/Graph/IR/Rewriting.h"

namespace limbeck::fuse {

std::optional<Attention> attentionIn(graph::FusedOp region) {
  Attention found;
  for (mlir::Operation &op : region.getBody().front().without_terminator()) {
    auto matmul = mlir::dyn_cast<graph::MatmulOp>(op);
    auto softmax = mlir::dyn_cast<graph::SoftmaxOp>(op);
    auto transpose = mlir::dyn_cast<graph::TransposeOp>(op);
    if (transpose && mlir::isa<mlir::BlockArgument>(transpose.getX()))
      continue;
    if (found.result)
      return std::nullopt;
    if (transpose && found.values)
      found.result = transpose;
    else if (matmul && !found.scores)
      found.scores = matmul;
    else if (softmax && found.scores && !found.softmax)
      found.softmax = softmax;
    else if (matmul && found.softmax && !found.values)
      found.values = matmul;
    else if (!graph::isPointwise(&op))
      return std::nullopt;
  }
  auto yielded = region.getBody().front().getTerminator()->getOperands();
  bool yieldsResult = llvm::all_equal(yielded) && (!found.result || yielded[0] == found.result.getResult());
  return found.values && yieldsResult ? std::optional(found) : std::nullopt;
}

} // namespace limbeck::fuse
