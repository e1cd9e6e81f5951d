// Registration, running stages, and the way of a diagnostic from MLIR to the user.
#include "Compiler.h"
#include "limbeck/Graph/IR/SourceNames.h"
#include "limbeck/Graph/Import/ImportModel.h"
#include "limbeck/Lower/KernelFacts.h"
#include "limbeck/Lower/Target.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Pipeline/Registration.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Support/File.h"
#include "limbeck/Target/CPU/Isa.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/Threading.h"
#include <mutex>

namespace limbeck::session {

std::vector<std::string> sourceNodes(mlir::Location location) {
  std::vector<std::string> nodes;
  for (llvm::StringRef node : graph::nodeNames(location))
    nodes.push_back(node.str());
  return nodes;
}

/// `[E-SHAPE] message` of graph::emitDiagnostic, taken apart again; other errors of passes are ours to mend.
static Diagnostic toDiagnostic(mlir::Diagnostic &source) {
  static constexpr Code kCodes[] = {
#define LIMBECK_CODE(identifier, text, exit) Code::identifier,
#include "limbeck/Support/DiagnosticCodes.def"
  };
  std::string text = source.str();
  for (mlir::Diagnostic &note : source.getNotes())
    text += "; " + note.str();
  Diagnostic result = error(Code::Internal, text);
  for (Code code : kCodes) {
    std::string mark = message("[", codeText(code), "] ");
    if (size_t at = text.find(mark); at != std::string::npos)
      result = error(code, text.substr(at + mark.size()));
  }
  // The first few nodes are enough to find a kernel by.
  std::vector<std::string> nodes = sourceNodes(source.getLocation());
  constexpr size_t kMostNodes = 3;
  for (size_t i = 0; i < std::min(nodes.size(), kMostNodes); ++i)
    result.node += (i ? ", " : "") + nodes[i];
  if (auto position = source.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
    result.atFile(message(position.getFilename().str(), ":", position.getLine(), ":", position.getColumn()));
  return result;
}

namespace {
class RemarkCollector : public mlir::remark::detail::MLIRRemarkStreamerBase {
public:
  explicit RemarkCollector(std::vector<PassRemark> &list) : list(list) {}
  void streamOptimizationRemark(const mlir::remark::detail::Remark &remark) override {
    PassRemark entry{sourceNodes(remark.getLocation()), remark.getRemarkName().str(), ""};
    for (const auto &argument : remark.getArgs())
      if (argument.key == "Reason")
        entry.reason += argument.val;
    std::lock_guard lock(mutex);
    list.push_back(std::move(entry));
  }

private:
  std::vector<PassRemark> &list;
  std::mutex mutex;
};
} // namespace

static std::unique_ptr<mlir::MLIRContext> createContext() {
  mlir::DialectRegistry registry;
  pipeline::registerAllDialects(registry);
  auto context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  // A user reads the name of the node, not the text of the op.
  context->printOpOnDiagnostic(false);
  return context;
}

Compiler::Compiler(unsigned threads)
    : threadCount(threads ? threads : llvm::heavyweight_hardware_concurrency().compute_thread_count()),
      context(createContext()) {
  cpu::registerTargets();
  if (threadCount > 1)
    context->enableMultithreading();
  mlir::remark::RemarkCategories categories;
  categories.missed = ".*";
  (void)mlir::remark::enableOptimizationRemarks(*context, std::make_unique<RemarkCollector>(collected),
                                                std::make_unique<mlir::remark::RemarkEmittingPolicyAll>(),
                                                categories);
}

Compiler::~Compiler() = default;

std::vector<Diagnostic> Compiler::listen(llvm::function_ref<void()> work) {
  std::vector<Diagnostic> errors;
  mlir::ScopedDiagnosticHandler handler(context.get(), [&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
      errors.push_back(toDiagnostic(diagnostic));
    else if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning)
      heard.push_back(toDiagnostic(diagnostic));
    return mlir::success();
  });
  work();
  return errors;
}

void setPrecision(mlir::ModuleOp module, std::string_view precision) {
  if (precision != "f32")
    module->setAttr(quantize::kPrecisionAttribute,
                    mlir::StringAttr::get(module.getContext(), llvm::StringRef(precision)));
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> Compiler::import(const importer::Model &model,
                                                             std::string_view precision) {
  auto module =
      attempt<mlir::OwningOpRef<mlir::ModuleOp>>([&] { return graph::importModel(*context, model); });
  if (module.ok())
    setPrecision(**module, precision);
  return module;
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> Compiler::parse(const std::string &path) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(path));
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<Diagnostic> errors = listen([&] {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(context.get()), path);
  });
  if (module)
    return module;
  Diagnostic diagnostic =
      errors.empty() ? error(Code::Parse, "expected a module of IR").atFile(path) : std::move(errors.front());
  diagnostic.code = Code::Parse;
  return diagnostic;
}

Status Compiler::run(mlir::ModuleOp module, pipeline::Stage first, pipeline::Stage last) {
  return run(module, [&](mlir::OpPassManager &passes) { pipeline::buildStages(first, last, passes); });
}

Status Compiler::run(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build) {
  mlir::PassManager passes(context.get(), mlir::ModuleOp::getOperationName());
  build(passes);
  return attempt<bool>([&]() -> Expected<bool> {
           if (mlir::failed(passes.run(module)))
             return error(Code::Internal, "a pass failed without saying why");
           return true;
         })
      .status();
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> Compiler::lower(mlir::ModuleOp fused, std::string_view target,
                                                            const std::map<std::string, std::string> &tiles,
                                                            bool listTiles) {
  mlir::Builder b(context.get());
  mlir::OwningOpRef<mlir::ModuleOp> copy = fused.clone();
  (*copy)->setAttr(lower::kTargetAttribute, mlir::StringAttr::get(context.get(), llvm::StringRef(target)));
  mlir::NamedAttrList entries;
  for (const auto &[problem, tile] : tiles)
    entries.append(problem, b.getStringAttr(tile));
  if (!entries.empty())
    (*copy)->setAttr(lower::kTilesAttribute, entries.getDictionary(context.get()));
  if (listTiles)
    (*copy)->setAttr(lower::kListTilesAttribute, b.getUnitAttr());
  LIMBECK_TRY(run(*copy, pipeline::Stage::Lower, pipeline::Stage::Lower));
  return copy;
}

} // namespace limbeck::session
