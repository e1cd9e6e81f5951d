// Makes a module smaller while a script still finds it interesting.
#include "limbeck/Pipeline/Reduction.h"
#include "limbeck/Pipeline/Registration.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

int main(int argc, char **argv) {
  limbeck::pipeline::registerAllPasses();
  limbeck::pipeline::registerReductionPass();
  mlir::DialectRegistry registry;
  limbeck::pipeline::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
