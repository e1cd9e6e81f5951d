// The language server for editors: diagnostics, completion and hover on IR text.
#include "limbeck/Pipeline/Registration.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"

int main(int argc, char **argv) {
  limbeck::pipeline::hideForeignOptions();
  mlir::DialectRegistry registry;
  limbeck::pipeline::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
