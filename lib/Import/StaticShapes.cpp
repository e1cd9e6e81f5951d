// Which dimensions a user must still choose before the model can be compiled.
#include "Names.h"
#include "limbeck/Import/Importer.h"
#include <algorithm>
#include <set>

namespace limbeck::importer {

/// `--shape NAME=1x3x?x?` for an input with a dimension that has no symbol: every '?' is replaced by 1.
static std::string shapeFlag(const Value &input, const std::string &name) {
  Shape shape = input.type.shape;
  std::ranges::replace(shape, kUnknown, int64_t(1));
  return " --shape " + shellWord(name) + "=" + shapeText(shape);
}

Status requireStatic(const Model &model) {
  std::set<std::string> symbols;
  std::string open, flags;
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    const Value &input = model.values[model.inputs[i]];
    if (input.type.isStatic())
      continue;
    bool anonymous = false;
    for (size_t axis = 0; axis < input.type.shape.size(); ++axis) {
      if (input.type.shape[axis] != kUnknown)
        continue;
      if (axis < input.symbols.size() && !input.symbols[axis].empty())
        symbols.insert(input.symbols[axis]);
      else
        anonymous = true;
    }
    open += (open.empty() ? "" : ", ") + message("'", model.inputNames[i], "' ", input.type.text());
    if (anonymous)
      flags += shapeFlag(input, model.inputNames[i]);
  }
  std::string names;
  for (const std::string &symbol : symbols) {
    names += (names.empty() ? "" : ", ") + symbol;
    flags += " --dim " + shellWord(symbol) + "=1";
  }
  if (!open.empty())
    return error(Code::ShapeMissing, "expected static shapes, found inputs ", open,
                 names.empty() ? "" : " with the symbols " + names)
        .atFile(model.name)
        .withHint("choose sizes, as in" + flags);
  // All inputs are known, so what is left depends on data.
  for (const Value &value : model.values)
    if (!value.type.isStatic())
      return error(Code::ShapeMissing, "the shape of value '", value.name, "', ", value.type.text(),
                   ", depends on data")
          .atFile(model.name)
          .withHint("fix the input that decides it with --freeze NAME=@data.npy");
  return {};
}

} // namespace limbeck::importer
