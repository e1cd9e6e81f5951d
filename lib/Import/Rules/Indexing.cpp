// Gather and Range.
#include "Helpers.h"

namespace limbeck::importer {

/// E-INDEX for a known index outside [-dim, dim).
static Status checkConstantIndices(const Builder &builder, ValueId indices, int64_t dim) {
  const Tensor *known = builder.constant(indices);
  if (!known || dim == kUnknown || !isInteger(known->dtype()))
    return {};
  for (int64_t index : known->asIndices())
    if (index < -dim || index >= dim)
      return error(Code::Index, "expected indices from ", -dim, " to ", dim - 1, ", found ", index);
  return {};
}

static Results importGather(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(ValueId indices, operand(node, 1, "indices"));
  LIMBECK_ASSIGN(int64_t given, node.integer("axis", 0));
  LIMBECK_ASSIGN(int64_t axis, normalizeAxis(given, rankOf(builder, data)));
  LIMBECK_TRY(checkConstantIndices(builder, indices, shapeOf(builder, data)[axis]));
  return builder.create("gather", {{"axis", axis}}, {data, indices});
}

static Results importRange(const Node &node, Builder &builder) {
  static constexpr std::string_view names[] = {"start", "limit", "delta"};
  LIMBECK_TRY(requireAttribute(node, "stash_type", 1));
  std::vector<ValueId> operands;
  for (size_t i = 0; i < std::size(names); ++i) {
    LIMBECK_ASSIGN(ValueId value, operand(node, i, names[i]));
    LIMBECK_ASSIGN(value, asScalar(builder, value, names[i], Code::Shape));
    operands.push_back(value);
  }
  if (const Tensor *delta = builder.constant(operands[2]); delta && delta->asDouble(0) == 0)
    return error(Code::Size, "expected a delta other than 0, found 0");
  return builder.create("range", {}, std::move(operands));
}

void addIndexingRules(RuleList &list) {
  list.push_back({"", "Gather", 1, kNewest, 2, 2, 1, importGather});
  list.push_back({"", "Range", 11, kNewest, 3, 3, 1, importRange});
}

} // namespace limbeck::importer
