// What the kernels of softmax have in common: arithmetic, the division by the sum of a row, memory for a row.
#pragma once
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/Division.h"
#include "limbeck/Lower/Lanes.h"
#include "limbeck/Lower/MlirScalar.h"
#include "limbeck/Reference/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

/// Arithmetic on the elements of a normalization, scalar or vector.
struct NormalizationMath {
  KernelBuilder &kernel;
  mlir::OpBuilder &b;
  mlir::Location loc;
  bool isDouble;

  NormalizationMath(KernelBuilder &kernel, const TensorType &type)
      : kernel(kernel), b(kernel.builder()), loc(kernel.loc()), isDouble(type.expressed() == DType::F64) {}
  MlirScalar language(mlir::Value like) const {
    auto vector = mlir::dyn_cast<mlir::VectorType>(like.getType());
    return {kernel, isDouble ? reference::ScalarKind::F64 : reference::ScalarKind::F32, isDouble ? 64u : 32u,
            vector ? vector.getNumElements() : 1};
  }
  mlir::Value add(mlir::Value a, mlir::Value c) const { return mlir::arith::AddFOp::create(b, loc, a, c); }
  mlir::Value sub(mlir::Value a, mlir::Value c) const { return mlir::arith::SubFOp::create(b, loc, a, c); }
  mlir::Value mul(mlir::Value a, mlir::Value c) const { return mlir::arith::MulFOp::create(b, loc, a, c); }
  mlir::Value div(mlir::Value a, mlir::Value c) const { return mlir::arith::DivFOp::create(b, loc, a, c); }
  mlir::Value fma(mlir::Value a, mlir::Value c, mlir::Value d) const {
    return mlir::math::FmaOp::create(b, loc, a, c, d);
  }
  mlir::Value sqrt(mlir::Value a) const { return mlir::math::SqrtOp::create(b, loc, a); }
  mlir::Value exp(mlir::Value a) const {
    MlirScalar l = language(a);
    return reference::algorithms::exponential(l, MlirScalar::Value{a}).value;
  }
  mlir::Value log(mlir::Value a) const {
    MlirScalar l = language(a);
    return reference::algorithms::logarithm(l, MlirScalar::Value{a}).value;
  }
  mlir::Value pow(mlir::Value a, mlir::Value c) const {
    MlirScalar l = language(a);
    return reference::algorithms::powerOfFloats(l, MlirScalar::Value{a}, MlirScalar::Value{c}).value;
  }
  mlir::Value constant(mlir::Value like, double value) const {
    return kernel.constantLike(like.getType(), value);
  }
  /// `value` spread to the lanes of `like`.
  mlir::Value spread(mlir::Value value, int64_t lanes) const {
    return mlir::isa<mlir::VectorType>(value.getType()) ? value : kernel.splat(value, lanes);
  }
  LaneReduction maximum() const {
    return {[this](mlir::Value a, mlir::Value c) -> mlir::Value { return maximumOf(kernel, a, c); },
            [this](mlir::Type type) {
              return kernel.constantLike(type, -std::numeric_limits<double>::infinity());
            }};
  }
  /// The maximum of what is no NaN, and any of two zeros: one instruction.
  LaneReduction maximumOfNumbers() const {
    return {[this](mlir::Value a, mlir::Value c) -> mlir::Value {
              mlir::Value greater =
                  mlir::arith::CmpFOp::create(b, loc, mlir::arith::CmpFPredicate::OGT, c, a);
              return mlir::arith::SelectOp::create(b, loc, greater, c, a);
            },
            maximum().neutral};
  }
};

/// Exponentials of a row by their sum: in [0, 1] or NaN by at least 1.
class RowDivision {
public:
  /// `exact`: whether the last bit of quotients near the smallest f32 matters.
  RowDivision(const NormalizationMath &m, mlir::Value sum, bool exact) : m(m), sum(sum), exact(exact) {
    if (!m.isDouble && m.kernel.target().vectorUnit().fma)
      reciprocal = m.div(m.constant(sum, 1), sum);
  }

  mlir::Value divide(mlir::Value x, int64_t lanes) const {
    if (!reciprocal || (exact && lanes == 1))
      return m.div(x, m.spread(sum, lanes));
    if (!exact)
      return byReciprocal(x, lanes);
    auto choice = mlir::scf::IfOp::create(m.b, m.loc, x.getType(), anyTooSmall(x), /*withElseRegion=*/true);
    mlir::OpBuilder::InsertionGuard guard(m.b);
    m.b.setInsertionPointToStart(choice.thenBlock());
    mlir::scf::YieldOp::create(m.b, m.loc, m.div(x, m.spread(sum, lanes)));
    m.b.setInsertionPointToStart(choice.elseBlock());
    mlir::scf::YieldOp::create(m.b, m.loc, byReciprocal(x, lanes));
    return choice.getResult(0);
  }

private:
  mlir::Value byReciprocal(mlir::Value x, int64_t lanes) const {
    MlirScalar l = m.language(x);
    return quotient(l, {x}, {m.spread(sum, lanes)}, {m.spread(reciprocal, lanes)}).value;
  }
  /// Whether an element lies between 0 and what `quotient` divides; one comparison, as 0 less 1 is the greatest integer.
  mlir::Value anyTooSmall(mlir::Value x) const {
    auto bits = mlir::VectorType::get(mlir::cast<mlir::VectorType>(x.getType()).getShape(), m.b.getI32Type());
    auto least = llvm::bit_cast<int32_t>(static_cast<float>(kLeastDividend));
    mlir::Value less = mlir::arith::SubIOp::create(
        m.b, m.loc, mlir::arith::BitcastOp::create(m.b, m.loc, bits, x), m.kernel.constantLike(bits, 1));
    mlir::Value small = mlir::arith::CmpIOp::create(m.b, m.loc, mlir::arith::CmpIPredicate::ult, less,
                                                    m.kernel.constantLike(bits, least - 1));
    return mlir::vector::ReductionOp::create(m.b, m.loc, mlir::vector::CombiningKind::OR, small);
  }

  const NormalizationMath &m;
  mlir::Value sum, reciprocal;
  bool exact;
};

/// Whether all that follows an op whose results are at most 1 rounds those below kLeastDividend to the zero point.
inline bool roundsSmallAway(KernelBuilder &kernel, mlir::Operation *op) {
  constexpr float kLeastScale = 0x1p-80f;
  auto quantizes = [&](mlir::Value value) {
    TensorType type = kernel.typeOf(value);
    return type.quantization &&
           llvm::all_of(type.quantization->scales, [](float scale) { return scale >= kLeastScale; });
  };
  mlir::Value result = op->getResult(0);
  return quantizes(result) || llvm::all_of(result.getUsers(), [&](mlir::Operation *user) {
           return mlir::isa<graph::QuantizeOp>(user) && quantizes(user->getResult(0));
         });
}

/// Elements of a row that may lie on the stack of a worker, one of which is the caller's thread: 32 KiB of f32.
inline constexpr int64_t kStagedElements = 8192;

} // namespace limbeck::lower
