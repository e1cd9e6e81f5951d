// Lifetimes of launched results, and offsets in the arena for them: one after the other, the lowest place that is free.
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Graph/IR/Rewriting.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "limbeck/Lower/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <algorithm>
#include <numeric>

namespace limbeck::lower {

#define GEN_PASS_DEF_PLANMEMORYPASS
#include "limbeck/Lower/Passes.h.inc"

using namespace mlir;

namespace {
struct PlannedBuffer {
  int64_t bytes = 0, first = 0, last = 0; ///< lifetime in steps, inclusive
  int64_t offset = 0;
  bool placed = false;
};

struct PlanMemory : impl::PlanMemoryPassBase<PlanMemory> {
  static constexpr int64_t kAlignment = 64;

  void runOnOperation() override {
    func::FuncOp graph = getOperation();
    if (graph.isPrivate() || graph.isExternal())
      return;
    bool failed = false;
    graph.walk([&](Operation *op) { failed |= (isMaker(op) || graph::isJoin(op)) && verify(op).failed(); });
    if (failed)
      return signalPassFailure();
    Plan plan = planBlock(graph.getBody().front());
    Builder b(&getContext());
    graph->setAttr(kArenaAttribute, b.getI64IntegerAttr(plan.bytes));
    graph->setAttr(kLiveAttribute, b.getI64IntegerAttr(plan.mostAlive));
  }

private:
  struct Plan {
    int64_t bytes = 0, mostAlive = 0;
  };

  /// Whether the results of an op get a place.
  static bool isMaker(Operation *op) { return isa<graph::LaunchOp, scf::IfOp, graph::PerSampleOp>(op); }

  /// Whether the bytes of all results are known, and what an scf.if is decided by can be read.
  static LogicalResult verify(Operation *op) {
    for (Type type : op->getResultTypes()) {
      auto tensor = graph::toTensorType(type);
      auto shaped = dyn_cast<RankedTensorType>(type);
      if (!shaped || !shaped.hasStaticShape() || !tensor.ok() ||
          !elementCount(tensor->shape, Limits().elements).ok())
        return op->emitError("expected results that are tensors of static shape with at most ")
               << Limits().elements << " elements, found " << type
               << "; give the model's inputs with --shape or --dim";
    }
    auto choice = dyn_cast<scf::IfOp>(op);
    if (!choice)
      return success();
    auto condition = choice.getCondition().getDefiningOp<tensor::ExtractOp>();
    if (!condition || !condition.getTensor().getType().hasStaticShape() ||
        condition.getTensor().getType().getNumElements() != 1)
      return op->emitError(
                 "expected a condition that tensor.extract takes from a tensor of one element, found ")
             << choice.getCondition();
    return success();
  }

  /// Places what the launches of a function, or of the body of a per_sample, write: in the function's arena, or in the slot of whoever
  /// computes a sample.
  Plan planBlock(Block &block) {
    Operation *root = block.getParentOp();
    DenseMap<Value, int64_t> outputs = outputNumbers(block);
    std::vector<PlannedBuffer> buffers;
    DenseMap<Value, size_t> bufferOf;     // owners of arena memory
    DenseMap<Operation *, size_t> slotOf; // of the slots of a per_sample
    DenseMap<Value, Value> standsFor = sharedPlaces(root);
    auto resolve = [&](Value value) {
      value = bufferOwner(value);
      for (auto found = standsFor.find(value); found != standsFor.end(); found = standsFor.find(value))
        value = found->second;
      return value;
    };
    int64_t step = 0;
    auto use = [&](Operation *op) {
      for (Value operand : op->getOperands())
        if (auto found = bufferOf.find(resolve(operand)); found != bufferOf.end())
          buffers[found->second].last = step;
    };
    SmallVector<Operation *> makers;
    root->walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op == root)
        return WalkResult::advance();
      ++step;
      use(op);
      if (!isMaker(op))
        return WalkResult::advance();
      makers.push_back(op);
      for (Value result : op->getResults()) {
        Value owner = resolve(result);
        if (owner != result || outputs.contains(owner))
          continue;
        bufferOf[result] = buffers.size();
        buffers.push_back({roomFor(wholeBuffer(result)), step, step});
      }
      auto samples = dyn_cast<graph::PerSampleOp>(op);
      if (!samples)
        return WalkResult::advance();
      samples.walk(use); // what all samples share
      int64_t slot = planBlock(samples.getBody().front()).bytes;
      samples->setAttr(kSlotBytesAttribute, Builder(&getContext()).getI64IntegerAttr(slot));
      slotOf[op] = buffers.size();
      buffers.push_back({slot * samples.getSamples(), step, step});
      return WalkResult::skip();
    });
    int64_t arena = placeBest(buffers);
    Builder b(&getContext());
    for (Operation *op : makers) {
      SmallVector<int64_t> storage;
      for (Value result : op->getResults()) {
        Value owner = resolve(result);
        auto output = outputs.find(owner);
        storage.push_back(output != outputs.end() ? -1 - output->second : buffers[bufferOf.at(owner)].offset);
      }
      op->setAttr(kStorageAttribute, b.getDenseI64ArrayAttr(storage));
      if (auto slots = slotOf.find(op); slots != slotOf.end())
        op->setAttr(kSlotsAttribute, b.getI64IntegerAttr(buffers[slots->second].offset));
    }
    return {arena, mostAlive(buffers)};
  }

  /// Values that are written where another lives.
  static DenseMap<Value, Value> sharedPlaces(Operation *root) {
    DenseMap<Value, Value> standsFor;
    // A branch's result is written where the result of its `if` lives.
    root->walk<WalkOrder::PreOrder>([&](scf::IfOp choice) {
      for (Region *branch : {&choice.getThenRegion(), &choice.getElseRegion()})
        if (!branch->empty()) // an `if` without results may have no else
          for (auto [number, value] : llvm::enumerate(branch->front().getTerminator()->getOperands()))
            standsFor[bufferOwner(value)] = choice.getResult(static_cast<unsigned>(number));
    });
    // The parts of a join are written where the first of them lives.
    root->walk([&](graph::ConcatOp join) {
      Value first = bufferOwner(join.getResult());
      for (Value part : join.getInputs())
        if (Value owner = bufferOwner(part); owner != first)
          standsFor[owner] = first;
    });
    return standsFor;
  }

  /// Bytes of a buffer, with room for one vector behind the end: kernels may read, never write, a little too far.
  static int64_t roomFor(Value value) {
    TensorType type = *graph::toTensorType(value.getType());
    int64_t bytes =
        *elementCount(type.shape, Limits().elements) * static_cast<int64_t>(storageBytes(type.dtype));
    return static_cast<int64_t>(llvm::alignTo(static_cast<uint64_t>(bytes + kAlignment), kAlignment));
  }

  static DenseMap<Value, int64_t> outputNumbers(Block &block) {
    DenseMap<Value, int64_t> outputs;
    for (auto [number, value] : llvm::enumerate(block.getTerminator()->getOperands()))
      outputs[bufferOwner(value)] = static_cast<int64_t>(number);
    return outputs;
  }

  /// Most bytes at one step; it is one at which a buffer begins.
  static int64_t mostAlive(const std::vector<PlannedBuffer> &buffers) {
    int64_t most = 0;
    for (const PlannedBuffer &begins : buffers) {
      int64_t alive = 0;
      for (const PlannedBuffer &other : buffers)
        if (other.first <= begins.first && begins.first <= other.last)
          alive += other.bytes;
      most = std::max(most, alive);
    }
    return most;
  }

  /// Largest first leaves few gaps where sizes differ, in the order of the steps where a chain repeats itself: the smaller
  /// arena of the two.
  static int64_t placeBest(std::vector<PlannedBuffer> &buffers) {
    std::vector<size_t> order(buffers.size());
    std::iota(order.begin(), order.end(), size_t(0)); // as their steps
    std::vector<PlannedBuffer> other = buffers;
    int64_t stepwise = place(other, order);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t c) { return buffers[a].bytes > buffers[c].bytes; });
    int64_t arena = place(buffers, order);
    if (stepwise >= arena)
      return arena;
    buffers = std::move(other);
    return stepwise;
  }

  /// Each buffer takes the lowest gap among those placed before it that live at the same time.
  static int64_t place(std::vector<PlannedBuffer> &buffers, ArrayRef<size_t> order) {
    int64_t arena = 0;
    for (size_t current : order) {
      PlannedBuffer &buffer = buffers[current];
      std::vector<const PlannedBuffer *> neighbours;
      for (const PlannedBuffer &other : buffers)
        if (other.placed && other.first <= buffer.last && buffer.first <= other.last)
          neighbours.push_back(&other);
      llvm::sort(neighbours, [](auto *a, auto *c) { return a->offset < c->offset; });
      int64_t offset = 0;
      for (const PlannedBuffer *other : neighbours) {
        if (offset + buffer.bytes <= other->offset)
          break;
        offset = std::max(offset, other->offset + other->bytes);
      }
      buffer.offset = offset;
      buffer.placed = true;
      arena = std::max(arena, offset + buffer.bytes);
    }
    return arena;
  }
};
} // namespace

} // namespace limbeck::lower
