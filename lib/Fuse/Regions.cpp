// The rules of fusion regions.
#include "Regions.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/TypeUtilities.h"

namespace limbeck::fuse {

static bool isConstantChain(mlir::Operation *op) {
  while (auto cast = mlir::dyn_cast_or_null<graph::StorageCastOp>(op))
    op = cast.getX().getDefiningOp();
  return mlir::isa_and_nonnull<graph::ConstOp>(op);
}

bool belongsInRegion(mlir::Operation *op) {
  return mlir::isa<graph::ReferenceOpInterface>(op) && !isConstantChain(op);
}

bool isCore(mlir::Operation *op) {
  return !graph::isPointwiseInKernels(op);
}

bool computedByKernel(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  return op && belongsInRegion(op) && !isView(op);
}

bool isWidening(mlir::Operation *op) {
  auto cast = mlir::dyn_cast<graph::CastOp>(op);
  auto element = [](mlir::Value value) { return mlir::getElementTypeOrSelf(value.getType()); };
  return cast && mlir::isa<mlir::Float16Type, mlir::BFloat16Type>(element(cast.getX())) &&
         element(cast).isF32();
}

bool isView(mlir::Operation *op) {
  return mlir::isa<graph::ReshapeOp, graph::StorageCastOp>(op);
}

bool sameStaticShape(mlir::Value a, mlir::Value b) {
  auto first = mlir::cast<mlir::RankedTensorType>(a.getType()),
       second = mlir::cast<mlir::RankedTensorType>(b.getType());
  return first.hasStaticShape() && first.getShape() == second.getShape();
}

} // namespace limbeck::fuse
