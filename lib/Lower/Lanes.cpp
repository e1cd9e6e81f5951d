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
                       llvm::function_ref<Value(Value, int64_t)> elements) {
  OpBuilder &b = kernel.builder();
  SmallVector<Value> accumulator{reduction.neutral(kernel.vectorOf(scalar, kReductionLanes))};
  int64_t whole = count / kReductionLanes * kReductionLanes;
  if (whole)
    accumulator = kernel.loop(0, whole, kReductionLanes, accumulator, [&](Value i, ValueRange carried) {
      return SmallVector<Value>{reduction.combine(carried[0], elements(i, kReductionLanes))};
    });
  SmallVector<Value> lanes;
  for (int64_t j = 0; j < kReductionLanes; ++j)
    lanes.push_back(vector::ExtractOp::create(b, kernel.loc(), accumulator[0], ArrayRef<int64_t>{j}));
  for (int64_t j = 0; whole + j < count; ++j)
    lanes[static_cast<size_t>(j)] =
        reduction.combine(lanes[static_cast<size_t>(j)], elements(kernel.constantIndex(whole + j), 1));
  return joinLanes(reduction, lanes);
}

LaneReduction laneSum(KernelBuilder &kernel) {
  auto combine = [&kernel](Value a, Value c) -> Value {
    return arith::AddFOp::create(kernel.builder(), kernel.loc(), a, c);
  };
  return {combine, [&kernel](Type type) { return kernel.constantLike(type, 0); }};
}

} // namespace limbeck::lower
