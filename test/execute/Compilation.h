// A case through the stages of the compiler.
#pragma once
#include "CaseBuilder.h"
#include "limbeck/Target/CPU/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace limbeck::test {

class Compilation {
public:
  /// `reduced`: with `--precision bf16`. `splitSamples`: what keeps samples apart computes them one by one, whatever it costs.
  Compilation(const importer::Model &model, bool reduced, bool splitSamples = false);

  /// Import up to stage Fuse.
  Status runFrontEnd();
  /// Stage Lower for the kernels of `kernels`, code for the machine of `code`; the front end has run.
  Expected<cpu::CompiledEntry> compile(const cpu::Isa &kernels, const cpu::Isa &code,
                                       const cpu::CompileOptions &options);
  /// What the oracle says: right after the import, just before stage Lower, and of samples in it that are computed one by one.
  Expected<std::vector<Tensor>> interpretImported(std::span<const Tensor> inputs);
  Expected<std::vector<Tensor>> interpretFused(std::span<const Tensor> inputs);
  Expected<std::vector<Tensor>> interpretSamples(std::span<const Tensor> inputs);
  /// The module before stage Lower.
  std::string text();

private:
  Status runStages(mlir::ModuleOp module, bool lower);
  Status run(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build);

  mlir::MLIRContext context;
  const importer::Model &model;
  bool reduced, splitSamples;
  mlir::OwningOpRef<mlir::ModuleOp> imported, fused;
};

} // namespace limbeck::test
