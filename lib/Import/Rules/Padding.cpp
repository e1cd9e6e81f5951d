// Pad: pads and value moved from attributes to operands, and may name only some axes.
#include "Helpers.h"

namespace limbeck::importer {

static constexpr std::string_view padModes[] = {"constant", "reflect", "edge", "wrap"};

static Expected<std::string> padMode(const Node &node) {
  return choiceAttribute(node, "mode", "constant", padModes, Code::Pad);
}

/// Pads of some axes as pads of all: begins, then ends.
static Expected<Indices> fullPads(const Indices &pads, const Indices &axes, int64_t rank) {
  if (pads.size() != 2 * axes.size())
    return error(Code::Pad, "expected ", 2 * axes.size(), " pads, found ", pads.size());
  Indices full(static_cast<size_t>(2 * rank), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    full[axes[i]] = pads[i];
    full[axes[i] + rank] = pads[i + axes.size()];
  }
  return full;
}

/// Pads and value as attributes, until opset 10.
static Results importPadAttributes(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(std::string mode, padMode(node));
  LIMBECK_ASSIGN(Indices given, node.integers("pads", std::nullopt));
  LIMBECK_ASSIGN(float value, node.number("value", 0.0f));
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(Indices pads, fullPads(given, firstAxes(rank), rank));
  std::vector<ValueId> operands = {data};
  if (value != 0)
    operands.push_back(scalarConstant(builder, dtypeOf(builder, data), value));
  return builder.create("pad", {{"pads", pads}, {"mode", mode}}, std::move(operands));
}

static Results importPad(const Node &node, Builder &builder) {
  LIMBECK_ASSIGN(ValueId data, operand(node, 0, "data"));
  LIMBECK_ASSIGN(std::string mode, padMode(node));
  LIMBECK_ASSIGN(Indices given, indicesOperand(node, builder, 1, "pads"));
  int64_t rank = rankOf(builder, data);
  LIMBECK_ASSIGN(std::optional<Indices> givenAxes, indicesOperandOrAttribute(node, builder, 3, "axes"));
  LIMBECK_ASSIGN(Indices axes, normalizeAxes(givenAxes ? *givenAxes : firstAxes(rank), rank, Code::Pad));
  LIMBECK_ASSIGN(Indices pads, fullPads(given, axes, rank));
  std::vector<ValueId> operands = {data};
  if (node.hasOperand(2) && mode == "constant") {
    LIMBECK_ASSIGN(ValueId value, asScalar(builder, *node.operands[2], "constant_value", Code::Pad));
    operands.push_back(value);
  }
  return builder.create("pad", {{"pads", pads}, {"mode", mode}}, std::move(operands));
}

void addPaddingRules(RuleList &list) {
  list.push_back({"", "Pad", 2, 10, 1, 1, 1, importPadAttributes});
  list.push_back({"", "Pad", 11, 17, 2, 3, 1, importPad});
  list.push_back({"", "Pad", 18, kNewest, 2, 4, 1, importPad});
}

} // namespace limbeck::importer
