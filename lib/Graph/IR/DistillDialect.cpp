// Registration of the `distill` dialect, its generated op definitions and their verifiers.
#include "limbeck/Graph/IR/Distill.h"
#include "mlir/IR/Builders.h"

#include "limbeck/Graph/IR/DistillDialect.cpp.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Distill.cpp.inc"

namespace limbeck::distill {

void DistillDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "limbeck/Graph/IR/Distill.cpp.inc"
      >();
}

llvm::LogicalResult ParamOp::verify() {
  auto initial = getInitial();
  if (initial && initial->getType() != getType())
    return emitOpError("expected an initial value of type ")
           << getType() << ", found " << initial->getType() << " (param_c1)";
  return llvm::success();
}

} // namespace limbeck::distill
