// Follows the inputs through casts and reshapes to gathers.
#include "TableBounds.h"
#include <algorithm>
#include <map>

namespace limbeck::session {

static bool keepsIds(std::string_view op) {
  constexpr std::string_view ops[] = {"cast", "reshape", "transpose"};
  return std::ranges::find(ops, op) != std::end(ops);
}

std::vector<TableBound> tableBoundsOf(const importer::Model &model) {
  std::map<importer::ValueId, size_t> inputOf;
  std::vector<TableBound> bounds;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    inputOf[model.inputs[i]] = i;
  for (const importer::Op &op : model.ops) {
    if (!op.definition)
      continue;
    if (keepsIds(op.definition->name)) {
      if (auto source = inputOf.find(op.operands.front()); source != inputOf.end())
        inputOf[op.results.front()] = source->second;
      continue;
    }
    auto ids = op.definition->name == "gather" ? inputOf.find(op.operands[1]) : inputOf.end();
    if (ids == inputOf.end())
      continue;
    const Shape &table = model.values[op.operands[0]].type.shape;
    int64_t axis = op.attributes.integer("axis");
    int64_t rows = table[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(table.size()) : axis)];
    if (rows < 0)
      continue;
    auto known = std::ranges::find(bounds, ids->second, &TableBound::input);
    TableBound bound{ids->second, rows, model.sources[op.source].name};
    if (known == bounds.end())
      bounds.push_back(std::move(bound));
    else if (rows < known->rows)
      *known = std::move(bound);
  }
  return bounds;
}

} // namespace limbeck::session
