// Runs passes on IR text, for tests and for looking at one stage alone.
#include "limbeck/Pipeline/Registration.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"

static constexpr llvm::StringLiteral kAbout =
    R"(Limbeck optimizer driver: runs passes and stages on IR text and prints what they leave.

  limbeck compile model.onnx -o model.mlir --to import      writes the IR of a model
  limbeck-opt model.mlir --limbeck-stage-graph              runs one stage; stages follow each other in the
                                                            order graph, quantize, layout, fuse, lower
Stage lower writes kernels for the target that the module names, as in
  module attributes {limbeck.target = "x86-64"} { .. }
Targets are the ISA names that `limbeck compile --help` lists. An error at loc("NAME") is at the node NAME of the model.
docs/passes.md describes each pass.
)";

/// An error names its place; the text of the op follows on demand only.
static void printNoOpsOnErrors() {
  mlir::registerMLIRContextCLOptions();
  llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup("mlir-print-op-on-diagnostic");
  static_cast<llvm::cl::opt<bool> *>(option)->setInitialValue(false);
}

int main(int argc, char **argv) {
  limbeck::pipeline::hideForeignOptions();
  limbeck::pipeline::registerAllPasses();
  printNoOpsOnErrors();
  mlir::DialectRegistry registry;
  limbeck::pipeline::registerAllDialects(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, kAbout, registry));
}
