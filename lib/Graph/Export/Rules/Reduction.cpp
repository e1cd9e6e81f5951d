// Reductions over axes and ArgMax. Over all spatial dimensions, the mean and the greatest are global pools: runtimes that compute
// on quantized values look for those.
#include "../ExportRules.h"

namespace limbeck::graph::exporter {

namespace {
/// `pool`: its name over all spatial dimensions; `axesOperandSince`: the first opset in which the axes are an operand.
struct Reduction {
  llvm::StringLiteral op, onnx, pool;
  int64_t axesOperandSince;
};
} // namespace

static constexpr Reduction kReductions[] = {
    {"reduce_sum", "ReduceSum", "", 13},
    {"reduce_mean", "ReduceMean", "GlobalAveragePool", 18},
    {"reduce_max", "ReduceMax", "GlobalMaxPool", 18},
    {"reduce_min", "ReduceMin", "", 18},
    {"reduce_prod", "ReduceProd", "", 18},
};

/// Whether every dimension behind batch and channels of a tensor of floats is reduced to 1.
static bool isGlobalPool(mlir::RankedTensorType x, llvm::ArrayRef<int64_t> axes, bool keepDims) {
  return keepDims && x.getRank() >= 3 && llvm::isa<mlir::FloatType>(x.getElementType()) &&
         llvm::equal(axes, llvm::seq<int64_t>(2, x.getRank()));
}

static Status exportReduction(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Edge x, writer.operand(op->getOperand(0)));
  llvm::ArrayRef<int64_t> axes = op->getAttrOfType<mlir::DenseI64ArrayAttr>("axes").asArrayRef();
  bool keepDims = op->getAttrOfType<mlir::BoolAttr>("keepdims").getValue();
  auto type = llvm::cast<mlir::RankedTensorType>(op->getOperand(0).getType());
  const Reduction &reduction = *llvm::find_if(
      kReductions, [&](const Reduction &each) { return each.op == op->getName().stripDialect(); });
  if (!reduction.pool.empty() && isGlobalPool(type, axes, keepDims))
    return writer.finish(op, Node(reduction.pool, {x}));
  // Without axes ONNX reduces all of them.
  if (axes.empty() && type.getRank() > 0)
    return writer.finish(op, Node("Identity", {x}));
  bool asOperand = writer.opset() >= reduction.axesOperandSince;
  std::vector<Edge> operands = {x};
  if (asOperand && !axes.empty())
    operands.push_back(writer.indices(op, "axes", axes));
  Node node(reduction.onnx, std::move(operands));
  if (!asOperand && !axes.empty())
    node.integers("axes", axes);
  node.integer("keepdims", keepDims);
  return writer.finish(op, std::move(node));
}

static Status exportArgMax(mlir::Operation *op, GraphWriter &writer) {
  auto search = llvm::cast<ArgMaxOp>(op);
  LIMBECK_ASSIGN(Edge x, writer.operand(search.getX()));
  Node node("ArgMax", {x});
  node.integer("axis", search.getAxis()).integer("keepdims", search.getKeepdims());
  node.integer("select_last_index", search.getSelectLastIndex());
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> reductionRules() {
  static constexpr ExportRule rules[] = {
      {"reduce_sum", "ReduceSum", exportReduction},
      {"reduce_mean", "GlobalAveragePool; ReduceMean", exportReduction},
      {"reduce_max", "GlobalMaxPool; ReduceMax", exportReduction},
      {"reduce_min", "ReduceMin", exportReduction},
      {"reduce_prod", "ReduceProd", exportReduction},
      {"arg_max", "ArgMax", exportArgMax},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
