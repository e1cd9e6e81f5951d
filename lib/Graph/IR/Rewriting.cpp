// Predicates and types shared by the passes of several stages.
#include "limbeck/Graph/IR/Rewriting.h"
#include "mlir/IR/TypeUtilities.h"

namespace limbeck::graph {

namespace quant = mlir::quant;

bool isPointwise(mlir::Operation *op) {
  return op->hasTrait<Elementwise>() ||
         mlir::isa<QuantizeOp, DequantizeOp, RequantizeOp, StorageCastOp, CastOp>(op);
}

bool isPointwiseInKernels(mlir::Operation *op) {
  auto norm = mlir::dyn_cast<BatchNormOp>(op);
  return norm ? static_cast<int64_t>(norm.getAxis()) + 1 == norm.getType().getRank() : isPointwise(op);
}

bool addsBorder(mlir::Operation *op) {
  auto pad = mlir::dyn_cast<PadOp>(op);
  return pad && pad.getMode() == "constant" && pad->getNumOperands() == 1 &&
         llvm::all_of(pad.getPads(), [](int64_t elements) { return elements >= 0; });
}

bool isJoin(mlir::Operation *op) {
  return mlir::isa<ConcatOp>(op) && !mlir::isa<FusedOp>(op->getParentOp());
}

int64_t quantizationAxis(mlir::RankedTensorType type) {
  auto perAxis = mlir::dyn_cast<quant::UniformQuantizedPerAxisType>(type.getElementType());
  return perAxis ? perAxis.getQuantizedDimension() : -1;
}

mlir::RankedTensorType withShape(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> shape, int64_t axis) {
  mlir::Type element = type.getElementType();
  if (auto perAxis = mlir::dyn_cast<quant::UniformQuantizedPerAxisType>(element))
    element = quant::UniformQuantizedPerAxisType::get(
        perAxis.getFlags(), perAxis.getStorageType(), perAxis.getExpressedType(), perAxis.getScales(),
        perAxis.getZeroPoints(), static_cast<int32_t>(axis), perAxis.getStorageTypeMin(),
        perAxis.getStorageTypeMax());
  return mlir::RankedTensorType::get(shape, element);
}

mlir::RankedTensorType storedType(mlir::RankedTensorType type) {
  auto quantized = mlir::dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!quantized)
    return type;
  auto signedness = quantized.isSigned() ? mlir::IntegerType::Signed : mlir::IntegerType::Unsigned;
  return type.clone(
      mlir::IntegerType::get(type.getContext(), quantized.getStorageTypeIntegralWidth(), signedness));
}

mlir::Operation *cloneWith(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands,
                           mlir::TypeRange results) {
  mlir::OperationState state(op->getLoc(), op->getName(), operands, results, op->getAttrs());
  return builder.create(state);
}

} // namespace limbeck::graph
