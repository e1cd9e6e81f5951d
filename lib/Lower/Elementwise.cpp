// Element-wise ops in kernels: Reference's templates instantiated on the MLIR builder, plus casts and typed quantization.
#include "limbeck/Lower/Elementwise.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Lower/Division.h"
#include "limbeck/Lower/MlirScalar.h"
#include "limbeck/Reference/Elementwise.h"
#include "limbeck/Reference/HostScalar.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

namespace limbeck::lower {

using namespace mlir;

/// Ops that only convert between stored forms: their whole effect is in widen and narrow.
static bool isConversion(Operation *op) {
  return isa<graph::QuantizeOp, graph::DequantizeOp, graph::RequantizeOp>(op);
}

bool worksOnStorage(Operation *op) {
  return isa<graph::StorageCastOp>(op);
}

bool isElementwise(Operation *op) {
  return graph::isPointwiseInKernels(op);
}

static MlirScalar languageOf(KernelBuilder &kernel, DType dtype, Value like) {
  using reference::ScalarKind;
  auto vector = dyn_cast<VectorType>(like.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  ScalarKind kind = ScalarKind::F32;
  unsigned width = 32;
  if (dtype == DType::Bool) {
    kind = ScalarKind::Bool;
    width = 1;
  } else if (dtype == DType::F64) {
    kind = ScalarKind::F64;
    width = 64;
  } else if (!isFloat(dtype)) {
    kind = isSigned(dtype) ? ScalarKind::Signed : ScalarKind::Unsigned;
    width = static_cast<unsigned>(storageBytes(dtype)) * 8;
  }
  return {kernel, kind, width, lanes};
}

/// Float to integer: toward zero, saturating, NaN gives 0. The clamp is done where both bounds are exact floats; the one bound that
/// is not (2^63 - 1 and the like) is reached by a choice.
static Value floatToInteger(KernelBuilder &kernel, Value x, DType to, Type result) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  auto floatConstant = [&](double value) { return kernel.constantLike(x.getType(), value); };
  bool isSignedTo = isSigned(to);
  unsigned bits = bitWidth(to);
  double above =
      std::ldexp(1.0, static_cast<int>(isSignedTo ? bits - 1 : bits)); // first value that is too large
  double below = isSignedTo ? -above : 0.0;
  Value truncated = math::TruncOp::create(b, loc, x);
  Value tooHigh = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, truncated, floatConstant(above));
  Value tooLow =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ULT, truncated, floatConstant(below)); // or NaN
  Value outside = arith::OrIOp::create(b, loc, tooHigh, tooLow);
  Value safe = arith::SelectOp::create(b, loc, outside, floatConstant(0), truncated);
  Value q = isSignedTo ? Value(arith::FPToSIOp::create(b, loc, result, safe))
                       : Value(arith::FPToUIOp::create(b, loc, result, safe));
  unsigned storage = getElementTypeOrSelf(result).getIntOrFloatBitWidth();
  auto integerConstant = [&](APInt value) -> Value {
    TypedAttr attribute = b.getIntegerAttr(getElementTypeOrSelf(result), value);
    if (auto vector = dyn_cast<VectorType>(result))
      attribute = DenseElementsAttr::get(vector, Attribute(attribute));
    return arith::ConstantOp::create(b, loc, attribute);
  };
  APInt most =
      isSignedTo ? APInt::getSignedMaxValue(bits).sext(storage) : APInt::getMaxValue(bits).zext(storage);
  APInt least = isSignedTo ? APInt::getSignedMinValue(bits).sext(storage) : APInt(storage, 0);
  Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
  tooLow =
      arith::AndIOp::create(b, loc, tooLow, arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, x, x));
  q = arith::SelectOp::create(b, loc, tooHigh, integerConstant(most), q);
  q = arith::SelectOp::create(b, loc, tooLow, integerConstant(least), q);
  return arith::SelectOp::create(b, loc, isNan, integerConstant(APInt(storage, 0)), q);
}

/// The computed form of `x` (element type `from`) in the computed form of `to`.
static Value emitCast(KernelBuilder &kernel, Value x, DType from, DType to) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  auto vector = dyn_cast<VectorType>(x.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  Type result = kernel.vectorOf(kernel.computeType({to, {}, nullptr}), lanes);
  if (to == DType::Bool) {
    if (from == DType::Bool)
      return x;
    Value zero = kernel.constantLike(x.getType(), 0);
    return isFloat(from) ? Value(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, zero))
                         : Value(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, zero));
  }
  bool toHalf = to == DType::F16 || to == DType::BF16;
  if (toHalf && from == DType::F64)
    return roundToOdd(kernel, x);
  if (isFloat(from)) {
    if (!isFloat(to))
      return floatToInteger(kernel, x, to, result);
    unsigned before = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
    unsigned after = getElementTypeOrSelf(result).getIntOrFloatBitWidth();
    if (before == after)
      return x;
    return before < after ? Value(arith::ExtFOp::create(b, loc, result, x))
                          : Value(arith::TruncFOp::create(b, loc, result, x));
  }
  bool fromSigned = isSigned(from) && from != DType::Bool;
  if (toHalf && bitWidth(from) >= 32) { // exact in f64, so that only the rounding to half precision counts
    Type f64 = kernel.vectorOf(b.getF64Type(), lanes);
    if (bitWidth(from) == 64)
      x = integerRoundedToOdd(kernel, x, fromSigned);
    return roundToOdd(kernel, fromSigned ? Value(arith::SIToFPOp::create(b, loc, f64, x))
                                         : Value(arith::UIToFPOp::create(b, loc, f64, x)));
  }
  if (isFloat(to))
    return fromSigned ? Value(arith::SIToFPOp::create(b, loc, result, x))
                      : Value(arith::UIToFPOp::create(b, loc, result, x));
  unsigned before = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  unsigned after = getElementTypeOrSelf(result).getIntOrFloatBitWidth();
  if (before == after)
    return x;
  if (before > after)
    return arith::TruncIOp::create(b, loc, result, x);
  return fromSigned ? Value(arith::ExtSIOp::create(b, loc, result, x))
                    : Value(arith::ExtUIOp::create(b, loc, result, x));
}

/// Whether `quotient` gives x / divisor for each of the 256 elements that `dividend`, dequantized, can be.
static bool dividesBytes(KernelBuilder &kernel, Value dividend, float divisor) {
  if (auto dequantize = dividend.getDefiningOp<graph::DequantizeOp>())
    dividend = dequantize.getX();
  TensorType type = kernel.typeOf(dividend);
  if (!KernelBuilder::requantizesBytes(type, type))
    return false;
  const Quantization &quantization = *type.quantization;
  reference::HostScalar<float> host;
  for (int64_t q = lowest(type.dtype); q <= highest(type.dtype); ++q) {
    float x = reference::dequantize(q, quantization.scales[0], quantization.zeroPoints[0]);
    float found = quotient(host, x, divisor, 1 / divisor), wanted = x / divisor;
    if (host.bitsOf(found) != host.bitsOf(wanted))
      return false;
  }
  return true;
}

/// lhs / rhs without a division, or null where the two are not proven to be equal.
static Value emitQuotient(KernelBuilder &kernel, Operation *op, ArrayRef<Value> operands) {
  std::optional<Tensor> constant = kernel.constantOf(op->getOperand(1));
  if (!kernel.target().vectorUnit().fma || !constant || constant->size() != 1 ||
      constant->dtype() != DType::F32)
    return {};
  float divisor = constant->values<float>()[0];
  if (!dividesBytes(kernel, op->getOperand(0), divisor))
    return {};
  MlirScalar l = languageOf(kernel, DType::F32, operands[0]);
  return quotient(l, {operands[0]}, l.constant(divisor), l.constant(1 / divisor)).value;
}

/// A constant operand as f32; nothing for others.
static std::optional<Tensor> constantF32(KernelBuilder &kernel, Value operand) {
  TensorType type = kernel.typeOf(operand);
  std::optional<Tensor> stored = kernel.constantOf(operand);
  if (!stored || type.expressed() != DType::F32 || bitWidth(stored->dtype()) < 8)
    return std::nullopt;
  if (!type.quantization)
    return stored;
  const Quantization &quantization = *type.quantization;
  Tensor values = std::move(*Tensor::zeros(DType::F32, stored->shape()));
  for (auto [i, q] : llvm::enumerate(stored->asIndices())) {
    size_t channel = quantization.axis < 0 ? 0 : i;
    values.mutableValues<float>()[i] =
        reference::dequantize(q, quantization.scales[channel], quantization.zeroPoints[channel]);
  }
  return values;
}

std::optional<BatchNormConstants> batchNormConstants(KernelBuilder &kernel, graph::BatchNormOp op) {
  std::optional<Tensor> scale = constantF32(kernel, op.getScale()), bias = constantF32(kernel, op.getBias()),
                        mean = constantF32(kernel, op.getMean()),
                        variance = constantF32(kernel, op.getVariance());
  if (!scale || !bias || !mean || !variance || kernel.typeOf(op.getX()).expressed() != DType::F32)
    return std::nullopt;
  Tensor factor = std::move(*Tensor::zeros(DType::F32, scale->shape()));
  float epsilon = op.getEpsilon().convertToFloat();
  for (int64_t channel = 0; channel < factor.size(); ++channel)
    factor.mutableValues<float>()[channel] =
        scale->values<float>()[channel] / std::sqrt(variance->values<float>()[channel] + epsilon);
  return BatchNormConstants{std::move(factor), std::move(*bias), std::move(*mean)};
}

/// fma(x - mean, scale / sqrt(variance + epsilon), bias); without a variance, the scale is that factor.
static Value emitBatchNorm(KernelBuilder &kernel, graph::BatchNormOp op, ArrayRef<Value> operands) {
  MlirScalar l = languageOf(kernel, kernel.typeOf(op.getX()).expressed(), operands[0]);
  MlirScalar::Value x{operands[0]}, factor{operands[1]}, bias{operands[2]}, mean{operands[3]};
  if (operands.size() > 4)
    factor = l.div(factor, l.sqrt(l.add({operands[4]}, l.constant(op.getEpsilon().convertToFloat()))));
  return l.fma(l.sub(x, mean), factor, bias).value;
}

Value emitElementwise(KernelBuilder &kernel, Operation *op, ArrayRef<Value> operands) {
  if (isConversion(op))
    return operands[0];
  if (auto norm = dyn_cast<graph::BatchNormOp>(op))
    return emitBatchNorm(kernel, norm, operands);
  DType dtype = kernel.typeOf(op->getOperands().back()).expressed();
  if (isa<graph::CastOp>(op))
    return emitCast(kernel, operands[0], dtype, kernel.typeOf(op->getResult(0)).dtype);
  if (isa<graph::DivOp>(op) && dtype == DType::F32)
    if (Value result = emitQuotient(kernel, op, operands))
      return result;
  MlirScalar language = languageOf(kernel, dtype, operands.back());
  SmallVector<MlirScalar::Value> values;
  for (Value operand : operands)
    values.push_back({operand});
  StringRef name = op->getName().stripDialect();
  auto result = reference::evaluateElementwise<MlirScalar>(
      language, std::string_view(name), values, reference::ElementwiseParameters(attributesOf(op)));
  return result->value;
}

} // namespace limbeck::lower
