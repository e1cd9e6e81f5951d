// Pools over windows.
#include "Window.h"

namespace limbeck::graph::exporter {

Status expectChannelsFirst(llvm::StringRef layout) {
  if (layout != "NCHW")
    return error(Code::Unsupported, "expected channels first, as ONNX has them, found the layout ",
                 layout.str());
  return {};
}

void setWindow(Node &node, llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
               llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations) {
  if (llvm::all_of(kernel, [](int64_t size) { return size > 0; }))
    node.integers("kernel_shape", kernel);
  node.integers("strides", strides).integers("pads", pads);
  if (llvm::any_of(dilations, [](int64_t dilation) { return dilation != 1; }))
    node.integers("dilations", dilations);
}

/// The node of a pool with the attributes that all of them have.
template <class Pool> static Expected<Node> poolNode(Pool pool, llvm::StringRef onnx, GraphWriter &writer) {
  LIMBECK_TRY(expectChannelsFirst(pool.getLayout()));
  LIMBECK_ASSIGN(Edge x, writer.operand(pool.getX()));
  Node node(onnx, {x});
  setWindow(node, pool.getKernel(), pool.getStrides(), pool.getPads(), pool.getDilations());
  if (pool.getCeilMode())
    node.integer("ceil_mode", 1);
  return node;
}

static Status exportMaxPool(mlir::Operation *op, GraphWriter &writer) {
  LIMBECK_ASSIGN(Node node, poolNode(llvm::cast<MaxPoolOp>(op), "MaxPool", writer));
  return writer.finish(op, std::move(node));
}

/// The second output of a pool whose first nobody reads.
static Status exportArgMaxPool(mlir::Operation *op, GraphWriter &writer) {
  auto pool = llvm::cast<ArgMaxPoolOp>(op);
  LIMBECK_ASSIGN(Node node, poolNode(pool, "MaxPool", writer));
  node.integer("storage_order", pool.getStorageOrder());
  node.output({writer.uniqueName(writer.nameOf(pool.getResult()) + "_values"), node.inputs.front().dtype});
  return writer.finish(op, std::move(node));
}

static Status exportAveragePool(mlir::Operation *op, GraphWriter &writer) {
  auto pool = llvm::cast<AveragePoolOp>(op);
  LIMBECK_ASSIGN(Node node, poolNode(pool, "AveragePool", writer));
  node.integer("count_include_pad", pool.getCountIncludePad());
  return writer.finish(op, std::move(node));
}

llvm::ArrayRef<ExportRule> poolingRules() {
  static constexpr ExportRule rules[] = {
      {"max_pool", "MaxPool", exportMaxPool},
      {"arg_max_pool", "MaxPool", exportArgMaxPool},
      {"average_pool", "AveragePool", exportAveragePool},
  };
  return rules;
}

} // namespace limbeck::graph::exporter
