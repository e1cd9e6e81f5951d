// A case through the stages of the compiler.
#pragma once
#include "CaseBuilder.h"
#include "limbeck/Target/CPU/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace limbeck::test {

class Compilation {
public:
  /// `reduced`: with `--precision bf16`.
  Compilation(const importer::Model &model, bool reduced);

  /// Import up to stage Fuse.
  Status runFrontEnd();
  /// Stage Lower for the kernels of `kernels`, code for the machine of `code`; the front end has run.
  Expected<cpu::CompiledEntry> compile(const cpu::Isa &kernels, const cpu::Isa &code,
                                       const cpu::CompileOptions &options);
  /// What the oracle says: right after the import, and just before stage Lower.
  Expected<std::vector<Tensor>> interpretImported(std::span<const Tensor> inputs);
  Expected<std::vector<Tensor>> interpretFused(std::span<const Tensor> inputs);
  /// The module before stage Lower.
  std::string text();

private:
  Status runStages(mlir::ModuleOp module, bool lower);

  mlir::MLIRContext context;
  const importer::Model &model;
  bool reduced;
  mlir::OwningOpRef<mlir::ModuleOp> imported, fused;
};

} // namespace limbeck::test
