// f16 and bf16 in kernels: stored in 16 bits, computed in f32.
//
// bf16 is integers throughout: LLVM has instructions for it on some machines only, which flush denormals, and calls a library
// function on the others. Kernels that are held to a bound may use them.
#include "limbeck/Lower/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace limbeck::lower {

using namespace mlir;

static Type sameLanes(KernelBuilder &kernel, Value like, Type element) {
  auto vector = dyn_cast<VectorType>(like.getType());
  return kernel.vectorOf(element, vector ? vector.getNumElements() : 1);
}

Value extendHalf(KernelBuilder &kernel, Value stored, DType dtype) {
  OpBuilder &b = kernel.builder();
  Type f32 = sameLanes(kernel, stored, b.getF32Type()), i32 = sameLanes(kernel, stored, b.getI32Type());
  if (dtype == DType::F16)
    return arith::ExtFOp::create(b, kernel.loc(), f32, stored);
  Value wide = arith::ExtUIOp::create(b, kernel.loc(), i32, stored);
  Value bits = arith::ShLIOp::create(b, kernel.loc(), wide, kernel.constantLike(i32, 16));
  return arith::BitcastOp::create(b, kernel.loc(), f32, bits);
}

Value roundToHalf(KernelBuilder &kernel, Value x, DType dtype) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Type half = sameLanes(kernel, x, kernel.storageType(dtype)), i32 = sameLanes(kernel, x, b.getI32Type());
  if (dtype == DType::F16)
    return arith::TruncFOp::create(b, loc, half, x);
  if (kernel.isHeldToBound())
    if (Value rounded = kernel.target().emitRoundToBF16(kernel, x))
      return rounded;
  Value bits = arith::BitcastOp::create(b, loc, i32, x), sixteen = kernel.constantLike(i32, 16);
  // Half of the last place that stays, less one when that place is even: a tie then stays below.
  Value last = arith::AndIOp::create(b, loc, arith::ShRUIOp::create(b, loc, bits, sixteen),
                                     kernel.constantLike(i32, 1));
  Value sum = arith::AddIOp::create(
      b, loc, arith::AddIOp::create(b, loc, bits, kernel.constantLike(i32, 0x7fff)), last);
  Value isNaN = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
  sum = arith::SelectOp::create(b, loc, isNaN, kernel.constantLike(i32, 0x7fc00000), sum);
  return arith::TruncIOp::create(b, loc, half, arith::ShRUIOp::create(b, loc, sum, sixteen));
}

Value roundToOdd(KernelBuilder &kernel, Value x) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Type f32 = sameLanes(kernel, x, b.getF32Type()), i32 = sameLanes(kernel, x, b.getI32Type());
  Value nearest = arith::TruncFOp::create(b, loc, f32, x),
        back = arith::ExtFOp::create(b, loc, x.getType(), nearest);
  Value bits = arith::BitcastOp::create(b, loc, i32, nearest), one = kernel.constantLike(i32, 1);
  Value even = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                     arith::AndIOp::create(b, loc, bits, one), kernel.constantLike(i32, 0));
  // Ordered: NaN stays as it is.
  Value inexact = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ONE, back, x);
  Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, math::AbsFOp::create(b, loc, back),
                                      math::AbsFOp::create(b, loc, x));
  Value step = arith::SelectOp::create(b, loc, above, kernel.constantLike(i32, -1), one);
  Value odd = arith::AddIOp::create(b, loc, bits, step);
  Value moved = arith::AndIOp::create(b, loc, even, inexact);
  return arith::BitcastOp::create(b, loc, f32, arith::SelectOp::create(b, loc, moved, odd, bits).getResult());
}

Value integerRoundedToOdd(KernelBuilder &kernel, Value x, bool isSigned) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Type type = x.getType();
  Value low = arith::AndIOp::create(b, loc, x, kernel.constantLike(type, 0x7ff));
  Value exact = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, low, kernel.constantLike(type, 0));
  Value kept = arith::SubIOp::create(b, loc, x, low);
  Value odd = arith::OrIOp::create(b, loc, kept, kernel.constantLike(type, 0x800));
  // |x| <= 2^53: moved up by 2^53, one unsigned comparison serves both ends.
  constexpr double bound = 0x1p53;
  Value shifted = isSigned ? Value(arith::AddIOp::create(b, loc, x, kernel.constantLike(type, bound))) : x;
  Value small = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ule, shifted,
                                      kernel.constantLike(type, isSigned ? 2 * bound : bound));
  Value stays = arith::OrIOp::create(b, loc, exact, small);
  return arith::SelectOp::create(b, loc, stays, x, odd);
}

} // namespace limbeck::lower
