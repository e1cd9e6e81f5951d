// The stages as the pipeline has them; errors of passes become diagnostics.
#include "Compilation.h"
#include "limbeck/Fuse/Passes.h"
#include "limbeck/Graph/Import/ImportModel.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
#include "limbeck/Lower/Passes.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Pipeline/Registration.h"
#include "limbeck/Quantize/Passes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

namespace limbeck::test {

using pipeline::Stage;

static mlir::DialectRegistry dialects() {
  mlir::DialectRegistry registry;
  pipeline::registerAllDialects(registry);
  return registry;
}

Compilation::Compilation(const importer::Model &model, bool reduced, bool splitSamples)
    : context(dialects(), mlir::MLIRContext::Threading::DISABLED), model(model), reduced(reduced),
      splitSamples(splitSamples) {
  cpu::registerTargets();
}

Status Compilation::runStages(mlir::ModuleOp module, bool lower) {
  return run(module, [&](mlir::OpPassManager &passes) {
    pipeline::buildStages(lower ? Stage::Lower : Stage::Graph, lower ? Stage::Lower : Stage::Fuse, passes);
  });
}

Status Compilation::run(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build) {
  std::string errors;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      errors += diagnostic.str() + "; ";
  });
  mlir::PassManager passes(&context, mlir::ModuleOp::getOperationName());
  build(passes);
  if (mlir::failed(passes.run(module)))
    return error(Code::Internal, "a pass failed: ", errors);
  return {};
}

Status Compilation::runFrontEnd() {
  LIMBECK_ASSIGN(imported, graph::importModel(context, model));
  fused = imported->clone();
  if (reduced)
    (*fused)->setAttr(quantize::kPrecisionAttribute, mlir::StringAttr::get(&context, "bf16"));
  if (splitSamples)
    (*fused)->setAttr(lower::kSplitSamplesAttribute, mlir::StringAttr::get(&context, "always"));
  return runStages(*fused, /*lower=*/false);
}

Expected<cpu::CompiledEntry> Compilation::compile(const cpu::Isa &kernels, const cpu::Isa &code,
                                                  const cpu::CompileOptions &options) {
  mlir::OwningOpRef<mlir::ModuleOp> lowered = fused->clone();
  (*lowered)->setAttr(lower::kTargetAttribute,
                      mlir::StringAttr::get(&context, llvm::StringRef(kernels.name)));
  LIMBECK_TRY(runStages(*lowered, /*lower=*/true));
  return cpu::compileEntry(*lowered, code, options);
}

Expected<std::vector<Tensor>> Compilation::interpretImported(std::span<const Tensor> inputs) {
  return graph::interpret(*imported, inputs, Limits());
}

Expected<std::vector<Tensor>> Compilation::interpretFused(std::span<const Tensor> inputs) {
  return graph::interpret(*fused, inputs, Limits());
}

Expected<std::vector<Tensor>> Compilation::interpretSamples(std::span<const Tensor> inputs) {
  mlir::OwningOpRef<mlir::ModuleOp> split = fused->clone();
  (*split)->setAttr(lower::kTargetAttribute, mlir::StringAttr::get(&context, "x86-64")); // any will do
  LIMBECK_TRY(run(*split, [](mlir::OpPassManager &passes) {
    passes.addPass(lower::createSplitSamplesPass());
    passes.addPass(fuse::createVerifyFusePass());
  }));
  return graph::interpret(*split, inputs, Limits());
}

std::string Compilation::text() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  fused->print(stream);
  return text;
}

} // namespace limbeck::test
