// The function behind limbeck-c/Abi.h's LimbeckEntry: one parallel call per launch, branches for `scf.if`, and for `per_sample` one
// call in which each worker computes samples of its own.
#include "Codegen.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/IR/IRBuilder.h"

namespace limbeck::cpu {

using namespace mlir;

/// Members of LimbeckApi, of eight bytes each, as limbeck-c/Abi.h lists them.
enum ApiMember : uint64_t { kPool = 1, kParallel = 2, kWorkers = 4, kEnter = 5 };
/// Pointers in the frame of a task that computes samples: what the entry was given, and how many samples there are for all workers.
enum SampleFrame : uint64_t { kApi, kInputs, kOutputs, kArena, kWeights, kShared, kSampleFrameSize };

/// limbeck-lower-plan-memory has refused all other types.
static int64_t bytesOfType(Type type) {
  return cast<RankedTensorType>(type).getNumElements() *
         static_cast<int64_t>(storageBytes(graph::toTensorType(type)->dtype));
}

namespace {
class EntryBuilder {
public:
  EntryBuilder(llvm::Module &module, EntryPlan &plan) : module(module), plan(plan), b(module.getContext()) {}

  void build(func::FuncOp graph) {
    llvm::Type *pointer = b.getPtrTy();
    auto *type =
        llvm::FunctionType::get(b.getInt32Ty(), {pointer, pointer, pointer, pointer, pointer}, false);
    auto *entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, kEntrySymbol, module);
    longestFrame = kSampleFrameSize;
    graph.walk([&](graph::LaunchOp launch) {
      numbers[launch] = static_cast<int32_t>(numbers.size());
      longestFrame = std::max<size_t>(longestFrame, launch->getNumOperands() + launch->getNumResults());
    });
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", entry));
    here = {entry,
            entry->getArg(0),
            entry->getArg(1),
            entry->getArg(2),
            entry->getArg(3),
            entry->getArg(4),
            createFrame(),
            nullptr,
            nullptr};
    emitBlock(graph.getBody().front());
    b.CreateRet(b.getInt32(0));
  }

private:
  /// What the function that is being written has at hand: what the entry was given, and the sample that it computes.
  struct Surroundings {
    llvm::Function *function = nullptr;
    llvm::Value *api = nullptr, *inputs = nullptr, *outputs = nullptr, *arena = nullptr, *weights = nullptr;
    llvm::Value *frame = nullptr;                   ///< serves one launch after the other
    llvm::Value *sample = nullptr, *slot = nullptr; ///< i64
  };

  llvm::Value *elementPointer(llvm::Value *base, uint64_t index) {
    return b.CreateConstInBoundsGEP1_64(b.getPtrTy(), base, index);
  }
  llvm::Value *loadPointer(llvm::Value *base, uint64_t index) {
    return b.CreateLoad(b.getPtrTy(), elementPointer(base, index));
  }
  llvm::Value *bytesBehind(llvm::Value *base, llvm::Value *bytes) {
    return b.CreateInBoundsGEP(b.getInt8Ty(), base, bytes);
  }
  /// One frame serves all launches of a function: `parallel` returns only when every worker has.
  llvm::Value *createFrame() { return b.CreateAlloca(b.getPtrTy(), b.getInt64(longestFrame)); }
  llvm::BasicBlock *newBlock() { return llvm::BasicBlock::Create(module.getContext(), "", here.function); }

  /// A place of the memory plan: an offset in the arena, or -1-k for output k.
  llvm::Value *address(int64_t storage) {
    if (storage < 0)
      return loadPointer(here.outputs, static_cast<uint64_t>(-1 - storage));
    return bytesBehind(here.arena, b.getInt64(static_cast<uint64_t>(storage)));
  }
  /// The same in the body of a per_sample: an offset in the slot, or -1-k for the sample in result k.
  llvm::Value *addressInSample(graph::PerSampleOp samples, int64_t storage) {
    if (storage < 0)
      return addressOfSample(samples.getResult(static_cast<unsigned>(-1 - storage)), samples.getSamples());
    auto number = [&](StringRef name) { return samples->getAttrOfType<IntegerAttr>(name).getInt(); };
    llvm::Value *offset =
        b.CreateMul(here.slot, b.getInt64(static_cast<uint64_t>(number(lower::kSlotBytesAttribute))));
    return bytesBehind(address(number(lower::kSlotsAttribute) + storage), offset);
  }
  llvm::Value *addressOfSample(mlir::Value whole, int64_t samples) {
    auto bytes = static_cast<uint64_t>(bytesOfType(whole.getType()) / samples);
    return bytesBehind(addressOf(whole), b.CreateMul(here.sample, b.getInt64(bytes)));
  }

  void placeResults(Operation *op) {
    auto storage = op->getAttrOfType<DenseI64ArrayAttr>(lower::kStorageAttribute);
    for (auto [number, result] : llvm::enumerate(op->getResults()))
      storageOf[result] = storage.asArrayRef()[number];
  }

  /// The address of a value, computed anew wherever it is used, so that none crosses a branch or a function.
  llvm::Value *addressOf(mlir::Value value) {
    mlir::Value owner = lower::bufferOwner(value);
    auto samples = dyn_cast<graph::PerSampleOp>(owner.getParentBlock()->getParentOp());
    if (auto found = storageOf.find(owner); found != storageOf.end())
      return samples ? addressInSample(samples, found->second) : address(found->second);
    if (auto argument = dyn_cast<BlockArgument>(owner)) {
      if (samples)
        return addressOfSample(samples.getInputs()[argument.getArgNumber()], samples.getSamples());
      return loadPointer(here.inputs, argument.getArgNumber());
    }
    auto [place, fresh] = weightOf.try_emplace(owner, plan.weights.size());
    if (fresh)
      plan.weights.push_back(*graph::constantOf(owner));
    return loadPointer(here.weights, place->second);
  }

  /// Tells whoever measures what `worker` computes from now on.
  void announce(graph::LaunchOp launch, llvm::Value *worker) {
    llvm::Value *enter = loadPointer(here.api, kEnter);
    llvm::BasicBlock *told = newBlock(), *next = newBlock();
    b.CreateCondBr(b.CreateIsNotNull(enter), told, next);
    b.SetInsertPoint(told);
    auto *type =
        llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getInt32Ty(), b.getInt32Ty()}, false);
    b.CreateCall(
        type, enter,
        {loadPointer(here.api, kPool), worker, b.getInt32(static_cast<uint32_t>(numbers.at(launch)))});
    b.CreateBr(next);
    b.SetInsertPoint(next);
  }

  void fillFrame(ArrayRef<llvm::Value *> pointers) {
    for (auto [number, pointer] : llvm::enumerate(pointers))
      b.CreateStore(pointer, elementPointer(here.frame, number));
  }
  void fillFrame(graph::LaunchOp launch) {
    SmallVector<llvm::Value *> pointers;
    for (mlir::Value value : launch->getOperands())
      pointers.push_back(addressOf(value));
    for (mlir::Value value : launch->getResults())
      pointers.push_back(addressOf(value));
    fillFrame(pointers);
  }

  llvm::FunctionType *taskType() {
    return llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getInt32Ty(), b.getInt32Ty()}, false);
  }
  llvm::FunctionCallee taskOf(graph::LaunchOp launch) {
    return module.getOrInsertFunction(taskName(launch.getKernel()), taskType());
  }
  void callParallel(llvm::Value *task, int32_t useful) {
    auto *type = llvm::FunctionType::get(b.getVoidTy(),
                                         {b.getPtrTy(), b.getPtrTy(), b.getPtrTy(), b.getInt32Ty()}, false);
    b.CreateCall(type, loadPointer(here.api, kParallel),
                 {loadPointer(here.api, kPool), task, here.frame, b.getInt32(static_cast<uint32_t>(useful))});
  }

  /// All workers compute the launch together.
  void emitShared(graph::LaunchOp launch) {
    placeResults(launch);
    fillFrame(launch);
    announce(launch, b.getInt32(0));
    callParallel(taskOf(launch).getCallee(), usefulWorkers(timeOf(launch)));
  }
  /// Worker `worker` computes the launch alone.
  void emitAlone(graph::LaunchOp launch, llvm::Value *worker) {
    placeResults(launch);
    fillFrame(launch);
    announce(launch, worker);
    b.CreateCall(taskOf(launch), {here.frame, b.getInt32(0), b.getInt32(1)});
  }

  static double timeOf(graph::LaunchOp launch) {
    return nanosecondsOf(lower::factsOf(launch), elementsOf(launch));
  }
  /// Elements that a launch reads and writes, but for those of constants.
  static int64_t elementsOf(graph::LaunchOp launch) {
    int64_t elements = 0;
    auto add = [&](mlir::Value value) {
      elements += cast<RankedTensorType>(value.getType()).getNumElements();
    };
    for (mlir::Value operand : launch.getInputs())
      if (!isa_and_nonnull<graph::ConstOp>(lower::bufferOwner(operand).getDefiningOp()))
        add(operand);
    llvm::for_each(launch.getOutputs(), add);
    return elements;
  }

  void emitIf(scf::IfOp choice) {
    placeResults(choice);
    // The condition of an scf.if over tensors is tensor.extract'ed by the importer into a one-element tensor operand.
    llvm::Value *condition =
        b.CreateICmpNE(b.CreateLoad(b.getInt8Ty(), addressOf(conditionTensor(choice))), b.getInt8(0));
    llvm::BasicBlock *yes = newBlock(), *no = newBlock(), *join = newBlock();
    b.CreateCondBr(condition, yes, no);
    b.SetInsertPoint(yes);
    emitBlock(choice.getThenRegion().front());
    b.CreateBr(join);
    b.SetInsertPoint(no);
    if (!choice.getElseRegion().empty())
      emitBlock(choice.getElseRegion().front());
    b.CreateBr(join);
    b.SetInsertPoint(join);
  }

  static mlir::Value conditionTensor(scf::IfOp choice) {
    return choice.getCondition().getDefiningOp()->getOperand(0);
  }

  /// body() for each sample of [first, last), with here.sample set.
  void forEachSample(llvm::Value *first, llvm::Value *last, llvm::function_ref<void()> body) {
    llvm::BasicBlock *from = b.GetInsertBlock(), *test = newBlock(), *inside = newBlock(), *end = newBlock();
    b.CreateBr(test);
    b.SetInsertPoint(test);
    llvm::PHINode *sample = b.CreatePHI(b.getInt64Ty(), 2);
    sample->addIncoming(first, from);
    b.CreateCondBr(b.CreateICmpULT(sample, last), inside, end);
    b.SetInsertPoint(inside);
    here.sample = sample;
    body();
    sample->addIncoming(b.CreateAdd(sample, b.getInt64(1)), b.GetInsertBlock());
    b.CreateBr(test);
    b.SetInsertPoint(end);
  }

  /// The task of a per_sample: worker w of n computes samples [shared * w / n, shared * (w + 1) / n), in the slot of the first, which
  /// no other worker has, however many there are.
  llvm::Function *emitSampleTask(graph::PerSampleOp samples) {
    llvm::IRBuilderBase::InsertPointGuard guard(b);
    auto *task = llvm::Function::Create(taskType(), llvm::GlobalValue::ExternalLinkage,
                                        taskName(("samples_" + llvm::Twine(taskCount++)).str()), module);
    Surroundings outside = here;
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", task));
    llvm::Value *given = task->getArg(0), *worker = b.CreateZExt(task->getArg(1), b.getInt64Ty()),
                *workers = b.CreateZExt(task->getArg(2), b.getInt64Ty());
    here = {task,
            loadPointer(given, kApi),
            loadPointer(given, kInputs),
            loadPointer(given, kOutputs),
            loadPointer(given, kArena),
            loadPointer(given, kWeights),
            createFrame(),
            nullptr,
            nullptr};
    llvm::Value *shared = b.CreatePtrToInt(loadPointer(given, kShared), b.getInt64Ty());
    auto boundary = [&](llvm::Value *number) { return b.CreateUDiv(b.CreateMul(shared, number), workers); };
    here.slot = boundary(worker);
    forEachSample(here.slot, boundary(b.CreateAdd(worker, b.getInt64(1))), [&] {
      for (auto launch : samples.getBody().getOps<graph::LaunchOp>())
        emitAlone(launch, task->getArg(1));
    });
    b.CreateRetVoid();
    here = outside;
    return task;
  }

  /// How many of the samples are for workers that compute them alone: as many as all of them have the same number of, and the rest,
  /// too, where so many workers would be idle meanwhile that sharing each launch of it takes no longer.
  llvm::Value *samplesForWorkers(uint64_t samples, int32_t useful) {
    constexpr uint64_t kPercentOfSharing = 70; // of n workers' time that is work where they share each launch
    llvm::Value *all = b.getInt64(samples),
                *given = b.CreateLoad(b.getInt64Ty(), elementPointer(here.api, kWorkers));
    llvm::Value *workers = b.CreateBinaryIntrinsic(
        llvm::Intrinsic::umin, b.CreateBinaryIntrinsic(llvm::Intrinsic::umax, given, b.getInt64(1)),
        b.getInt64(static_cast<uint64_t>(useful)));
    llvm::Value *rest = b.CreateURem(all, workers);
    llvm::Value *shares = b.CreateICmpULT(b.CreateMul(rest, b.getInt64(100)),
                                          b.CreateMul(workers, b.getInt64(kPercentOfSharing)));
    return b.CreateSelect(shares, b.CreateSub(all, rest), all);
  }

  void emitSamples(graph::PerSampleOp samples) {
    placeResults(samples);
    auto count = static_cast<uint64_t>(samples.getSamples());
    double time = 0;
    for (auto launch : samples.getBody().getOps<graph::LaunchOp>())
      time += static_cast<double>(count) * timeOf(launch);
    int32_t useful = usefulWorkers(time), own = usefulWorkers(time, static_cast<int32_t>(count));
    llvm::Function *task = emitSampleTask(samples);
    llvm::Value *first = samplesForWorkers(count, useful);
    llvm::BasicBlock *some = newBlock(), *rest = newBlock();
    b.CreateCondBr(b.CreateICmpUGT(first, b.getInt64(0)), some, rest);
    b.SetInsertPoint(some);
    fillFrame({here.api, here.inputs, here.outputs, here.arena, here.weights,
               b.CreateIntToPtr(first, b.getPtrTy())});
    callParallel(task, own);
    b.CreateBr(rest);
    b.SetInsertPoint(rest);
    here.slot = b.getInt64(0);
    forEachSample(first, b.getInt64(count), [&] {
      for (auto launch : samples.getBody().getOps<graph::LaunchOp>())
        emitShared(launch);
    });
    here.sample = here.slot = nullptr;
  }

  void emitBlock(Block &block) {
    for (Operation &op : block) {
      if (auto launch = dyn_cast<graph::LaunchOp>(op))
        emitShared(launch);
      else if (auto choice = dyn_cast<scf::IfOp>(op))
        emitIf(choice);
      else if (auto samples = dyn_cast<graph::PerSampleOp>(op))
        emitSamples(samples);
    }
  }

  llvm::Module &module;
  EntryPlan &plan;
  llvm::IRBuilder<> b;
  Surroundings here;
  size_t longestFrame = 0;
  int64_t taskCount = 0;
  DenseMap<Operation *, int32_t> numbers; ///< of launches, in the order of the graph
  DenseMap<mlir::Value, int64_t> storageOf;
  DenseMap<mlir::Value, size_t> weightOf;
};
} // namespace

std::unique_ptr<llvm::Module> buildEntry(llvm::LLVMContext &context, func::FuncOp graph, EntryPlan &plan) {
  auto module = std::make_unique<llvm::Module>(kEntrySymbol, context);
  EntryBuilder(*module, plan).build(graph);
  return module;
}

} // namespace limbeck::cpu
