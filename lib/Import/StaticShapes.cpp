// Which dimensions a user must still choose before the model can be compiled.
#include "Names.h"
#include "limbeck/Import/Importer.h"

namespace limbeck::importer {

void guessSizes(const Model &model, int64_t size, Options &options) {
  auto guess = [size](size_t axis) { return axis == 0 ? int64_t(1) : size; };
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    const Value &input = model.values[model.inputs[i]];
    Shape shape = input.type.shape;
    bool anonymous = false;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] != kUnknown)
        continue;
      bool named = axis < input.symbols.size() && !input.symbols[axis].empty();
      anonymous |= !named;
      // A symbol has one value wherever it is.
      shape[axis] =
          named ? options.dims.emplace(input.symbols[axis], guess(axis)).first->second : guess(axis);
    }
    if (anonymous)
      options.shapes[model.inputNames[i]] = shape;
  }
}

Status requireStatic(const Model &model, int64_t size) {
  std::string open, flags;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    if (const Value &input = model.values[model.inputs[i]]; !input.type.isStatic())
      open += (open.empty() ? "" : ", ") + message("'", model.inputNames[i], "' ", input.type.text());
  Options guessed;
  guessSizes(model, size, guessed);
  for (const auto &[name, shape] : guessed.shapes)
    flags += " --shape " + shellWord(name) + "=" + shapeText(shape);
  std::string names;
  for (const auto &[symbol, value] : guessed.dims) {
    names += (names.empty() ? "" : ", ") + symbol;
    flags += " --dim " + shellWord(symbol) + "=" + std::to_string(value);
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
