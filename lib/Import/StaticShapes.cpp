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

/// As in "f32[N,3,?]": each symbol where it stands.
static std::string symbolicText(const Value &input) {
  std::string text;
  for (size_t axis = 0; axis < input.type.shape.size(); ++axis) {
    int64_t dim = input.type.shape[axis];
    bool named = axis < input.symbols.size() && !input.symbols[axis].empty();
    text += message(axis ? "," : "", dim != kUnknown ? std::to_string(dim)
                                     : named         ? input.symbols[axis]
                                                     : "?");
  }
  return message(name(input.type.dtype), "[", text, "]");
}

/// Flags that set all that is guessed: no symbol whose only inputs are given whole.
static std::string flagsFor(const Model &model, const Options &guessed) {
  std::string flags;
  std::map<std::string, int64_t> dims;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    if (!guessed.shapes.count(model.inputNames[i]))
      for (const std::string &symbol : model.values[model.inputs[i]].symbols)
        if (auto found = guessed.dims.find(symbol); found != guessed.dims.end())
          dims.insert(*found);
  for (const auto &[name, shape] : guessed.shapes)
    flags += " --shape " + shellWord(name) + "=" + shapeText(shape);
  for (const auto &[symbol, value] : dims)
    flags += " --dim " + shellWord(symbol) + "=" + std::to_string(value);
  return flags;
}

Status requireStatic(const Model &model, int64_t size) {
  std::string open;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    if (const Value &input = model.values[model.inputs[i]]; !input.type.isStatic())
      open += (open.empty() ? "" : ", ") + message("'", model.inputNames[i], "' ", symbolicText(input));
  Options guessed;
  guessSizes(model, size, guessed);
  if (!open.empty())
    return error(Code::ShapeMissing, "expected static shapes, found the inputs ", open)
        .atFile(model.name)
        .withHint("choose sizes, as in" + flagsFor(model, guessed));
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
