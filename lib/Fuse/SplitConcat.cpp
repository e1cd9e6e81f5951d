// A concat of very many tensors becomes a tree of smaller ones.
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/Rewriting.h"

namespace limbeck::fuse {
#define GEN_PASS_DEF_SPLITCONCATPASS
#include "limbeck/Fuse/Passes.h.inc"

namespace {

/// A kernel has one loop per operand, and code generation takes longer than in proportion.
constexpr size_t kMostOperands = 64;

/// The concat of some of another's operands.
mlir::Value concatPart(graph::ConcatOp whole, mlir::ValueRange part, mlir::OpBuilder &builder) {
  auto axis = static_cast<size_t>(whole.getAxis());
  mlir::RankedTensorType type = whole.getType();
  llvm::SmallVector<int64_t> shape(type.getShape());
  shape[axis] = 0;
  for (mlir::Value operand : part) {
    int64_t size = mlir::cast<mlir::RankedTensorType>(operand.getType()).getDimSize(axis);
    bool unknown = mlir::ShapedType::isDynamic(size) || mlir::ShapedType::isDynamic(shape[axis]);
    shape[axis] = unknown ? mlir::ShapedType::kDynamic : shape[axis] + size;
  }
  type = graph::withShape(type, shape, graph::quantizationAxis(type));
  return graph::ConcatOp::create(builder, whole.getLoc(), type, part, whole.getAxis());
}

void split(graph::ConcatOp concat) {
  mlir::OpBuilder builder(concat);
  while (concat.getInputs().size() > kMostOperands) {
    llvm::SmallVector<mlir::Value> parts;
    for (mlir::ValueRange rest = concat.getInputs(); !rest.empty();) {
      size_t count = std::min(rest.size(), kMostOperands);
      parts.push_back(concatPart(concat, rest.take_front(count), builder));
      rest = rest.drop_front(count);
    }
    concat.getInputsMutable().assign(parts);
  }
}

struct SplitConcatPass : impl::SplitConcatPassBase<SplitConcatPass> {
  void runOnOperation() override {
    getOperation()->walk([](graph::ConcatOp concat) { split(concat); });
  }
};

} // namespace
} // namespace limbeck::fuse
