// LLVM IR to objects: target machine, function attributes, tasks, optimization, emission.
#include "Codegen.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Scalar/LoopIdiomRecognize.h"
#include <mutex>

namespace limbeck::cpu {

std::string taskName(llvm::StringRef kernel) {
  return ("task_" + kernel).str();
}

static void initializeBackends() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const Isa &isa, unsigned optimization) {
  initializeBackends();
  llvm::Triple triple(std::string(isa.triple()));
  std::string failure;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, failure);
  if (!target)
    return error(Code::Unsupported, "LLVM has no back end for ", isa.triple(), ": ", failure);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict; // every fma is one that the semantics name
  options.FunctionSections = true;
  options.DataSections = true;
  options.NoTrappingFPMath = true;
  auto level = optimization == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Aggressive;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, llvm::StringRef(isa.llvmCpu), "", options, llvm::Reloc::PIC_, llvm::CodeModel::Small, level));
  return machine;
}

void prepareFunctions(llvm::Module &module, const Isa &isa) {
  module.setPICLevel(llvm::PICLevel::BigPIC);
  std::string features;
  for (const std::string &feature : isa.featureList())
    features += (features.empty() ? "+" : ",+") + feature;
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) {
      if (!function.isIntrinsic())
        function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      continue;
    }
    bool task = function.getName().starts_with("task_") || function.getName() == kEntrySymbol;
    function.setLinkage(task ? llvm::GlobalValue::ExternalLinkage : llvm::GlobalValue::InternalLinkage);
    if (task) {
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      function.setDSOLocal(true);
    }
    function.addFnAttr(llvm::Attribute::NoUnwind); // else .eh_frame appears
    function.addFnAttr("target-cpu", llvm::StringRef(isa.llvmCpu));
    if (!features.empty())
      function.addFnAttr("target-features", features);
    if (isa.lanes == 16)
      function.addFnAttr("prefer-vector-width", "512");
    if (!task)
      for (llvm::Argument &argument : function.args())
        if (argument.getType()->isPointerTy()) // the planner never overlaps two operands of a launch
          argument.addAttr(llvm::Attribute::NoAlias);
  }
}

void addTask(llvm::Module &module, llvm::StringRef kernel) {
  llvm::Function *body = module.getFunction(kernel);
  llvm::IRBuilder<> b(module.getContext());
  auto *type = llvm::FunctionType::get(b.getVoidTy(), {b.getPtrTy(), b.getInt32Ty(), b.getInt32Ty()}, false);
  auto *task = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, taskName(kernel), module);
  b.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", task));
  llvm::SmallVector<llvm::Value *> arguments;
  for (unsigned i = 0; i + 2 < body->arg_size(); ++i)
    arguments.push_back(
        b.CreateLoad(b.getPtrTy(), b.CreateConstInBoundsGEP1_64(b.getPtrTy(), task->getArg(0), i)));
  arguments.push_back(b.CreateZExt(task->getArg(1), b.getInt64Ty()));
  arguments.push_back(b.CreateZExt(task->getArg(2), b.getInt64Ty()));
  b.CreateCall(body, arguments);
  b.CreateRetVoid();
}

/// LLVM 22 looks for loops that compute a CRC by a search that takes time exponential in the depth of what a loop computes: minutes
/// for a window of a convolution whose sum is corrected behind it.
static void leaveChecksumsAlone() {
  static const bool done = (llvm::DisableLIRP::HashRecognize = true);
  (void)done;
}

void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned level) {
  leaveChecksumsAlone();
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  auto chosen = level == 0 ? llvm::OptimizationLevel::O0 : llvm::OptimizationLevel::O3;
  llvm::ModulePassManager passes =
      level == 0 ? builder.buildO0DefaultPipeline(chosen) : builder.buildPerModuleDefaultPipeline(chosen);
  passes.run(module, modules);
}

Expected<ObjectBytes> emitObject(llvm::Module &module, llvm::TargetMachine &machine, bool assembly) {
  std::string failure;
  llvm::raw_string_ostream text(failure);
  if (llvm::verifyModule(module, &text))
    return error(Code::Internal, "LLVM IR of ", module.getName().str(), " is inconsistent: ", failure);
  ObjectBytes bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  auto kind = assembly ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, kind))
    return error(Code::Internal, "LLVM cannot emit code for this target");
  passes.run(module);
  return bytes;
}

} // namespace limbeck::cpu
