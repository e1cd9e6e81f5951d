// ONNX Runtime's QLinearAdd and QLinearMul in kernels: the formulas of Reference/QLinear.cpp.
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace limbeck::lower {

using namespace mlir;

bool isQLinear(KernelBuilder &kernel, Operation *op) {
  if (!isa<graph::AddOp, graph::MulOp>(op) || attributesOf(op).text("arith") != "ort_qlinear")
    return false;
  auto perTensor = [&](Value value) {
    TensorType type = kernel.typeOf(value);
    return type.quantization && type.quantization->axis < 0;
  };
  return perTensor(op->getOperand(0)) && perTensor(op->getOperand(1)) && perTensor(op->getResult(0));
}

Value emitQLinear(KernelBuilder &kernel, Operation *op, ArrayRef<Value> stored) {
  kernel.noteForm("qlinear");
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  TensorType types[] = {kernel.typeOf(op->getOperand(0)), kernel.typeOf(op->getOperand(1))};
  TensorType result = kernel.typeOf(op->getResult(0));
  auto vector = dyn_cast<VectorType>(stored[0].getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  Type f32 = kernel.vectorOf(b.getF32Type(), lanes);
  auto real = [&](int side) -> Value {
    Type integer = zeroPointType(kernel, types[side].dtype, lanes);
    Value wide = isSigned(types[side].dtype) ? Value(arith::ExtSIOp::create(b, loc, integer, stored[side]))
                                             : Value(arith::ExtUIOp::create(b, loc, integer, stored[side]));
    return arith::SIToFPOp::create(b, loc, f32, wide);
  };
  auto constant = [&](float value) { return kernel.constantLike(f32, value); };
  const Quantization &a = *types[0].quantization, &c = *types[1].quantization;
  const Quantization y = *result.quantization;
  auto zeroA = static_cast<float>(a.zeroPoints[0]), zeroC = static_cast<float>(c.zeroPoints[0]);
  auto zeroY = static_cast<float>(y.zeroPoints[0]);
  Value value;
  if (isa<graph::AddOp>(op)) {
    float ratioA = a.scales[0] / y.scales[0], ratioC = c.scales[0] / y.scales[0];
    float fixedPart = zeroY - (ratioA * zeroA + ratioC * zeroC);
    Value inner = math::FmaOp::create(b, loc, real(1), constant(ratioC), constant(fixedPart));
    value = math::FmaOp::create(b, loc, real(0), constant(ratioA), inner);
  } else {
    float product = a.scales[0] * c.scales[0] / y.scales[0];
    Value left = arith::SubFOp::create(b, loc, real(0), constant(zeroA));
    Value right = arith::SubFOp::create(b, loc, real(1), constant(zeroC));
    Value both = arith::MulFOp::create(b, loc, arith::MulFOp::create(b, loc, left, right).getResult(),
                                       constant(product));
    value = arith::AddFOp::create(b, loc, both, constant(zeroY));
  }
  // The zero point is inside the rounding here: the bounds are those of the stored value, and nothing is added behind. So the type
  // that is rounded to has none, too.
  auto rounded = std::make_shared<Quantization>(y);
  rounded->zeroPoints = {0};
  result.quantization = rounded;
  return roundToStorage(kernel, value, constant(static_cast<float>(y.lowest)),
                        constant(static_cast<float>(y.highest)),
                        kernel.constantLike(zeroPointType(kernel, result.dtype, lanes), 0), result);
}

} // namespace limbeck::lower
