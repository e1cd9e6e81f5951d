// One MLIR context with everything registered; diagnostics of MLIR come out as ours.
#pragma once
#include "limbeck/Import/Importer.h"
#include "limbeck/Pipeline/Stages.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"
#include <functional>

namespace limbeck::session {

/// Why a pass left something as it is, as it said itself.
struct PassRemark {
  std::vector<std::string> nodes;
  std::string name, reason;
};

/// The ONNX nodes that a location stands for, each once, in order.
std::vector<std::string> sourceNodes(mlir::Location location);

/// Leaves the precision of SourceModel in the module, for stage Quantize.
void setPrecision(mlir::ModuleOp module, std::string_view precision);

class Compiler {
public:
  explicit Compiler(unsigned threads = 0);
  ~Compiler();

  /// `precision` is that of SourceModel; stage Quantize acts on it.
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> import(const importer::Model &model,
                                                     std::string_view precision);
  /// Reads a file of IR.
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> parse(const std::string &path);
  Status run(mlir::ModuleOp module, pipeline::Stage first, pipeline::Stage last);
  /// Passes of no stage: `build` lists them.
  Status run(mlir::ModuleOp module, llvm::function_ref<void(mlir::OpPassManager &)> build);
  /// Stage Lower on a module of its own, as each target gets other kernels. `tiles`, by problem, are used where they fit;
  /// `listTiles`: the facts of kernels list the other ones.
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> lower(mlir::ModuleOp fused, std::string_view target,
                                                    const std::map<std::string, std::string> &tiles = {},
                                                    bool listTiles = false);
  /// Runs `work`. Where it only knows that something failed, what MLIR said meanwhile is the error.
  template <class T> Expected<T> attempt(std::function<Expected<T>()> work) {
    std::optional<Expected<T>> result;
    std::vector<Diagnostic> errors = listen([&] { result.emplace(work()); });
    if (result->ok() || result->diagnostic().code != Code::Internal || errors.empty())
      return std::move(*result);
    return std::move(errors.front());
  }

  /// What passes said so far.
  const std::vector<PassRemark> &remarks() const { return collected; }
  const std::vector<Diagnostic> &warnings() const { return heard; }
  unsigned threads() const { return threadCount; }

private:
  /// MLIR's errors while `work` runs.
  std::vector<Diagnostic> listen(llvm::function_ref<void()> work);

  unsigned threadCount;
  std::unique_ptr<mlir::MLIRContext> context;
  std::vector<PassRemark> collected;
  std::vector<Diagnostic> heard; ///< warnings
};

} // namespace limbeck::session
