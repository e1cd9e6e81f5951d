// Blocks that divide the axis, and scales of f32.
#include "Blocks.h"
#include "limbeck/Graph/IR/Constants.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Support/Checked.h"
#include <numeric>

namespace limbeck::graph::exporter {

static constexpr int64_t kLeastBlock = 16; // of the kernels that readers have

Expected<std::optional<ConstantBlocks>> constantBlocks(DequantizeByOp op) {
  auto stored = constantOf(op.getX()), scale = constantOf(op.getScale()),
       zeroPoint = constantOf(op.getZeroPoint());
  if (op.getBlockSize() == 0 || op.getAxis() != 0 || !op.getTo().isF32() || !stored || !scale || !zeroPoint ||
      stored->size() == 0)
    return std::optional<ConstantBlocks>();
  if (scale->dtype() == DType::F32 && stored->shape()[0] % op.getBlockSize() == 0)
    return std::optional<ConstantBlocks>();
  LIMBECK_ASSIGN(Tensor wide, reference::convertFloat(*scale, DType::F32));
  return std::optional(ConstantBlocks{*stored, wide, *zeroPoint, op.getBlockSize()});
}

/// Rows of a tensor: row i of the result is row `source(i)`, or zeros where that is -1.
static Expected<Tensor> gatherRows(const Tensor &tensor, int64_t rows,
                                   llvm::function_ref<int64_t(int64_t)> source) {
  Shape shape = tensor.shape();
  int64_t bytes = static_cast<int64_t>(tensor.byteSize()) / shape[0];
  shape[0] = rows;
  LIMBECK_ASSIGN(Tensor result, Tensor::zeros(tensor.dtype(), shape));
  for (int64_t row = 0; row < rows; ++row)
    if (int64_t from = source(row); from >= 0)
      std::copy_n(tensor.bytes() + from * bytes, bytes, result.mutableBytes() + row * bytes);
  return result;
}

/// Cuts the blocks, or pads the weights, until blocks divide the rows.
static Status fitBlocks(ConstantBlocks &blocks) {
  int64_t depth = blocks.stored.shape()[0], before = blocks.block;
  blocks.block = std::min(before, depth);
  if (depth % blocks.block == 0)
    return {};
  if (int64_t common = std::gcd(depth, before); common >= kLeastBlock) {
    blocks.block = common;
    auto source = [&](int64_t block) { return block * common / before; };
    LIMBECK_ASSIGN(blocks.scale, gatherRows(blocks.scale, depth / common, source));
    LIMBECK_ASSIGN(blocks.zeroPoint, gatherRows(blocks.zeroPoint, depth / common, source));
    return {};
  }
  LIMBECK_ASSIGN(blocks.stored, gatherRows(blocks.stored, ceilDivide(depth, before) * before,
                                           [&](int64_t row) { return row < depth ? row : -1; }));
  return {};
}

Status exportBlocks(mlir::Operation *op, ConstantBlocks blocks, GraphWriter &writer) {
  int64_t depth = blocks.stored.shape()[0];
  LIMBECK_TRY(fitBlocks(blocks));
  std::string base = writer.nameOf(op->getOperand(0));
  Node node("DequantizeLinear", {writer.constant(base + "_quantized", blocks.stored),
                                 writer.constant(base + "_scale", blocks.scale),
                                 writer.constant(base + "_zero_point", blocks.zeroPoint)});
  node.integer("axis", 0);
  node.integer("block_size", blocks.block);
  if (blocks.stored.shape()[0] == depth)
    return writer.finish(op, std::move(node), base + "_dequantized");
  LIMBECK_ASSIGN(Edge padded, writer.intermediate(op, std::move(node), "padded", DType::F32));
  Node slice("Slice", {padded, writer.indices(op, "starts", {0}), writer.indices(op, "ends", {depth}),
                       writer.indices(op, "axes", {0})});
  return writer.finish(op, std::move(slice), base + "_dequantized");
}

} // namespace limbeck::graph::exporter
