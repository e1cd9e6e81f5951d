// Moves runs of regions into limbeck.per_sample where computing one sample after the other costs less.
#include "SampleCost.h"
#include "SampleRuns.h"
#include "limbeck/Graph/IR/Samples.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Lower/Target.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"

namespace limbeck::lower {

#define GEN_PASS_DEF_SPLITSAMPLESPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

/// Changes the types inside a region to those of one sample.
static void takeOneSample(graph::FusedOp region, const DenseSet<Value> &values) {
  Block &body = region.getBody().front();
  auto change = [&](Value value) {
    if (values.contains(value))
      value.setType(graph::sampleType(cast<RankedTensorType>(value.getType())));
  };
  llvm::for_each(body.getArguments(), change);
  for (Operation &op : body.without_terminator()) {
    if (auto samples = dyn_cast<graph::SampleOpInterface>(op); samples && values.contains(op.getResult(0)))
      samples.takeOneSample();
    llvm::for_each(op.getResults(), change);
  }
}

/// A copy of `op` for one sample, on what `map` says its operands are there.
static void copyForSample(OpBuilder &b, Operation *op, int64_t samples, IRMapping &map) {
  Operation *copy = b.clone(*op, map);
  for (Value result : copy->getResults())
    result.setType(graph::sampleType(cast<RankedTensorType>(result.getType())));
  if (auto region = dyn_cast<graph::FusedOp>(op)) {
    // The copy has one sample already where it comes from others, so the original says which values vary.
    DenseSet<Value> values = *valuesOfSamples(region, samples), copied;
    for (Value value : values)
      copied.insert(map.lookup(value));
    takeOneSample(cast<graph::FusedOp>(copy), copied);
  }
}

static void splitRun(ArrayRef<Operation *> ops, int64_t samples) {
  Operation *first = ops.front();
  DenseSet<Operation *> inside(ops.begin(), ops.end());
  // Constants between them are needed in front of the whole.
  for (Operation *op = first; op != ops.back();) {
    Operation *next = op->getNextNode();
    if (!inside.contains(op))
      op->moveBefore(first);
    op = next;
  }
  llvm::SetVector<Value> operands;
  SmallVector<Value> results;
  for (Operation *op : ops) {
    for (Value operand : op->getOperands())
      if (variesWithSample(operand, samples) && !inside.contains(operand.getDefiningOp()))
        operands.insert(operand);
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) { return !inside.contains(user); }))
        results.push_back(result);
  }
  OpBuilder b(first);
  SmallVector<Location> locations;
  for (Operation *op : ops)
    locations.push_back(op->getLoc());
  auto whole = graph::PerSampleOp::create(b, b.getFusedLoc(locations), ValueRange(results).getTypes(),
                                          operands.getArrayRef());
  Block *body = b.createBlock(&whole.getBody());
  IRMapping map;
  for (Value operand : operands)
    map.map(operand, body->addArgument(graph::sampleType(cast<RankedTensorType>(operand.getType())),
                                       operand.getLoc()));
  for (Operation *op : ops)
    copyForSample(b, op, samples, map);
  SmallVector<Value> yielded;
  for (Value result : results)
    yielded.push_back(map.lookup(result));
  graph::YieldOp::create(b, whole.getLoc(), yielded);
  for (auto [result, computed] : llvm::zip_equal(results, whole.getOutputs()))
    result.replaceUsesWithIf(computed, [&](OpOperand &use) { return !inside.contains(use.getOwner()); });
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

/// What a module that says so wants to be split, whatever it costs: tests do.
static std::vector<SampleParts> chosenParts(const SampleRun &run, const Target &target, StringRef wish) {
  if (wish == "always")
    return {run.parts};
  return wish == "never" ? std::vector<SampleParts>() : worthSplitting(run, target.caches());
}

static SmallVector<Operation *> opsOf(SampleParts parts) {
  SmallVector<Operation *> ops;
  for (ArrayRef<Operation *> part : parts)
    llvm::append_range(ops, part);
  return ops;
}

/// Says of the regions beside those that are split why they are not.
static void remarkOthers(const SampleRun &run, ArrayRef<SampleParts> chosen) {
  DenseSet<Operation *> split;
  for (SampleParts parts : chosen)
    split.insert_range(opsOf(parts));
  for (Operation *op : opsOf(run.parts))
    if (needsKernel(op) && !split.contains(op))
      remark::missed(op->getLoc(), remark::RemarkOpts::name("kept-batch").category("lower"))
          << remark::reason("computes its {0} samples together: what it reads again for each would cost more "
                            "than what stays in a "
                            "cache saves",
                            run.samples);
}

namespace {
struct SplitSamples : impl::SplitSamplesPassBase<SplitSamples> {
  void runOnOperation() override {
    const Target *target = targetOf(getOperation());
    if (!target)
      return signalPassFailure();
    auto attribute = getOperation()->getAttrOfType<StringAttr>(kSplitSamplesAttribute);
    StringRef wish = attribute ? attribute.getValue() : "";
    if (attribute && wish != "always" && wish != "never") {
      getOperation().emitError("expected \"always\" or \"never\" in '")
          << kSplitSamplesAttribute << "', found \"" << wish << "\"";
      return signalPassFailure();
    }
    for (func::FuncOp graph : getOperation().getOps<func::FuncOp>()) {
      if (graph.isExternal() || graph.isPrivate())
        continue;
      for (const SampleRun &run : findSampleRuns(graph)) {
        std::vector<SampleParts> chosen = chosenParts(run, *target, wish);
        if (!chosen.empty())
          remarkOthers(run, chosen);
        for (SampleParts parts : chosen)
          splitRun(opsOf(parts), run.samples);
      }
    }
  }
};
} // namespace

} // namespace limbeck::lower
