// Emission of the 16-lane reduction.
#include "limbeck/Lower/Lanes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::lower {

using namespace mlir;

/// lane[j] += lane[j + s] for s = 8, 4, 2, 1.
static Value joinLanes(const LaneReduction &reduction, MutableArrayRef<Value> lanes) {
  for (size_t step = lanes.size() / 2; step > 0; step /= 2)
    for (size_t j = 0; j < step; ++j)
      lanes[j] = reduction.combine(lanes[j], lanes[j + step]);
  return lanes[0];
}

/// The same for lanes that are one vector: its halves are joined whole.
static Value joinVector(KernelBuilder &kernel, const LaneReduction &reduction, Value lanes) {
  OpBuilder &b = kernel.builder();
  auto part = [&](int64_t first, int64_t count) -> Value {
    return vector::ExtractStridedSliceOp::create(b, kernel.loc(), lanes, ArrayRef<int64_t>{first},
                                                 ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  };
  for (int64_t step = kReductionLanes / 2; step > 1; step /= 2)
    lanes = reduction.combine(part(0, step), part(step, step));
  auto lane = [&](int64_t number) -> Value {
    return vector::ExtractOp::create(b, kernel.loc(), lanes, ArrayRef<int64_t>{number});
  };
  return reduction.combine(lane(0), lane(1));
}

Value reduceStrided(KernelBuilder &kernel, const LaneReduction &reduction, int64_t count, Type type,
                    llvm::function_ref<Value(Value)> element) {
  SmallVector<Value> lanes;
  for (int64_t j = 0; j < kReductionLanes; ++j)
    lanes.push_back(reduction.neutral(type));
  auto accumulate = [&](Value base, MutableArrayRef<Value> into, int64_t used) {
    for (int64_t j = 0; j < used; ++j)
      into[static_cast<size_t>(j)] =
          reduction.combine(into[static_cast<size_t>(j)], element(kernel.addIndex(base, j)));
  };
  int64_t whole = count / kReductionLanes * kReductionLanes;
  if (whole)
    lanes = kernel.loop(0, whole, kReductionLanes, lanes, [&](Value i, ValueRange carried) {
      SmallVector<Value> next(carried);
      accumulate(i, next, kReductionLanes);
      return next;
    });
  if (whole < count)
    accumulate(kernel.constantIndex(whole), lanes, count - whole);
  return joinLanes(reduction, lanes);
}

Value reduceContiguous(KernelBuilder &kernel, const LaneReduction &reduction, int64_t count, Type scalar,
                       llvm::function_ref<Value(Value, int64_t)> elements, int64_t chains) {
  OpBuilder &b = kernel.builder();
  SmallVector<Value> accumulators(static_cast<size_t>(chains),
                                  reduction.neutral(kernel.vectorOf(scalar, kReductionLanes)));
  auto accumulate = [&](int64_t from, int64_t to, MutableArrayRef<Value> into) {
    int64_t step = kReductionLanes * static_cast<int64_t>(into.size());
    if (from == to)
      return;
    auto results = kernel.loop(from, to, step, into, [&](Value i, ValueRange carried) {
      SmallVector<Value> next;
      for (auto [chain, value] : llvm::enumerate(carried)) {
        Value place = kernel.addIndex(i, kReductionLanes * static_cast<int64_t>(chain));
        next.push_back(reduction.combine(value, elements(place, kReductionLanes)));
      }
      return next;
    });
    llvm::copy(results, into.begin());
  };
  int64_t whole = count / kReductionLanes * kReductionLanes,
          inChains = count / (kReductionLanes * chains) * (kReductionLanes * chains);
  accumulate(0, inChains, accumulators);
  for (size_t chain = 1; chain < accumulators.size(); ++chain)
    accumulators[0] = reduction.combine(accumulators[0], accumulators[chain]);
  accumulate(inChains, whole, MutableArrayRef(accumulators).take_front(1));
  Value lanes = accumulators[0];
  for (int64_t j = 0; whole + j < count; ++j) {
    Value lane = vector::ExtractOp::create(b, kernel.loc(), lanes, ArrayRef<int64_t>{j});
    lane = reduction.combine(lane, elements(kernel.constantIndex(whole + j), 1));
    lanes = vector::InsertOp::create(b, kernel.loc(), lane, lanes, ArrayRef<int64_t>{j});
  }
  return joinVector(kernel, reduction, lanes);
}

LaneReduction laneSum(KernelBuilder &kernel) {
  auto combine = [&kernel](Value a, Value c) -> Value {
    return arith::AddFOp::create(kernel.builder(), kernel.loc(), a, c);
  };
  return {combine, [&kernel](Type type) { return kernel.constantLike(type, 0); }};
}

} // namespace limbeck::lower
