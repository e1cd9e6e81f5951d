// Each operation of the scalar language is one op of arith or math, but for minimum and maximum, see there.
#include "limbeck/Lower/MlirScalar.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace limbeck::lower {

using namespace mlir;

Type MlirScalar::shaped(Type element) const {
  return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
}
Type MlirScalar::bitsType() const {
  return shaped(b.getIntegerType(bits));
}
Type MlirScalar::type() const {
  if (scalarKind == reference::ScalarKind::F32)
    return shaped(b.getF32Type());
  return scalarKind == reference::ScalarKind::F64 ? shaped(b.getF64Type()) : bitsType();
}

static mlir::Value splatConstant(OpBuilder &b, Location loc, Type type, TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector, Attribute(element)));
  return arith::ConstantOp::create(b, loc, element);
}

MlirScalar::Condition MlirScalar::equal(Value a, Value c) {
  if (isFloat())
    return {arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, a.value, c.value)};
  return {arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, a.value, c.value)};
}
MlirScalar::Condition MlirScalar::less(Value a, Value c) {
  if (isFloat())
    return {arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, a.value, c.value)};
  auto predicate = isSigned() ? arith::CmpIPredicate::slt : arith::CmpIPredicate::ult;
  return {arith::CmpIOp::create(b, loc, predicate, a.value, c.value)};
}
MlirScalar::Condition MlirScalar::lessEqual(Value a, Value c) {
  if (isFloat())
    return {arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE, a.value, c.value)};
  auto predicate = isSigned() ? arith::CmpIPredicate::sle : arith::CmpIPredicate::ule;
  return {arith::CmpIOp::create(b, loc, predicate, a.value, c.value)};
}
MlirScalar::Value MlirScalar::select(Condition condition, Value a, Value c) {
  return {arith::SelectOp::create(b, loc, condition.value, a.value, c.value)};
}
MlirScalar::Condition MlirScalar::conditionAnd(Condition a, Condition c) {
  return {arith::AndIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Condition MlirScalar::conditionOr(Condition a, Condition c) {
  return {arith::OrIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Condition MlirScalar::conditionNot(Condition a) {
  mlir::Value one = splatConstant(b, loc, a.value.getType(), b.getBoolAttr(true));
  return {arith::XOrIOp::create(b, loc, a.value, one)};
}

MlirScalar::Value MlirScalar::constant(double number) {
  if (scalarKind == reference::ScalarKind::F32) // rounded once, here
    return {splatConstant(b, loc, type(), b.getF32FloatAttr(static_cast<float>(number)))};
  if (isFloat())
    return {splatConstant(b, loc, type(), b.getF64FloatAttr(number))};
  return {bitConstant(static_cast<int64_t>(number)).value};
}
MlirScalar::Value MlirScalar::add(Value a, Value c) {
  return isFloat() ? Value{arith::AddFOp::create(b, loc, a.value, c.value)}
                   : Value{arith::AddIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Value MlirScalar::sub(Value a, Value c) {
  return isFloat() ? Value{arith::SubFOp::create(b, loc, a.value, c.value)}
                   : Value{arith::SubIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Value MlirScalar::mul(Value a, Value c) {
  return isFloat() ? Value{arith::MulFOp::create(b, loc, a.value, c.value)}
                   : Value{arith::MulIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Value MlirScalar::div(Value a, Value c) {
  if (isFloat())
    return {arith::DivFOp::create(b, loc, a.value, c.value)};
  return isSigned() ? Value{arith::DivSIOp::create(b, loc, a.value, c.value)}
                    : Value{arith::DivUIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Value MlirScalar::neg(Value a) {
  return isFloat() ? Value{arith::NegFOp::create(b, loc, a.value)} : sub(constant(0), a);
}
MlirScalar::Value MlirScalar::abs(Value a) {
  if (isFloat())
    return {math::AbsFOp::create(b, loc, a.value)};
  return isSigned() ? select(less(a, constant(0)), neg(a), a) : a;
}

/// Written out for floats: the instruction sequences for arith.minimumf differ between targets in how they treat a signaling
/// NaN, and some targets have none.
MlirScalar::Value MlirScalar::extremum(Value a, Value c, bool greatest) {
  Condition first = greatest ? less(c, a) : less(a, c);
  if (!isFloat())
    return select(first, a, c);
  Condition negative{
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, bitsOf(a).value, bitConstant(0).value)};
  first = conditionOr(first, conditionAnd(equal(a, c), greatest ? conditionNot(negative) : negative));
  return select(isNan(a), a, select(isNan(c), c, select(first, a, c)));
}
MlirScalar::Value MlirScalar::minimum(Value a, Value c) {
  return extremum(a, c, false);
}
MlirScalar::Value MlirScalar::maximum(Value a, Value c) {
  return extremum(a, c, true);
}

MlirScalar::Bits MlirScalar::bitsOf(Value a) {
  return isFloat() ? Bits{arith::BitcastOp::create(b, loc, bitsType(), a.value)} : Bits{a.value};
}
MlirScalar::Value MlirScalar::fromBits(Bits a) {
  return isFloat() ? Value{arith::BitcastOp::create(b, loc, type(), a.value)} : Value{a.value};
}
MlirScalar::Bits MlirScalar::bitConstant(int64_t word) {
  APInt value(64, static_cast<uint64_t>(word));
  return {splatConstant(b, loc, bitsType(), b.getIntegerAttr(b.getIntegerType(bits), value.trunc(bits)))};
}
MlirScalar::Bits MlirScalar::bitAdd(Bits a, Bits c) {
  return {arith::AddIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Bits MlirScalar::bitSub(Bits a, Bits c) {
  return {arith::SubIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Bits MlirScalar::bitAnd(Bits a, Bits c) {
  return {arith::AndIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Bits MlirScalar::bitOr(Bits a, Bits c) {
  return {arith::OrIOp::create(b, loc, a.value, c.value)};
}
MlirScalar::Bits MlirScalar::shiftLeft(Bits a, unsigned count) {
  return {arith::ShLIOp::create(b, loc, a.value, bitConstant(count).value)};
}
MlirScalar::Bits MlirScalar::shiftRightLogical(Bits a, unsigned count) {
  return {arith::ShRUIOp::create(b, loc, a.value, bitConstant(count).value)};
}
MlirScalar::Bits MlirScalar::shiftRightArithmetic(Bits a, unsigned count) {
  return {arith::ShRSIOp::create(b, loc, a.value, bitConstant(count).value)};
}

MlirScalar::Value MlirScalar::fma(Value a, Value c, Value d) {
  return {math::FmaOp::create(b, loc, a.value, c.value, d.value)};
}
MlirScalar::Value MlirScalar::sqrt(Value a) {
  return {math::SqrtOp::create(b, loc, a.value)};
}
MlirScalar::Value MlirScalar::floor(Value a) {
  return {math::FloorOp::create(b, loc, a.value)};
}
MlirScalar::Value MlirScalar::ceil(Value a) {
  return {math::CeilOp::create(b, loc, a.value)};
}
MlirScalar::Value MlirScalar::roundEven(Value a) {
  return {math::RoundEvenOp::create(b, loc, a.value)};
}
MlirScalar::Value MlirScalar::scale(Value a, Value n) {
  return reference::scaleWithoutUnderflow(*this, a, n, [&](Value x, Value power) -> Value {
    if (mlir::Value scaled = kernel.target().emitScale(kernel, x.value, power.value))
      return {scaled};
    return reference::multiplyByPower(*this, x, power);
  });
}
MlirScalar::Condition MlirScalar::isNan(Value a) {
  return {arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, a.value, a.value)};
}
MlirScalar::Bits MlirScalar::toInteger(Value a) {
  return {arith::FPToSIOp::create(b, loc, bitsType(), a.value)};
}
MlirScalar::Value MlirScalar::fromInteger(Bits a) {
  return {arith::SIToFPOp::create(b, loc, type(), a.value)};
}

MlirScalar::Value MlirScalar::widen(Value a) {
  if (scalarKind != reference::ScalarKind::F32)
    return a;
  return {arith::ExtFOp::create(b, loc, shaped(b.getF64Type()), a.value)};
}
MlirScalar::Value MlirScalar::narrow(Value a) {
  if (scalarKind != reference::ScalarKind::F32)
    return a;
  return {arith::TruncFOp::create(b, loc, shaped(b.getF32Type()), a.value)};
}

static_assert(reference::FloatLanguage<MlirScalar>);

} // namespace limbeck::lower
