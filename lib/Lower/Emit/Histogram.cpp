// The kernel of histogram: bins of a vector of elements at a time, counts one by one.
#include "limbeck/Calibration/Histogram.h"
#include "limbeck/Lower/CoreEmitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
/// calibration::BinGrid and binOf on values of the kernel. Scaling by a power of two is exact in f32 as well: what underflows is in
/// the bins next to 0, what overflows is beyond all.
struct BinArithmetic {
  KernelBuilder &kernel;
  OpBuilder &b;
  Value inverseWidth, first; ///< scalars

  BinArithmetic(KernelBuilder &kernel, Value least, Value greatest) : kernel(kernel), b(kernel.builder()) {
    Value zero = number(b.getF32Type(), 0);
    Value lowest = choose(kernel, compare(arith::CmpFPredicate::OLT, least, zero), least, zero);
    Value highest = choose(kernel, compare(arith::CmpFPredicate::OGT, greatest, zero), greatest, zero);
    Value below = math::AbsFOp::create(b, kernel.loc(), lowest);
    Value magnitude = choose(kernel, compare(arith::CmpFPredicate::OGT, below, highest), below, highest);
    Value bits = arith::BitcastOp::create(b, kernel.loc(), b.getI32Type(), magnitude);
    Value exponent = arith::ShRUIOp::create(b, kernel.loc(), bits, integer(23));
    exponent = subtract(exponent, integer(127 + 10));
    exponent = arith::MaxSIOp::create(b, kernel.loc(), exponent, integer(calibration::kLeastExponent));
    setWidth(exponent);
    // One more where the bins from the lowest to the highest are too many.
    Value bins = subtract(bin(highest), bin(lowest));
    Value tooMany =
        arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::sge, bins, integer(calibration::kBins));
    setWidth(choose(kernel, tooMany, subtract(exponent, integer(-1)), exponent));
    first = bin(lowest);
  }

  /// The place of an element's count, a number or a vector.
  Value place(Value x) const {
    Value wide = vectorLike(x, first);
    Value at = arith::SubIOp::create(b, kernel.loc(), bin(x), wide);
    at = arith::MaxSIOp::create(b, kernel.loc(), at, number(at.getType(), 0));
    return arith::MinSIOp::create(b, kernel.loc(), at, number(at.getType(), calibration::kBins - 1));
  }

private:
  Value number(Type type, double value) const { return kernel.constantLike(type, value); }
  Value integer(int64_t value) const { return number(b.getI32Type(), static_cast<double>(value)); }
  Value subtract(Value a, Value c) const { return arith::SubIOp::create(b, kernel.loc(), a, c); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value c) const {
    return arith::CmpFOp::create(b, kernel.loc(), predicate, a, c);
  }
  static int64_t lanesOf(Value value) {
    auto vector = dyn_cast<VectorType>(value.getType());
    return vector ? vector.getNumElements() : 1;
  }
  Value vectorLike(Value x, Value scalar) const { return kernel.splat(scalar, lanesOf(x)); }

  /// 2^-exponent by its bits.
  void setWidth(Value exponent) {
    Value biased = subtract(integer(127), exponent);
    Value bits = arith::ShLIOp::create(b, kernel.loc(), biased, integer(23));
    inverseWidth = arith::BitcastOp::create(b, kernel.loc(), b.getF32Type(), bits);
  }
  Value bin(Value x) const {
    Value steps = math::AbsFOp::create(b, kernel.loc(), x);
    steps = arith::MulFOp::create(b, kernel.loc(), steps, vectorLike(x, inverseWidth));
    Value farthest = number(x.getType(), 2 * calibration::kBins), zero = number(x.getType(), 0);
    steps = arith::SelectOp::create(b, kernel.loc(), compare(arith::CmpFPredicate::OGE, steps, farthest),
                                    farthest, steps);
    steps = arith::SelectOp::create(b, kernel.loc(), compare(arith::CmpFPredicate::UNO, steps, steps), zero,
                                    steps);
    Type integers = kernel.vectorOf(b.getI32Type(), lanesOf(x));
    Value whole = arith::FPToSIOp::create(b, kernel.loc(), integers, steps);
    Value mirrored = arith::SubIOp::create(b, kernel.loc(), number(integers, -1), whole);
    return arith::SelectOp::create(b, kernel.loc(), compare(arith::CmpFPredicate::OLT, x, zero), mirrored,
                                   whole);
  }
};
} // namespace

/// One worker does it: counts of several would have to be added.
static void emitHistogram(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  Location loc = kernel.loc();
  Value x = op->getOperand(0), counts = kernel.scratch(calibration::kBins, b.getI32Type());
  Shape shape = kernel.shapeOf(x);
  int64_t count = product(shape), whole = count / kBlockLanes * kBlockLanes;
  kernel.shared(1, [&](Value) {
    auto each = [&](int64_t from, int64_t to, int64_t step, llvm::function_ref<void(Value)> body) {
      if (from < to)
        kernel.loop(from, to, step, {}, [&](Value i, ValueRange) {
          body(i);
          return SmallVector<Value>{};
        });
    };
    Value none = kernel.constantLike(b.getI32Type(), 0), one = kernel.constantLike(b.getI32Type(), 1);
    each(0, calibration::kBins, 1, [&](Value i) { memref::StoreOp::create(b, loc, none, counts, i); });
    BinArithmetic bins(kernel, kernel.real(op->getOperand(1), {}, 1), kernel.real(op->getOperand(2), {}, 1));
    auto increment = [&](Value place) {
      Value at = arith::IndexCastOp::create(b, loc, b.getIndexType(), place);
      Value sum = arith::AddIOp::create(b, loc, memref::LoadOp::create(b, loc, counts, at), one);
      memref::StoreOp::create(b, loc, sum, counts, at);
    };
    auto countAt = [&](Value i, int64_t lanes) {
      // Elements lie one behind the other: the innermost index runs on through all dimensions.
      Index index(shape.size(), kernel.constantIndex(0));
      if (!index.empty())
        index.back() = i;
      Value places = bins.place(kernel.real(x, index, lanes));
      for (int64_t lane = 0; lane < lanes; ++lane)
        increment(lanes == 1 ? places : vector::ExtractOp::create(b, loc, places, ArrayRef<int64_t>{lane}));
    };
    each(0, whole, kBlockLanes, [&](Value i) { countAt(i, kBlockLanes); });
    each(whole, count, 1, [&](Value i) { countAt(i, 1); });
    each(0, calibration::kBins, 1,
         [&](Value i) { kernel.store(0, {i}, 1, memref::LoadOp::create(b, loc, counts, i)); });
  });
}

void addHistogramEmitters(EmitterList &list) {
  list.push_back({"histogram", emitHistogram});
}

} // namespace limbeck::lower
