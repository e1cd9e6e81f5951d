// Registration of the `limbeck` dialect and its generated op definitions.
#include "limbeck/Graph/IR/Limbeck.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/IR/Builders.h"

#include "limbeck/Graph/IR/LimbeckDialect.cpp.inc"
#define GET_OP_CLASSES
#include "limbeck/Graph/IR/Limbeck.cpp.inc"

namespace limbeck::graph {

void LimbeckDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "limbeck/Graph/IR/Limbeck.cpp.inc"
      >();
}

mlir::Operation *LimbeckDialect::materializeConstant(mlir::OpBuilder &builder, mlir::Attribute value,
                                                     mlir::Type type, mlir::Location location) {
  auto elements = mlir::dyn_cast<mlir::ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstOp::create(builder, location, elements);
}

} // namespace limbeck::graph
