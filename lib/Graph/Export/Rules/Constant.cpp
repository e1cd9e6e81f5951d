// Constants, which become initializers where they are used, and casts between element types.
#include "../ExportRules.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Import/ElementTypes.h"

namespace limbeck::graph::exporter {

static Status exportConst(mlir::Operation *, GraphWriter &) {
  return {};
}

static Status exportCast(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  LIMBECK_ASSIGN(DType to, toDType(llvm::cast<CastOp>(op).getTo()));
  Node node("Cast", {x});
  node.integer("to", importer::onnxElementType(to));
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> constantRules() {
  static constexpr ExportRule rules[] = {
      {"const", "initializer", exportConst},
      {"cast", "Cast", exportCast},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
