// Reductions, whose axes moved from an attribute to an operand, and ArgMax.
#include "Helpers.h"
#include <algorithm>

namespace limbeck::importer {

namespace {
struct Reduction {
  std::string_view onnx, limbeck;
  int64_t axesOperandSince; ///< the first opset in which the axes are an operand
};
} // namespace

static constexpr Reduction reductions[] = {
    {"ReduceSum", "reduce_sum", 13}, {"ReduceMean", "reduce_mean", 18}, {"ReduceMax", "reduce_max", 18},
    {"ReduceMin", "reduce_min", 18}, {"ReduceProd", "reduce_prod", 18},
};

/// Creates a reduction; the greatest and the least of bools are found as u8, in which false < true.
static Expected<ValueId> reduce(Builder &builder, std::string_view op, ValueId data, Indices axes,
                                bool keepDims) {
  DType dtype = dtypeOf(builder, data);
  if (dtype == DType::Bool && (op == "reduce_max" || op == "reduce_min")) {
    LIMBECK_ASSIGN(data, castTo(builder, data, DType::U8));
  }
  LIMBECK_ASSIGN(ValueId reduced,
                 builder.createOne(op, {{"axes", std::move(axes)}, {"keepdims", keepDims}}, {data}));
  return castTo(builder, reduced, dtype);
}

static Results importReduction(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(bool keepDims, flagAttribute(node, "keepdims", true));
  LIMBECK_ASSIGN(bool emptyIsIdentity, flagAttribute(node, "noop_with_empty_axes", false));
  LIMBECK_ASSIGN(std::optional<Indices> given, indicesOperandOrAttribute(node, builder, 1, "axes"));
  bool none = !given || given->empty();
  if (none && emptyIsIdentity)
    return single(data);
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(Indices axes, normalizeAxes(none ? firstAxes(rank) : *given, rank));
  std::sort(axes.begin(), axes.end());
  for (const Reduction &reduction : reductions)
    if (reduction.onnx == node.opType)
      return single(reduce(builder, reduction.limbeck, data, std::move(axes), keepDims));
  return error(Code::Internal, "no reduction is registered under this name");
}

static Results importArgMax(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", 0));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rankOf(builder, data)));
  LIMBECK_ASSIGN(bool keepDims, flagAttribute(node, "keepdims", true));
  LIMBECK_ASSIGN(bool last, flagAttribute(node, "select_last_index", false));
  if (shapeOf(builder, data)[axis] == 0)
    return error(Code::Axis, "expected an axis with elements, found axis ", axis, " of shape ",
                 shapeText(shapeOf(builder, data)));
  return builder.create("arg_max", {{"axis", axis}, {"keepdims", keepDims}, {"select_last_index", last}},
                        {data});
}

void addReductionRules(RuleList &list) {
  for (const Reduction &reduction : reductions) {
    list.push_back({"", reduction.onnx, 1, reduction.axesOperandSince - 1, 1, 1, 1, importReduction});
    list.push_back({"", reduction.onnx, reduction.axesOperandSince, kNewest, 1, 2, 1, importReduction});
  }
  list.push_back({"", "ArgMax", 1, kNewest, 1, 1, 1, importArgMax});
}

} // namespace limbeck::importer
