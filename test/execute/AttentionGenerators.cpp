// Two matrix products with a softmax between them, as exporters write attention: heads moved by transposes, scores scaled and masked,
// quantized around both products or not.
#include "Anchors.h"
#include <cmath>

namespace limbeck::test {

namespace {
struct AttentionShapes {
  Shape batch; ///< with the heads last, if there are any
  int64_t rows, keys, depth, columns;
};
} // namespace

static AttentionShapes attentionShapes(Draw &draw) {
  return {draw.shape(0, 2, 6), draw.between(8, 40), draw.between(2, 70), draw.between(1, 40),
          draw.between(1, 40)};
}

/// An activation of [batch, height, width], in quantized form or not. Sometimes heads stand behind the height, or the two last are exchanged,
/// and a transpose follows.
static ValueId activation(CaseBuilder &b, Shape shape, int64_t height, int64_t width, double low,
                          bool quantized) {
  Draw &draw = b.draw;
  shape.insert(shape.end(), {height, width});
  auto rank = static_cast<int64_t>(shape.size());
  std::vector<int64_t> perm;
  for (int64_t dim = 0; dim < rank; ++dim)
    perm.push_back(dim);
  bool moved = draw.oneIn(2);
  if (moved && rank > 2)
    std::swap(perm.end()[-2], perm.end()[-3]);
  if (moved && (rank == 2 || draw.oneIn(2)))
    std::swap(perm.end()[-1], perm.end()[-2]);
  Shape stored(shape.size());
  for (size_t dim = 0; dim < shape.size(); ++dim)
    stored[static_cast<size_t>(perm[dim])] = shape[dim];
  ValueId x;
  if (quantized) {
    TensorType type = draw.quantized(draw.pick({DType::U8, DType::S8}), stored, 0.02);
    x = b.dequantized(b.input({type.dtype, stored, nullptr}, draw.values(type.dtype, stored)), type);
  } else {
    x = b.input({DType::F32, stored, nullptr}, draw.floats(DType::F32, stored, low, 1));
  }
  return moved ? b.op("transpose", {{"perm", perm}}, {x}) : x;
}

static ValueId rounded(CaseBuilder &b, ValueId x, TensorType type) {
  return b.dequantized(b.quantizedBy(x, type), type);
}

/// What lies between the scores and the softmax.
static ValueId masked(CaseBuilder &b, ValueId scores, int64_t depth) {
  Draw &draw = b.draw;
  ValueId root = b.constant({DType::F32, {}, nullptr},
                            draw.floats(DType::F32, {}, std::sqrt(depth), std::sqrt(depth) + 1));
  if (draw.oneIn(2))
    scores = b.op(draw.pick({"div", "mul"}), {}, {scores, root});
  if (draw.oneIn(3))
    return scores;
  Shape shape = draw.broadcastable(b.shapeOf(scores));
  if (draw.oneIn(3)) {
    ValueId keep = b.input({DType::Bool, shape, nullptr}, draw.values(DType::Bool, shape));
    ValueId least = b.constant({DType::F32, {}, nullptr}, draw.floats(DType::F32, {}, -1e5, -1e4));
    return b.op("where", {}, {keep, scores, least});
  }
  // 0 or the least float, as masks of padding are, or any bias.
  bool hides = draw.oneIn(2);
  Tensor values = draw.floats(DType::F32, shape, -2, 2);
  if (hides)
    for (float &value : values.mutableValues<float>())
      value = value < -1 ? std::numeric_limits<float>::lowest() : 0;
  return b.op("add", {}, {scores, b.input({DType::F32, shape, nullptr}, values)});
}

static ValueId attention(CaseBuilder &b, bool quantized, double leastValue) {
  Draw &draw = b.draw;
  AttentionShapes s = attentionShapes(draw);
  auto shared = [&](const Shape &batch) { return draw.oneIn(4) ? draw.broadcastable(batch) : batch; };
  ValueId query = activation(b, s.batch, s.rows, s.depth, -1, quantized),
          key = activation(b, shared(s.batch), s.depth, s.keys, -1, quantized),
          value = activation(b, shared(s.batch), s.keys, s.columns, leastValue, quantized);
  ValueId scores = b.op("matmul", {}, {query, key});
  if (quantized && !draw.oneIn(4))
    scores = rounded(b, scores, draw.quantized(DType::U8, b.shapeOf(scores), 0.1));
  scores = masked(b, scores, s.depth);
  auto axis = static_cast<int64_t>(b.shapeOf(scores).size()) - 1;
  ValueId weights = b.op("softmax", {{"axis", axis}}, {scores});
  if (quantized)
    weights =
        rounded(b, weights, draw.quantized(draw.pick({DType::U8, DType::S8}), b.shapeOf(weights), 1.0 / 255));
  ValueId y = b.op("matmul", {}, {weights, value});
  if (quantized && !draw.oneIn(4))
    y = rounded(b, y, draw.quantized(DType::U8, b.shapeOf(y), 0.02));
  else if (draw.oneIn(3))
    y = b.op("add", {}, {y, b.operand(DType::F32, draw.broadcastable(b.shapeOf(y)), false)});
  if (s.batch.empty() || draw.oneIn(2))
    return y;
  std::vector<int64_t> perm;
  for (int64_t dim = 0; dim <= axis; ++dim)
    perm.push_back(dim);
  std::swap(perm.end()[-2], perm.end()[-3]);
  return b.op("transpose", {{"perm", perm}}, {y});
}

static void drawAttention(CaseBuilder &b) {
  b.output(attention(b, false, -1));
}

static void drawQuantizedAttention(CaseBuilder &b) {
  b.result.comparison = ImportComparison::None;
  b.output(attention(b, true, -1));
}

static void drawReducedAttention(CaseBuilder &b) {
  // A probability between two bf16 goes to either, one step of 2^-8; values of one sign keep the sum as large as what it is made of.
  b.result.bound = 0x1p-6;
  b.output(attention(b, false, 0.5));
}

void addAttentionGenerators(GeneratorList &list) {
  list.insert(list.end(), {{"attention", drawAttention},
                           {"attention_of_bytes", drawQuantizedAttention},
                           {"bf16_attention", drawReducedAttention}});
}

} // namespace limbeck::test
