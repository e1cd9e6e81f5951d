// Registration of the `calib` dialect, its generated op definitions and their verifiers.
#include "limbeck/Graph/IR/Calib.h"
#include "mlir/IR/Builders.h"
#include <cmath>

#include "limbeck/Graph/IR/CalibDialect.cpp.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Calib.cpp.inc"

namespace limbeck::calib {

void CalibDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "limbeck/Graph/IR/Calib.cpp.inc"
      >();
}

llvm::LogicalResult StatOp::verify() {
  if (auto storage = getStorage()) {
    auto integer = mlir::dyn_cast<mlir::IntegerType>(*storage);
    if (!integer || (integer.getWidth() != 4 && integer.getWidth() != 8 && integer.getWidth() != 16))
      return emitOpError("expected storage of 4, 8 or 16 bits, found ") << *storage << " (stat_c2)";
  }
  auto range = getRange();
  if (!range)
    return llvm::success();
  bool ordered = range->size() == 2 && std::isfinite((*range)[0]) && std::isfinite((*range)[1]) &&
                 (*range)[0] <= (*range)[1];
  if (!ordered)
    return emitOpError("expected a range of two finite numbers, the first not above the second (stat_c1)");
  return llvm::success();
}

llvm::LogicalResult ObserveOp::verifySymbolUses(mlir::SymbolTableCollection &symbolTable) {
  if (symbolTable.lookupNearestSymbolFrom<StatOp>(*this, getStatAttr()))
    return llvm::success();
  return emitOpError("expected '") << getStat() << "' to name a calib.stat (observe_c2)";
}

} // namespace limbeck::calib
