// compileEntry: kernels in parallel, one LLVM context each, linked in the order of the plan.
#include "limbeck/Target/CPU/Compile.h"
#include "Codegen.h"
#include "limbeck/Lower/MemoryPlan.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRPrintingPasses.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <system_error>
#include <thread>

namespace limbeck::cpu {

using namespace mlir;

/// A module with one module per kernel inside, in the LLVM dialect; conversion runs on them in parallel.
static Expected<OwningOpRef<ModuleOp>> convertKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module.getLoc());
  for (func::FuncOp kernel : module.getOps<func::FuncOp>()) {
    if (!kernel.isPrivate() || kernel.isExternal())
      continue;
    auto own = ModuleOp::create(kernel.getLoc(), kernel.getName());
    func::FuncOp copy = kernel.clone();
    copy.setPublic(); // nothing calls it yet
    own.push_back(copy);
    kernels->push_back(own);
  }
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  buildKernelToLLVMPipeline(passes.nest<ModuleOp>());
  if (failed(passes.run(*kernels)))
    return error(Code::Internal, "a kernel cannot be converted to LLVM IR");
  return kernels;
}

/// LLVM IR of one kernel, ready for the optimizer.
static Expected<std::unique_ptr<llvm::Module>> translateKernel(ModuleOp kernel, llvm::LLVMContext &context,
                                                               const Isa &isa, llvm::TargetMachine &machine) {
  llvm::StringRef name = *kernel.getName();
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(kernel, context, name);
  if (!module)
    return error(Code::Internal, "kernel ", name.str(), " cannot be translated to LLVM IR");
  module->setTargetTriple(machine.getTargetTriple());
  module->setDataLayout(machine.createDataLayout());
  addTask(*module, name);
  prepareFunctions(*module, isa);
  LIMBECK_TRY(replaceMissingIntrinsics(*module, isa, machine));
  return module;
}

/// Leaves the module as NAME.before.ll or NAME.ll: before the optimizer, so that the file is there when LLVM fails.
static Status keep(const CompileOptions &options, llvm::Module &module, bool optimized) {
  if (options.keepDirectory.empty())
    return {};
  std::error_code code;
  std::string path =
      options.keepDirectory + "/" + module.getName().str() + (optimized ? ".ll" : ".before.ll");
  llvm::raw_fd_ostream file(path, code);
  if (code)
    return error(Code::File, "cannot write ", path, ": ", code.message());
  module.print(file, nullptr);
  return {};
}

static Expected<ObjectBytes> compileKernel(ModuleOp kernel, const Isa &isa, const CompileOptions &options) {
  LIMBECK_ASSIGN(std::unique_ptr<llvm::TargetMachine> machine, createMachine(isa, options.optimization));
  llvm::LLVMContext context;
  LIMBECK_ASSIGN(std::unique_ptr<llvm::Module> module, translateKernel(kernel, context, isa, *machine));
  LIMBECK_TRY(keep(options, *module, false));
  optimize(*module, *machine, options.optimization);
  LIMBECK_TRY(keep(options, *module, true));
  return emitObject(*module, *machine, false);
}

static Expected<func::FuncOp> publicGraph(ModuleOp module) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (!function.isPrivate())
      return function;
  return error(Code::Internal, "the module has no public function");
}

static Expected<ObjectBytes> compileEntryFunction(func::FuncOp graph, const Isa &isa,
                                                  const CompileOptions &options, EntryPlan &plan) {
  LIMBECK_ASSIGN(std::unique_ptr<llvm::TargetMachine> machine, createMachine(isa, options.optimization));
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = buildEntry(context, graph, plan);
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  prepareFunctions(*module, isa);
  LIMBECK_TRY(keep(options, *module, false));
  optimize(*module, *machine, options.optimization);
  LIMBECK_TRY(keep(options, *module, true));
  return emitObject(*module, *machine, false);
}

Expected<CompiledEntry> compileEntry(ModuleOp module, const Isa &isa, const CompileOptions &options) {
  LIMBECK_ASSIGN(func::FuncOp graph, publicGraph(module));
  LIMBECK_ASSIGN(OwningOpRef<ModuleOp> converted, convertKernels(module));
  SmallVector<ModuleOp> kernels(converted->getOps<ModuleOp>());
  std::vector<ObjectBytes> objects(kernels.size() + 1);
  std::vector<Status> statuses(kernels.size());
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i; (i = next++) < kernels.size();) {
      llvm::StringRef name = *kernels[i].getName();
      if (options.watch)
        options.watch(name, kernels[i].getLoc(), true);
      Expected<ObjectBytes> object = compileKernel(kernels[i], isa, options);
      if (options.watch)
        options.watch(name, kernels[i].getLoc(), false);
      if (object.ok())
        objects[i] = std::move(*object);
      else
        statuses[i] = object.status();
    }
  };
  {
    std::vector<std::jthread> threads; // joined on every path out
    try {
      for (unsigned i = 1; i < options.threads; ++i)
        threads.emplace_back(work);
    } catch (const std::system_error &) {
      // Those that there are do all the work.
    }
    work();
  }
  for (Status &status : statuses)
    LIMBECK_TRY(status);

  CompiledEntry entry;
  EntryPlan plan;
  LIMBECK_ASSIGN(objects.back(), compileEntryFunction(graph, isa, options, plan));
  LIMBECK_TRY(linkImage(objects, isa, entry));
  entry.weights = std::move(plan.weights);
  if (auto arena = graph->getAttrOfType<IntegerAttr>(lower::kArenaAttribute))
    entry.arenaBytes = static_cast<uint64_t>(arena.getInt());
  return entry;
}

Expected<std::string> emitText(ModuleOp module, const Isa &isa, bool assembly) {
  LIMBECK_ASSIGN(func::FuncOp graph, publicGraph(module));
  LIMBECK_ASSIGN(OwningOpRef<ModuleOp> converted, convertKernels(module));
  LIMBECK_ASSIGN(std::unique_ptr<llvm::TargetMachine> machine, createMachine(isa, 3));
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto append = [&](llvm::Module &llvmModule) -> Status {
    optimize(llvmModule, *machine, 3);
    if (!assembly) {
      llvmModule.print(stream, nullptr);
      return {};
    }
    LIMBECK_ASSIGN(ObjectBytes bytes, emitObject(llvmModule, *machine, true));
    stream << llvm::StringRef(bytes.data(), bytes.size());
    return {};
  };
  for (ModuleOp kernel : converted->getOps<ModuleOp>()) {
    llvm::LLVMContext context;
    LIMBECK_ASSIGN(std::unique_ptr<llvm::Module> llvmModule, translateKernel(kernel, context, isa, *machine));
    LIMBECK_TRY(append(*llvmModule));
  }
  llvm::LLVMContext context;
  EntryPlan plan;
  std::unique_ptr<llvm::Module> entry = buildEntry(context, graph, plan);
  entry->setTargetTriple(machine->getTargetTriple());
  entry->setDataLayout(machine->createDataLayout());
  prepareFunctions(*entry, isa);
  LIMBECK_TRY(append(*entry));
  return text;
}

} // namespace limbeck::cpu
