// Kernels of reduce_* and arg_max.
#include "limbeck/Lower/CoreEmitters.h"
#include "limbeck/Lower/Lanes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace limbeck::lower {

using namespace mlir;

namespace {
/// Which input elements belong to a result element.
struct ReducedAxes {
  Shape input, extents;
  std::vector<int64_t> axes;
  bool keepdims = false;

  ReducedAxes(KernelBuilder &kernel, Operation *op, std::vector<int64_t> reduced)
      : input(kernel.shapeOf(op->getOperand(0))), axes(std::move(reduced)),
        keepdims(attributesOf(op).flag("keepdims")) {
    for (int64_t axis : axes)
      extents.push_back(input[static_cast<size_t>(axis)]);
  }
  int64_t count() const {
    int64_t product = 1;
    for (int64_t extent : extents)
      product *= extent;
    return product;
  }
  bool isReduced(size_t dim) const { return llvm::is_contained(axes, static_cast<int64_t>(dim)); }
  /// The reduced elements are neighbours in memory: the reduced axes are the last ones.
  bool contiguous() const {
    for (size_t i = 0; i < axes.size(); ++i)
      if (axes[i] != static_cast<int64_t>(input.size() - axes.size() + i))
        return false;
    return !axes.empty();
  }
  /// Neighbouring results are neighbours in the input.
  bool resultsRun() const { return !input.empty() && !isReduced(input.size() - 1); }

  Index position(KernelBuilder &kernel, ArrayRef<Value> result, Value number) const {
    Index reduced, place;
    if (contiguous()) { // the innermost index runs on through all of them
      reduced.assign(extents.size(), kernel.constantIndex(0));
      reduced.back() = number;
    } else {
      reduced = kernel.delinearize(number, extents);
    }
    size_t next = 0, kept = 0;
    for (size_t dim = 0; dim < input.size(); ++dim) {
      if (isReduced(dim)) {
        place.push_back(reduced[next++]);
        kept += keepdims;
        continue;
      }
      place.push_back(result[kept++]);
    }
    return place;
  }
};

/// How one reduce op joins elements.
struct ReductionKind {
  StringRef name;
  double neutralFloat;
  Value (*combine)(KernelBuilder &, DType, Value, Value);
};
} // namespace

static Value reduceAdd(KernelBuilder &k, DType dtype, Value a, Value c) {
  return isFloat(dtype) ? Value(arith::AddFOp::create(k.builder(), k.loc(), a, c))
                        : Value(arith::AddIOp::create(k.builder(), k.loc(), a, c));
}
static Value reduceMultiply(KernelBuilder &k, DType dtype, Value a, Value c) {
  return isFloat(dtype) ? Value(arith::MulFOp::create(k.builder(), k.loc(), a, c))
                        : Value(arith::MulIOp::create(k.builder(), k.loc(), a, c));
}
static Value reduceGreater(KernelBuilder &k, DType dtype, Value a, Value c) {
  if (dtype == DType::Bool)
    return arith::OrIOp::create(k.builder(), k.loc(), a, c);
  if (isFloat(dtype))
    return maximumOf(k, a, c);
  return isSigned(dtype) ? Value(arith::MaxSIOp::create(k.builder(), k.loc(), a, c))
                         : Value(arith::MaxUIOp::create(k.builder(), k.loc(), a, c));
}
static Value reduceLess(KernelBuilder &k, DType dtype, Value a, Value c) {
  if (dtype == DType::Bool)
    return arith::AndIOp::create(k.builder(), k.loc(), a, c);
  if (isFloat(dtype))
    return minimumOf(k, a, c);
  return isSigned(dtype) ? Value(arith::MinSIOp::create(k.builder(), k.loc(), a, c))
                         : Value(arith::MinUIOp::create(k.builder(), k.loc(), a, c));
}

static const ReductionKind kReductions[] = {
    {"reduce_sum", 0, reduceAdd},
    {"reduce_mean", 0, reduceAdd},
    {"reduce_prod", 1, reduceMultiply},
    {"reduce_max", -std::numeric_limits<double>::infinity(), reduceGreater},
    {"reduce_min", std::numeric_limits<double>::infinity(), reduceLess},
};

static Value reductionNeutral(KernelBuilder &kernel, const ReductionKind &kind, DType dtype, Type type) {
  if (isFloat(dtype) || !std::isinf(kind.neutralFloat))
    return kernel.constantLike(type, kind.neutralFloat);
  Type element = getElementTypeOrSelf(type);
  unsigned bits = element.getIntOrFloatBitWidth();
  bool least = kind.neutralFloat < 0;
  APInt limit = isSigned(dtype) ? (least ? APInt::getSignedMinValue(bits) : APInt::getSignedMaxValue(bits))
                                : (least ? APInt::getMinValue(bits) : APInt::getMaxValue(bits));
  OpBuilder &b = kernel.builder();
  Value scalar = arith::ConstantOp::create(b, kernel.loc(), b.getIntegerAttr(element, limit));
  return kernel.splat(scalar, isa<VectorType>(type) ? cast<VectorType>(type).getNumElements() : 1);
}

static Value divideByCount(KernelBuilder &kernel, DType dtype, Value sum, int64_t count) {
  OpBuilder &b = kernel.builder();
  Value divisor = kernel.constantLike(sum.getType(), static_cast<double>(count));
  if (isFloat(dtype))
    return arith::DivFOp::create(b, kernel.loc(), sum, divisor);
  return isSigned(dtype) ? Value(arith::DivSIOp::create(b, kernel.loc(), sum, divisor))
                         : Value(arith::DivUIOp::create(b, kernel.loc(), sum, divisor));
}

/// An integer (or vector of them) with elements of type `element`: extended by its sign, or truncated.
static Value resizeInteger(KernelBuilder &kernel, Value value, Type element, DType dtype) {
  OpBuilder &b = kernel.builder();
  auto vector = dyn_cast<VectorType>(value.getType());
  Type to = kernel.vectorOf(element, vector ? vector.getNumElements() : 1);
  unsigned before = getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth(),
           after = element.getIntOrFloatBitWidth();
  if (before == after)
    return value;
  if (before > after)
    return arith::TruncIOp::create(b, kernel.loc(), to, value);
  return isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), to, value))
                         : Value(arith::ExtUIOp::create(b, kernel.loc(), to, value));
}

static void emitReduce(KernelBuilder &kernel, Operation *op) {
  StringRef name = op->getName().stripDialect();
  const ReductionKind &kind =
      *llvm::find_if(kReductions, [&](const ReductionKind &k) { return k.name == name; });
  ReducedAxes reduced(kernel, op, attributesOf(op).integers("axes"));
  TensorType type = kernel.typeOf(op->getOperand(0));
  DType dtype = type.expressed();
  Type scalar = kernel.computeType(type);
  // An integer mean sums in 64 bits, so that it cannot wrap before the division.
  bool wideMean = name == "reduce_mean" && !isFloat(dtype);
  if (wideMean)
    scalar = kernel.builder().getI64Type();
  LaneReduction lanes{[&](Value a, Value c) { return kind.combine(kernel, dtype, a, c); },
                      [&](Type t) { return reductionNeutral(kernel, kind, dtype, t); }};
  bool contiguous = reduced.contiguous();
  // Of what is ordered, any order gives the same.
  constexpr int64_t kChains = 4;
  bool extremum = name == "reduce_max" || name == "reduce_min";
  kernel.forEachBlock(
      kernel.shapeOf(op->getResult(0)), reduced.resultsRun(), [&](ArrayRef<Value> index, int64_t width) {
        auto load = [&](Value number, int64_t count) {
          Value x = kernel.real(op->getOperand(0), reduced.position(kernel, index, number), count);
          return wideMean ? resizeInteger(kernel, x, scalar, dtype) : x;
        };
        Value result;
        if (contiguous)
          result = reduceContiguous(kernel, lanes, reduced.count(), scalar, load, extremum ? kChains : 1);
        else
          result = reduceStrided(kernel, lanes, reduced.count(), kernel.vectorOf(scalar, width),
                                 [&](Value number) { return load(number, width); });
        if (name == "reduce_mean")
          result = divideByCount(kernel, dtype, result, reduced.count());
        if (wideMean)
          result = resizeInteger(kernel, result, kernel.computeType(type), dtype);
        kernel.finish(index, width, result);
      });
}

/// NaN is greater than every number; `orEqual` lets a later equal element win.
static Value isGreaterFloat(KernelBuilder &kernel, Value x, Value best, bool orEqual) {
  OpBuilder &b = kernel.builder();
  auto compare = [&](arith::CmpFPredicate predicate, Value left, Value right) -> Value {
    return arith::CmpFOp::create(b, kernel.loc(), predicate, left, right);
  };
  Value greater = compare(orEqual ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OGT, x, best);
  Value wins = compare(arith::CmpFPredicate::UNO, x, x);
  if (!orEqual)
    wins = arith::AndIOp::create(b, kernel.loc(), wins, compare(arith::CmpFPredicate::ORD, best, best));
  return arith::OrIOp::create(b, kernel.loc(), greater, wins);
}

static void emitArgMax(KernelBuilder &kernel, Operation *op) {
  OpBuilder &b = kernel.builder();
  reference::Attributes attributes = attributesOf(op);
  ReducedAxes reduced(kernel, op, {attributes.integer("axis")});
  TensorType type = kernel.typeOf(op->getOperand(0));
  DType dtype = type.expressed();
  bool last = attributes.flag("select_last_index");
  kernel.forEachBlock(kernel.shapeOf(op->getResult(0)), false, [&](ArrayRef<Value> index, int64_t) {
    auto at = [&](Value number) {
      return kernel.real(op->getOperand(0), reduced.position(kernel, index, number), 1);
    };
    Value zero = kernel.constantIndex(0);
    auto best = kernel.loop(1, reduced.count(), 1, {at(zero), zero}, [&](Value i, ValueRange carried) {
      Value x = at(i), better;
      if (isFloat(dtype))
        better = isGreaterFloat(kernel, x, carried[0], last);
      else if (isSigned(dtype))
        better = arith::CmpIOp::create(
            b, kernel.loc(), last ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sgt, x, carried[0]);
      else
        better = arith::CmpIOp::create(
            b, kernel.loc(), last ? arith::CmpIPredicate::uge : arith::CmpIPredicate::ugt, x, carried[0]);
      return SmallVector<Value>{choose(kernel, better, x, carried[0]), choose(kernel, better, i, carried[1])};
    });
    kernel.finishStored(index, 1, arith::IndexCastOp::create(b, kernel.loc(), b.getI64Type(), best[1]));
  });
}

void addReductionEmitters(EmitterList &list) {
  for (const ReductionKind &kind : kReductions)
    list.push_back({kind.name, emitReduce});
  list.push_back({"arg_max", emitArgMax});
}

} // namespace limbeck::lower
