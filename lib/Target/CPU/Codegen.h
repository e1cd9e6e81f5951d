// The steps of compileEntry: MLIR of one kernel -> LLVM IR -> object -> linked image.
#pragma once
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Target/CPU/Compile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace limbeck::cpu {

using ObjectBytes = llvm::SmallVector<char, 0>;

/// The dialects of a kernel body to the LLVM dialect, for a module of one kernel.
void buildKernelToLLVMPipeline(mlir::OpPassManager &passes);

/// Name of the function that runs a kernel's share from a frame of pointers: LimbeckTask of limbeck-c/Abi.h.
std::string taskName(llvm::StringRef kernel);

/// A target machine for position-independent, contraction-free code.
Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const Isa &isa, unsigned optimization);
/// Replaces intrinsics that the ISA lacks by stand-ins. E-INTERNAL for an intrinsic that the ISA table does not know.
Status replaceMissingIntrinsics(llvm::Module &module, const Isa &isa, llvm::TargetMachine &machine);
/// Attributes and linkage that all our functions have.
void prepareFunctions(llvm::Module &module, const Isa &isa);
/// Estimated time of a launch on one worker, by the kernel's facts and the elements that it reads and writes beside constants.
double nanosecondsOf(const lower::KernelFacts &facts, int64_t elements);
/// How many workers are useful for so much work: each gets as much as pays for waking it. At least 1, at most `most`.
inline constexpr int32_t kAllWorkers = 1 << 20;
int32_t usefulWorkers(double nanoseconds, int32_t most = kAllWorkers);
/// Adds `task` for a kernel: loads its pointers from the frame and calls it.
void addTask(llvm::Module &module, llvm::StringRef kernel);
/// The module that holds LimbeckEntry: one parallel call per launch.
struct EntryPlan;
std::unique_ptr<llvm::Module> buildEntry(llvm::LLVMContext &context, mlir::func::FuncOp graph,
                                         EntryPlan &plan);
struct EntryPlan {
  std::vector<Tensor> weights;
};

void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned level);
Expected<ObjectBytes> emitObject(llvm::Module &module, llvm::TargetMachine &machine, bool assembly);

/// One object as a shared object.
Expected<std::vector<std::byte>> linkShared(const ObjectBytes &object);
/// Links objects and our builtins into an image without relocations, and checks that it is one.
Status linkImage(llvm::ArrayRef<ObjectBytes> objects, const Isa &isa, CompiledEntry &entry);

/// Files compiled when Limbeck was built: `builtins` (object) and `stand-ins` (bitcode) per ISA.
llvm::StringRef resource(llvm::StringRef name, const Isa &isa);

inline constexpr llvm::StringLiteral kEntrySymbol = "limbeck_entry";

} // namespace limbeck::cpu
