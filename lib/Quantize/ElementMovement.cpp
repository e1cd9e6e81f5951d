// Which ops hand elements on unchanged, and how they look on stored integers.
#include "ElementMovement.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Reference/Quantize.h"

namespace limbeck::quantize {

/// Whether each window meets an element: under padding alone, the float result is -inf, which no stored value
/// stands for.
static bool meetsElements(graph::MaxPoolOp pool) {
  size_t spatial = pool.getKernel().size();
  for (size_t i = 0; i < spatial; ++i)
    if (pool.getDilations()[i] != 1 || pool.getPads()[i] >= pool.getKernel()[i] ||
        pool.getPads()[spatial + i] >= pool.getKernel()[i])
      return false;
  return !pool.getCeilMode();
}

/// Only this mode brings in a value that is not an element.
static bool picksElements(graph::ResizeOp resize) {
  return resize.getMode() == "nearest" && resize.getCoordinateMode() != "tf_crop_and_resize";
}

std::optional<ElementMovement> ElementMovement::of(mlir::Operation *op, Exchange exchange) {
  ElementMovement movement(op);
  if (auto moving = mlir::dyn_cast_or_null<graph::MovementOpInterface>(op)) {
    if (op->getName().getDialectNamespace() != "limbeck")
      return std::nullopt;
    movement.data = llvm::to_vector(moving.getDataOperands());
    if (auto pad = mlir::dyn_cast<graph::PadOp>(op))
      movement.data = {pad.getX()};
    return movement;
  }
  // A NaN among the elements passes a float maximum, but quantizes to the least value, which does not.
  auto pool = mlir::dyn_cast_or_null<graph::MaxPoolOp>(op);
  auto resize = mlir::dyn_cast_or_null<graph::ResizeOp>(op);
  if (!(pool && exchange == Exchange::Forward && meetsElements(pool)) && !(resize && picksElements(resize)))
    return std::nullopt;
  movement.data = {op->getOperand(0)};
  return movement;
}

mlir::RankedTensorType ElementMovement::resultType() const {
  return mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
}

std::optional<int64_t> ElementMovement::mapAxis(int64_t axis) const {
  auto moving = mlir::dyn_cast<graph::MovementOpInterface>(op);
  return moving ? moving.mapAxis(axis) : std::nullopt;
}

std::optional<mlir::RankedTensorType> ElementMovement::forward(mlir::RankedTensorType operand) const {
  int64_t axis = graph::quantizationAxis(operand);
  if (axis < 0)
    return graph::withShape(operand, resultType().getShape(), -1);
  auto moved = mapAxis(axis);
  return moved ? std::optional(graph::withShape(operand, resultType().getShape(), *moved)) : std::nullopt;
}

std::optional<mlir::RankedTensorType> ElementMovement::back(size_t index,
                                                            mlir::RankedTensorType result) const {
  auto shape = mlir::cast<mlir::RankedTensorType>(data[index].getType()).getShape();
  int64_t axis = graph::quantizationAxis(result);
  if (axis < 0)
    return graph::withShape(result, shape, -1);
  for (int64_t source = 0; source < static_cast<int64_t>(shape.size()); ++source)
    if (mapAxis(source) == axis && shape[source] == result.getDimSize(axis))
      return graph::withShape(result, shape, source);
  return std::nullopt;
}

/// The pad whose border is a value, or null.
static graph::PadOp constantPad(mlir::Operation *op) {
  auto pad = mlir::dyn_cast<graph::PadOp>(op);
  return pad && pad.getMode() == "constant" ? pad : graph::PadOp();
}

/// The border value in f32; nothing where it is not known.
static std::optional<Tensor> realBorder(graph::PadOp pad) {
  auto zero = Tensor::zeros(DType::F32, {});
  std::optional<Tensor> given = pad.getValue() ? graph::constantOf(pad.getValue()) : std::nullopt;
  if (!zero || (pad.getValue() && (!given || given->size() != 1)))
    return std::nullopt;
  auto real = given ? reference::convertFloat(given->reshaped({}), DType::F32) : std::move(zero);
  return real ? std::optional(std::move(*real)) : std::nullopt;
}

/// A stored scalar of a type that is quantized per tensor.
static std::optional<Tensor> storedScalar(const Tensor &real, mlir::RankedTensorType quantized) {
  auto type = graph::toTensorType(mlir::RankedTensorType::get({}, quantized.getElementType()));
  if (!type)
    return std::nullopt; // per axis: no scalar has this type
  auto stored = reference::quantizeTensor(real, *type);
  return stored ? std::optional(std::move(*stored)) : std::nullopt;
}

/// Whether a stored scalar stands for this value and no other one near it.
static bool standsFor(const Tensor &stored, mlir::RankedTensorType quantized, const Tensor &real) {
  auto type = graph::toTensorType(mlir::RankedTensorType::get({}, quantized.getElementType()));
  auto restored = type ? reference::dequantizeTensor(stored, *type) : Expected<Tensor>(type.diagnostic());
  auto wide = restored ? reference::convertFloat(*restored, DType::F32) : std::move(restored);
  return wide && wide->identical(real);
}

bool ElementMovement::hasStoredBorder(mlir::RankedTensorType result, Exchange exchange) const {
  graph::PadOp pad = constantPad(op);
  if (!pad)
    return true;
  auto real = realBorder(pad);
  auto stored = real ? storedScalar(*real, result) : std::nullopt;
  return stored && (exchange == Exchange::Back || standsFor(*stored, result, *real));
}

mlir::Value ElementMovement::move(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::Value> values,
                                  mlir::RankedTensorType result) const {
  llvm::SmallVector<mlir::Value> operands(values);
  if (graph::PadOp pad = constantPad(op)) {
    auto border = graph::createConstant(builder, pad.getLoc(), *storedScalar(*realBorder(pad), result),
                                        mlir::RankedTensorType::get({}, result.getElementType()));
    operands.push_back(*border);
  } else if (!mlir::isa<graph::PadOp>(op)) {
    llvm::append_range(operands, op->getOperands().drop_front(data.size()));
  }
  return graph::cloneWith(builder, op, operands, {result})->getResult(0);
}

} // namespace limbeck::quantize
