// Weights in blocks: products of floats and of bytes with them, and the dequantized form that models have.
#include "CaseBuilder.h"

namespace limbeck::test {

namespace {
/// Weights as operands: integers, scales, zero points.
struct Weights {
  int64_t depth, columns, block;
  std::vector<ValueId> operands;
};
} // namespace

static Weights drawWeights(CaseBuilder &b, bool wholeSteps) {
  Draw &draw = b.draw;
  Weights weights;
  weights.columns = draw.between(1, 70);
  if (wholeSteps) // what kernels of bytes take, and sometimes not
    weights.block = draw.oneIn(8) ? draw.between(1, 20) : 8 * draw.between(1, 5);
  else
    weights.block =
        draw.oneIn(3) ? draw.between(1, 40) : draw.pick({int64_t(8), int64_t(16), int64_t(32), int64_t(64)});
  weights.depth = draw.oneIn(2) ? weights.block * draw.between(1, 3) : draw.between(1, 100);
  if (!wholeSteps && draw.oneIn(4)) // a column is a block
    weights.block = weights.depth = draw.oneIn(2) ? draw.between(100, 300) : draw.between(1, 100);
  DType stored = draw.pick({DType::S4, DType::U4, DType::S4, DType::S8, DType::U8});
  Shape shape{weights.depth, weights.columns},
      perBlock{ceilDivide(weights.depth, weights.block), weights.columns};
  auto add = [&](DType dtype, const Shape &of, Tensor values) {
    weights.operands.push_back(draw.oneIn(10) ? b.input({dtype, of, nullptr}, std::move(values))
                                              : b.constant({dtype, of, nullptr}, std::move(values)));
  };
  add(stored, shape, draw.integers(stored, shape, lowest(stored), highest(stored)));
  DType scale = draw.pick({DType::F32, DType::F16, DType::BF16});
  add(scale, perBlock, draw.floats(scale, perBlock, 0.01, 0.3));
  add(stored, perBlock,
      draw.oneIn(2) ? *Tensor::zeros(stored, perBlock)
                    : draw.integers(stored, perBlock, lowest(stored), highest(stored)));
  return weights;
}

/// One row, a few, or many; sometimes in several matrices.
static Shape drawRows(Draw &draw, int64_t depth) {
  if (draw.oneIn(4))
    return {draw.between(1, 3), draw.between(1, 9), depth};
  return {draw.oneIn(3) ? 1 : draw.oneIn(2) ? draw.between(2, 8) : draw.between(9, 120), depth};
}

/// The result, or what ops behind it make of that.
static void finish(CaseBuilder &b, ValueId y) {
  Draw &draw = b.draw;
  const Shape shape = b.shapeOf(y);
  if (draw.oneIn(2))
    y = b.op("add", {}, {y, b.operand(DType::F32, {shape.back()}, false)});
  if (draw.oneIn(3))
    y = b.op("relu", {}, {y});
  if (draw.oneIn(4))
    y = b.op("add", {}, {y, b.operand(DType::F32, shape, false)});
  b.output(y);
}

static void drawMatmulBlocks(CaseBuilder &b) {
  Weights weights = drawWeights(b, false);
  Shape rows = drawRows(b.draw, weights.depth);
  std::vector<ValueId> operands{
      b.input({DType::F32, rows, nullptr}, b.draw.values(DType::F32, rows, b.draw.oneIn(4)))};
  operands.insert(operands.end(), weights.operands.begin(), weights.operands.end());
  finish(b, b.op("matmul_blocks", {{"block_size", weights.block}}, operands));
}

static Tensor drawInputs(Draw &draw, const Shape &shape) {
  if (draw.oneIn(6)) // scales that are near the end of the range of floats
    return draw.floats(DType::F32, shape, -1e-36, 1e-36);
  return draw.values(DType::F32, shape, draw.oneIn(4));
}

static void drawMatmulIntegerBlocks(CaseBuilder &b) {
  Weights weights = drawWeights(b, true);
  Shape rows = drawRows(b.draw, weights.depth);
  ValueId x = b.input({DType::F32, rows, nullptr}, drawInputs(b.draw, rows));
  std::vector<ValueId> operands = b.ops("dynamic_quantize_blocks", {{"block_size", weights.block}}, {x});
  operands.insert(operands.end(), weights.operands.begin(), weights.operands.end());
  finish(b, b.op("matmul_integer_blocks", {{"block_size", weights.block}}, operands));
}

static void drawDynamicQuantizeBlocks(CaseBuilder &b) {
  Shape shape = b.draw.shape(1, 4);
  int64_t block =
      b.draw.oneIn(2) ? b.draw.between(1, shape.back() + 2) : b.draw.pick({int64_t(16), int64_t(32)});
  ValueId x = b.input({DType::F32, shape, nullptr}, drawInputs(b.draw, shape));
  for (ValueId result : b.ops("dynamic_quantize_blocks", {{"block_size", block}}, {x}))
    b.output(result);
}

/// A matrix product of floats with dequantized weights: in blocks, per column, or with one scale.
static void drawStoredWeights(CaseBuilder &b) {
  Draw &draw = b.draw;
  b.result.comparison = ImportComparison::None; // the blocks are summed apart: FuseBlocksTest.cpp
  DType stored = draw.pick({DType::S4, DType::U4, DType::S8, DType::U8});
  int64_t depth = draw.between(1, 100), columns = draw.between(1, 70), axis = 0, block = 0;
  Shape shape{depth, columns}, perBlock;
  if (draw.oneIn(3)) {
    axis = 1;
    perBlock = {columns};
  } else if (!draw.oneIn(3)) {
    axis = draw.oneIn(5) ? 1 : 0;
    block = draw.oneIn(3) ? draw.between(1, 40) : draw.pick({int64_t(8), int64_t(16), int64_t(32)});
    perBlock = shape;
    perBlock[static_cast<size_t>(axis)] = ceilDivide(shape[static_cast<size_t>(axis)], block);
  }
  ValueId w =
      b.constant({stored, shape, nullptr}, draw.integers(stored, shape, lowest(stored), highest(stored)));
  DType scaleType = draw.pick({DType::F32, DType::F16, DType::BF16});
  ValueId scale = b.constant({scaleType, perBlock, nullptr}, draw.floats(scaleType, perBlock, 0.01, 0.3));
  ValueId zero = b.constant({stored, perBlock, nullptr},
                            draw.integers(stored, perBlock, lowest(stored), highest(stored)));
  ValueId weights =
      b.op("dequantize_by", {{"axis", axis}, {"block_size", block}, {"to", DType::F32}}, {w, scale, zero});
  Shape rows = drawRows(draw, depth);
  ValueId x = b.input({DType::F32, rows, nullptr}, draw.values(DType::F32, rows, draw.oneIn(4)));
  std::vector<ValueId> operands{x, weights};
  if (draw.oneIn(2))
    operands.push_back(
        b.constant({DType::F32, {columns}, nullptr}, draw.floats(DType::F32, {columns}, -1, 1)));
  b.output(b.op("matmul", {}, operands));
  if (draw.oneIn(6)) // the same weights for another product
    b.output(b.op("matmul", {}, {x, weights}));
}

void addBlockGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"matmul_blocks", drawMatmulBlocks},
                           {"matmul_integer_blocks", drawMatmulIntegerBlocks},
                           {"dynamic_quantize_blocks", drawDynamicQuantizeBlocks},
                           {"stored_weights", drawStoredWeights}});
}

} // namespace limbeck::test
