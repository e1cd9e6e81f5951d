// Softmax and the normalizations.
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

static Status exportSoftmax(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  Node node(findExportRule(op)->onnx, {x});
  node.integer("axis", op->getAttrOfType<mlir::IntegerAttr>("axis").getInt());
  return writer.finish(op, std::move(node));
}

static Status exportLayerNorm(mlir::Operation *op, GraphWriter &writer) {
  auto norm = llvm::cast<LayerNormOp>(op);
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("LayerNormalization", std::move(operands));
  node.integer("axis", norm.getAxis()).number("epsilon", norm.getEpsilon().convertToFloat());
  node.laterResultsAreOptional = true;
  return writer.finish(op, std::move(node));
}

/// ONNX has channels in dimension 1 only.
static Status expectChannelsSecond(int64_t axis) {
  if (axis != 1)
    return error(Code::Unsupported, "expected channels in dimension 1, as ONNX has them, found ", axis);
  return {};
}

static Status exportBatchNorm(mlir::Operation *op, GraphWriter &writer) {
  auto norm = llvm::cast<BatchNormOp>(op);
  LIMBECK_TRY(expectChannelsSecond(norm.getAxis()));
  LIMBECK_ASSIGN(std::vector<Edge> operands, writer.operands(op->getOperands()));
  Node node("BatchNormalization", std::move(operands));
  node.number("epsilon", norm.getEpsilon().convertToFloat());
  return writer.finish(op, std::move(node));
}

static Status exportLrn(mlir::Operation *op, GraphWriter &writer) {
  auto norm = llvm::cast<LrnOp>(op);
  LIMBECK_TRY(expectChannelsSecond(norm.getAxis()));
  LIMBECK_ASSIGN(Edge x, writer.operand(norm.getX()));
  Node node("LRN", {x});
  node.integer("size", norm.getSize()).number("alpha", norm.getAlpha().convertToFloat());
  node.number("beta", norm.getBeta().convertToFloat()).number("bias", norm.getBias().convertToFloat());
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> normalizationRules() {
  static constexpr ExportRule rules[] = {
      {"softmax", "Softmax", exportSoftmax},
      {"log_softmax", "LogSoftmax", exportSoftmax},
      {"layer_norm", "LayerNormalization", exportLayerNorm},
      {"batch_norm", "BatchNormalization", exportBatchNorm},
      {"lrn", "LRN", exportLrn},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
