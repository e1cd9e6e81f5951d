// Runs passes on IR text, for tests and for looking at one stage alone.
#include "limbeck/Pipeline/Registration.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  limbeck::pipeline::registerAllPasses();
  mlir::DialectRegistry registry;
  limbeck::pipeline::registerAllDialects(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "Limbeck optimizer driver\n", registry));
}
