// All rules by name.
#include "ExportRules.h"

namespace limbeck::graph::exporter {

const ExportRule *findExportRule(llvm::StringRef op) {
  static const llvm::StringMap<const ExportRule *> rules = [] {
    llvm::StringMap<const ExportRule *> map;
    for (llvm::ArrayRef<ExportRule> family :
         {constantRules(), contractionRules(), convolutionRules(), elementwiseRules(), movementRules(),
          normalizationRules(), poolingRules(), quantizationRules(), reductionRules(), resizeRules()})
      for (const ExportRule &rule : family)
        map[rule.op] = &rule;
    return map;
  }();
  return op.consume_front("limbeck.") ? rules.lookup(op) : nullptr;
}

Status exportRenamed(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  return writer.finish(op, Node(findExportRule(op)->onnx, std::move(operands)));
}

} // namespace limbeck::graph::exporter
