// An op belongs to a run if that is proven for it, and a joined concat only together with all that write it.
#include "SampleRuns.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Graph/IR/Samples.h"
#include "limbeck/Lower/MemoryPlan.h"

namespace limbeck::lower {

using namespace mlir;

bool isConstant(Operation *op) {
  while (auto cast = dyn_cast_or_null<graph::StorageCastOp>(op))
    op = cast.getX().getDefiningOp();
  return isa_and_nonnull<graph::ConstOp>(op);
}

bool needsKernel(Operation *op) {
  auto region = dyn_cast<graph::FusedOp>(op);
  return region && !llvm::all_of(region.getBody().front().without_terminator(),
                                 [](Operation &inside) { return isView(&inside); });
}

static bool hasSamples(Value value, int64_t samples) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0 && type.hasStaticShape() && type.getDimSize(0) == samples;
}

bool variesWithSample(Value operand, int64_t samples) {
  Operation *maker = operand.getDefiningOp();
  return hasSamples(operand, samples) && !(maker && isConstant(maker));
}

/// Marks the results of an op as values of samples, if any of its operands is one. False: that is not proven.
static bool follow(Operation *op, int64_t samples, DenseSet<Value> &values) {
  SmallVector<bool> varies;
  for (Value operand : op->getOperands())
    varies.push_back(values.contains(operand));
  if (!llvm::is_contained(varies, true))
    return true;
  if (!graph::keepsSamples(op, varies))
    return false;
  for (Value result : op->getResults()) {
    if (!hasSamples(result, samples))
      return false;
    values.insert(result);
  }
  return true;
}

std::optional<DenseSet<Value>> valuesOfSamples(graph::FusedOp region, int64_t samples) {
  DenseSet<Value> values;
  Block &body = region.getBody().front();
  for (auto [operand, inside] : llvm::zip_equal(region.getInputs(), body.getArguments()))
    if (variesWithSample(operand, samples))
      values.insert(inside);
  for (Operation &op : body.without_terminator())
    if (!follow(&op, samples, values))
      return std::nullopt;
  auto yielded = body.getTerminator()->getOperands();
  if (!llvm::all_of(yielded, [&](Value value) { return values.contains(value); }))
    return std::nullopt;
  return values;
}

/// The samples of an op that may be part of a run; 0 where it may not.
static int64_t samplesOf(Operation *op) {
  if (op->getNumResults() == 0)
    return 0;
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || type.getRank() == 0 || !type.hasStaticShape() || type.getDimSize(0) < 2)
    return 0;
  int64_t samples = type.getDimSize(0);
  if (auto region = dyn_cast<graph::FusedOp>(op))
    return valuesOfSamples(region, samples) ? samples : 0;
  if (!graph::isJoin(op))
    return 0;
  SmallVector<bool> varies(op->getNumOperands(), true);
  bool own = llvm::all_of(op->getOperands(), [&](Value part) { return variesWithSample(part, samples); });
  return own && graph::keepsSamples(op, varies) ? samples : 0;
}

namespace {
struct Member {
  Operation *op;
  int64_t samples; ///< 0: it ends a run
  size_t run = 0;  ///< members of one run are neighbours
};

/// The ops of a block in order, without constants.
class Members {
public:
  explicit Members(Block &block) {
    for (Operation &op : block)
      if (!isConstant(&op)) {
        places[&op] = list.size();
        list.push_back({&op, samplesOf(&op)});
      }
  }

  std::vector<SampleRun> runs() {
    do
      number();
    while (releaseTornJoins());
    std::vector<SampleRun> runs;
    for (size_t first = 0, last; first < list.size(); first = last) {
      for (last = first + 1; last < list.size() && list[last].run == list[first].run;)
        ++last;
      if (list[first].samples > 0)
        runs.push_back({list[first].samples, partsOf(first, last)});
    }
    return runs;
  }

private:
  void number() {
    for (size_t i = 1; i < list.size(); ++i)
      list[i].run =
          list[i - 1].run + (list[i].samples != list[i - 1].samples || list[i].samples == 0 ? 1 : 0);
  }

  /// A concat that has a part outside of its run leaves it with all of its parts. Whether there was one.
  bool releaseTornJoins() {
    bool found = false;
    for (Member &member : list) {
      if (!graph::isJoin(member.op))
        continue;
      auto apart = [&](Value part) {
        auto place = places.find(part.getDefiningOp());
        return place == places.end() || list[place->second].run != member.run ||
               list[place->second].samples == 0;
      };
      if (member.samples > 0 && llvm::none_of(member.op->getOperands(), apart))
        continue;
      found |= std::exchange(member.samples, 0) > 0;
      for (Value part : member.op->getOperands())
        if (auto place = places.find(part.getDefiningOp()); place != places.end())
          found |= std::exchange(list[place->second].samples, 0) > 0;
    }
    return found;
  }

  SmallVector<SmallVector<Operation *>> partsOf(size_t first, size_t last) {
    SmallVector<SmallVector<Operation *>> parts;
    for (size_t i = first; i < last;) {
      size_t end = i + 1;
      for (size_t inside = i; inside < end; ++inside)
        for (Value result : list[inside].op->getResults())
          if (graph::ConcatOp join = joinOf(result))
            end = std::max(end, places.at(join) + 1);
      SmallVector<Operation *> &part = parts.emplace_back();
      for (; i < end; ++i)
        part.push_back(list[i].op);
    }
    return parts;
  }

  std::vector<Member> list;
  DenseMap<Operation *, size_t> places;
};
} // namespace

std::vector<SampleRun> findSampleRuns(func::FuncOp graph) {
  return Members(graph.getBody().front()).runs();
}

} // namespace limbeck::lower
