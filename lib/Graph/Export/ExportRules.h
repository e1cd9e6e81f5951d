// How one op of the dialect becomes nodes of ONNX: the inverse of Import/Rules.h.
//
// Files in lib/Graph/Export/Rules hold the rules of one family each. A rule is the inverse of those of the importer: what it
// writes is imported as ops that compute the same bits.
#pragma once
#include "GraphWriter.h"

namespace limbeck::graph::exporter {

using ExportFunction = Status (*)(mlir::Operation *op, GraphWriter &writer);

struct ExportRule {
  llvm::StringLiteral op;   ///< without its dialect
  llvm::StringLiteral onnx; ///< what it becomes, for the documentation: `Conv`, `MatMul, Add`
  ExportFunction run;
};

/// The rule for an op by its full name, or null.
const ExportRule *findExportRule(llvm::StringRef op);
inline const ExportRule *findExportRule(mlir::Operation *op) {
  return findExportRule(op->getName().getStringRef());
}

/// The rule of ops that only have another name: operands in order, no attributes.
Status exportRenamed(mlir::Operation *op, GraphWriter &writer);

// One list per file of Rules.
llvm::ArrayRef<ExportRule> constantRules();
llvm::ArrayRef<ExportRule> contractionRules();
llvm::ArrayRef<ExportRule> convolutionRules();
llvm::ArrayRef<ExportRule> elementwiseRules();
llvm::ArrayRef<ExportRule> movementRules();
llvm::ArrayRef<ExportRule> normalizationRules();
llvm::ArrayRef<ExportRule> poolingRules();
llvm::ArrayRef<ExportRule> quantizationRules();
llvm::ArrayRef<ExportRule> reductionRules();
llvm::ArrayRef<ExportRule> resizeRules();

} // namespace limbeck::graph::exporter
