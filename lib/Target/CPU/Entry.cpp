// The function behind limbeck-c/Abi.h's LimbeckEntry: one parallel call per launch, branches for `scf.if`.
#include "Codegen.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/IR/IRBuilder.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
class EntryBuilder {
public:
  EntryBuilder(llvm::Module &module, EntryPlan &plan) : module(module), plan(plan), b(module.getContext()) {}

  void build(func::FuncOp graph) {
    llvm::Type *pointer = b.getPtrTy();
    auto *type =
        llvm::FunctionType::get(b.getInt32Ty(), {pointer, pointer, pointer, pointer, pointer}, false);
    entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, kEntrySymbol, module);
    b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", entry));
    // LimbeckApi: version, pool, parallel, fail. Eight bytes each.
    pool = loadPointer(entry->getArg(0), 1);
    parallel = loadPointer(entry->getArg(0), 2);
    size_t longest = 1;
    graph.walk([&](graph::LaunchOp launch) {
      longest = std::max<size_t>(longest, launch->getNumOperands() + launch->getNumResults());
    });
    // One frame serves all launches: `parallel` returns only when every worker has.
    frame = b.CreateAlloca(pointer, b.getInt64(longest));
    for (BlockArgument argument : graph.getArguments())
      addresses[argument] = loadPointer(entry->getArg(1), argument.getArgNumber());
    emitBlock(graph.getBody().front());
    b.CreateRet(b.getInt32(0));
  }

private:
  llvm::Value *loadPointer(llvm::Value *base, uint64_t index) {
    return b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getPtrTy(), base, index));
  }

  /// A place of the memory plan: an offset in the arena, or -1-k for output k.
  llvm::Value *address(int64_t storage) {
    if (storage < 0)
      return loadPointer(entry->getArg(2), static_cast<uint64_t>(-1 - storage));
    return b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), entry->getArg(3), static_cast<uint64_t>(storage));
  }

  void placeResults(Operation *op) {
    auto storage = op->getAttrOfType<DenseI64ArrayAttr>(lower::kStorageAttribute);
    for (auto [number, result] : llvm::enumerate(op->getResults()))
      storageOf[result] = storage.asArrayRef()[number];
  }

  /// The address of a value; results are computed anew where they are used, so that no address crosses a branch.
  llvm::Value *addressOf(mlir::Value value) {
    mlir::Value owner = lower::bufferOwner(value);
    if (auto found = storageOf.find(owner); found != storageOf.end())
      return address(found->second);
    if (auto found = addresses.find(owner); found != addresses.end())
      return found->second;
    auto [place, fresh] = weightOf.try_emplace(owner, plan.weights.size());
    if (fresh)
      plan.weights.push_back(*graph::constantOf(owner));
    return loadPointer(entry->getArg(4), place->second);
  }

  void emitLaunch(graph::LaunchOp launch) {
    placeResults(launch);
    uint64_t slot = 0;
    auto put = [&](mlir::Value value) {
      llvm::Value *pointer = addressOf(value);
      b.CreateStore(pointer, b.CreateConstInBoundsGEP1_64(b.getPtrTy(), frame, slot++));
    };
    for (mlir::Value operand : launch.getInputs())
      put(operand);
    for (mlir::Value result : launch.getOutputs())
      put(result);
    auto *taskType =
        llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getInt32Ty(), b.getInt32Ty()}, false);
    llvm::FunctionCallee task = module.getOrInsertFunction(taskName(launch.getKernel()), taskType);
    auto *callType = llvm::FunctionType::get(
        b.getVoidTy(), {b.getPtrTy(), b.getPtrTy(), b.getPtrTy(), b.getInt32Ty()}, false);
    int32_t useful = usefulWorkers(lower::factsOf(launch), elementsOf(launch));
    b.CreateCall(callType, parallel, {pool, task.getCallee(), frame, b.getInt32(useful)});
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
    llvm::LLVMContext &context = module.getContext();
    // The condition of an scf.if over tensors is tensor.extract'ed by the importer into a one-element tensor operand.
    llvm::Value *condition =
        b.CreateICmpNE(b.CreateLoad(b.getInt8Ty(), addressOf(conditionTensor(choice))), b.getInt8(0));
    auto *yes = llvm::BasicBlock::Create(context, "", entry),
         *no = llvm::BasicBlock::Create(context, "", entry);
    auto *join = llvm::BasicBlock::Create(context, "", entry);
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

  void emitBlock(Block &block) {
    for (Operation &op : block) {
      if (auto launch = dyn_cast<graph::LaunchOp>(op))
        emitLaunch(launch);
      else if (auto choice = dyn_cast<scf::IfOp>(op))
        emitIf(choice);
    }
  }

  llvm::Module &module;
  EntryPlan &plan;
  llvm::IRBuilder<> b;
  llvm::Function *entry = nullptr;
  llvm::Value *pool = nullptr, *parallel = nullptr, *frame = nullptr;
  DenseMap<mlir::Value, llvm::Value *> addresses;
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
