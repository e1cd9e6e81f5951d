// Softmax and the normalizations, in their inference forms.
#include "Normalization.h"
#include <algorithm>

namespace limbeck::importer {

/// Before opset 13 the data is seen as a matrix whose columns are everything from `axis` on.
static Expected<ValueId> flatSoftmax(Builder &builder, std::string_view op, ValueId x, int64_t axis) {
  Shape shape = shapeOf(builder, x);
  std::span<const int64_t> dims = shape;
  LIMBECK_ASSIGN(int64_t rows, productOf(dims.first(axis), builder));
  LIMBECK_ASSIGN(int64_t columns, productOf(dims.subspan(axis), builder));
  LIMBECK_ASSIGN(ValueId matrix, reshapeTo(builder, x, {rows, columns}));
  LIMBECK_ASSIGN(ValueId y, builder.createOne(op, {{"axis", int64_t(1)}}, {matrix}));
  return reshapeTo(builder, y, shape);
}

Expected<ValueId> softmax(Builder &builder, std::string_view op, ValueId x, int64_t givenAxis,
                          int64_t opset) {
  int64_t rank = rankOf(builder, x);
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(givenAxis, rank));
  if (opset < 13 && axis != rank - 1)
    return flatSoftmax(builder, op, x, axis);
  return builder.createOne(op, {{"axis", axis}}, {x});
}

static Results softmaxOf(const Node &node, Builder &builder, std::string_view op) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "input"));
  LIMBECK_ASSIGN(int64_t axis, node.integer("axis", node.opset < 13 ? 1 : -1));
  return single(softmax(builder, op, x, axis, node.opset));
}

static Results importSoftmax(const Node &node, Builder &builder) {
  return softmaxOf(node, builder, "softmax");
}
static Results importLogSoftmax(const Node &node, Builder &builder) {
  return softmaxOf(node, builder, "log_softmax");
}

/// The float type that holds all operands: f32 where they differ, which no rule mixes with f64.
static DType commonType(const Builder &builder, std::span<const ValueId> values) {
  DType first = dtypeOf(builder, values.front());
  bool same =
      std::all_of(values.begin(), values.end(), [&](ValueId v) { return dtypeOf(builder, v) == first; });
  return same ? first : DType::F32;
}

static Results importBatchNormalization(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(std::vector<ValueId> operands, allOperands(node));
  LIMBECK_ASSIGN(float epsilon, node.number("epsilon", 1e-5f));
  LIMBECK_TRY(requireAttribute(node, "training_mode", 0));
  LIMBECK_TRY(requireAttribute(node, "spatial", 1));
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (node.wantsOutput(i))
      return error(Code::Unsupported, "only inference is supported, but output ", i, " of training is used");
  DType dtype = dtypeOf(builder, operands[0]), common = commonType(builder, operands);
  for (ValueId &value : operands) {
    LIMBECK_ASSIGN(value, castTo(builder, value, common));
  }
  LIMBECK_ASSIGN(ValueId y,
                 builder.createOne("batch_norm", {{"axis", int64_t(1)}, {"epsilon", epsilon}}, operands));
  return single(castTo(builder, y, dtype));
}

/// Mean and inverse deviation are f32 whatever the data is, so data of half precision is widened where they
/// are wanted.
static Results importLayerNormalization(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(ValueId scale, operand(node, 1, "Scale"));
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", -1));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rankOf(builder, x)));
  LIMBECK_ASSIGN(float epsilon, node.number("epsilon", 1e-5f));
  LIMBECK_TRY(requireAttribute(node, "stash_type", 1));
  std::vector<ValueId> operands = {x, scale};
  if (node.hasOperand(2))
    operands.push_back(*node.operands[2]);
  DType dtype = dtypeOf(builder, x);
  if (node.wantsOutput(1) || node.wantsOutput(2))
    for (ValueId &value : operands) {
      LIMBECK_ASSIGN(value, castTo(builder, value, DType::F32));
    }
  LIMBECK_ASSIGN(std::vector<ValueId> results,
                 builder.create("layer_norm", {{"axis", axis}, {"epsilon", epsilon}}, operands));
  LIMBECK_ASSIGN(results[0], castTo(builder, results[0], dtype));
  return results;
}

static Results importLRN(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId x, operand(node, 0, "X"));
  LIMBECK_ASSIGN(int64_t size, node.integer("size", std::nullopt));
  LIMBECK_ASSIGN(float alpha, node.number("alpha", 1e-4f));
  LIMBECK_ASSIGN(float beta, node.number("beta", 0.75f));
  LIMBECK_ASSIGN(float bias, node.number("bias", 1.0f));
  return builder.create(
      "lrn", {{"size", size}, {"alpha", alpha}, {"beta", beta}, {"bias", bias}, {"axis", int64_t(1)}}, {x});
}

void addNormalizationRules(RuleList &list) {
  list.push_back({"", "Softmax", 1, kNewest, 1, 1, 1, importSoftmax});
  list.push_back({"", "LogSoftmax", 1, kNewest, 1, 1, 1, importLogSoftmax});
  list.push_back({"", "BatchNormalization", 7, kNewest, 5, 5, 5, importBatchNormalization});
  list.push_back({"", "LayerNormalization", 17, kNewest, 2, 3, 3, importLayerNormalization});
  list.push_back({"", "LRN", 1, kNewest, 1, 1, 1, importLRN});
}

} // namespace limbeck::importer
