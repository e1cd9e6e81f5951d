// The stages as the pipeline has them; errors of passes become diagnostics.
#include "Compilation.h"
#include "limbeck/Graph/Import/ImportModel.h"
#include "limbeck/Graph/Interpret/Interpreter.h"
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

Compilation::Compilation(const importer::Model &model, bool reduced)
    : context(dialects(), mlir::MLIRContext::Threading::DISABLED), model(model), reduced(reduced) {
  cpu::registerTargets();
}

Status Compilation::runStages(mlir::ModuleOp module, bool lower) {
  std::string errors;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      errors += diagnostic.str() + "; ";
  });
  mlir::PassManager passes(&context, mlir::ModuleOp::getOperationName());
  pipeline::buildStages(lower ? Stage::Lower : Stage::Graph, lower ? Stage::Lower : Stage::Fuse, passes);
  if (mlir::failed(passes.run(module)))
    return error(Code::Internal, "a pass failed: ", errors);
  return {};
}

Status Compilation::runFrontEnd() {
  LIMBECK_ASSIGN(imported, graph::importModel(context, model));
  fused = imported->clone();
  if (reduced)
    (*fused)->setAttr(quantize::kPrecisionAttribute, mlir::StringAttr::get(&context, "bf16"));
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

std::string Compilation::text() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  fused->print(stream);
  return text;
}

} // namespace limbeck::test
