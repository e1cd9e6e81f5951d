// The scalar language of Reference/ScalarLanguage.h as an MLIR builder: emits the operations on scalars or vectors.
//
// Instantiating the element-wise templates on it gives the compiler the very sequence of operations the interpreter runs.
#pragma once
#include "limbeck/Lower/KernelBuilder.h"
#include "limbeck/Reference/ScalarLanguage.h"

namespace limbeck::lower {

class MlirScalar {
public:
  struct Value {
    mlir::Value value;
  };
  /// One type with Value, so that comparisons and `where` are served by the same entry point as arithmetic.
  using Condition = Value;
  struct Bits {
    mlir::Value value;
  };

  /// A language of `kind` and `width` bits on vectors of `lanes` (1: scalars).
  MlirScalar(KernelBuilder &kernel, reference::ScalarKind kind, unsigned width, int64_t lanes)
      : kernel(kernel), b(kernel.builder()), loc(kernel.loc()), scalarKind(kind), bits(width), lanes(lanes) {}

  reference::ScalarKind kind() const { return scalarKind; }
  unsigned width() const { return bits; }

  Condition equal(Value a, Value c);
  Condition less(Value a, Value c);
  Condition lessEqual(Value a, Value c);
  Value select(Condition condition, Value a, Value c);
  Condition conditionAnd(Condition a, Condition c);
  Condition conditionOr(Condition a, Condition c);
  Condition conditionNot(Condition a);

  Value constant(double number);
  Value add(Value a, Value c);
  Value sub(Value a, Value c);
  Value mul(Value a, Value c);
  Value div(Value a, Value c);
  Value neg(Value a);
  Value abs(Value a);
  Value minimum(Value a, Value c);
  Value maximum(Value a, Value c);
  Bits bitsOf(Value a);
  Value fromBits(Bits a);
  Bits bitConstant(int64_t word);
  Bits bitAdd(Bits a, Bits c);
  Bits bitSub(Bits a, Bits c);
  Bits bitAnd(Bits a, Bits c);
  Bits bitOr(Bits a, Bits c);
  Bits shiftLeft(Bits a, unsigned count);
  Bits shiftRightLogical(Bits a, unsigned count);
  Bits shiftRightArithmetic(Bits a, unsigned count);

  Value fma(Value a, Value c, Value d);
  Value sqrt(Value a);
  Value floor(Value a);
  Value ceil(Value a);
  Value roundEven(Value a);
  Value scale(Value a, Value n);
  Condition isNan(Value a);
  Bits toInteger(Value a);
  Value fromInteger(Bits a);
  MlirScalar wide() const { return {kernel, reference::ScalarKind::F64, 64, lanes}; }
  Value widen(Value a);
  Value narrow(Value a);

private:
  bool isFloat() const {
    return scalarKind == reference::ScalarKind::F32 || scalarKind == reference::ScalarKind::F64;
  }
  bool isSigned() const { return scalarKind == reference::ScalarKind::Signed; }
  mlir::Type shaped(mlir::Type element) const;
  mlir::Type type() const;
  mlir::Type bitsType() const;
  Value extremum(Value a, Value c, bool greatest);

  KernelBuilder &kernel;
  mlir::OpBuilder &b;
  mlir::Location loc;
  reference::ScalarKind scalarKind;
  unsigned bits;
  int64_t lanes;
};

} // namespace limbeck::lower
