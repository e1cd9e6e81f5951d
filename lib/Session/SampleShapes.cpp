// Samples of one shape say what a model is to be compiled for as well as --shape does.
#include "limbeck/Session/SampleShapes.h"
#include "Executable.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Session/FileKind.h"
#include <algorithm>

namespace limbeck::session {

/// The inputs of a model of which something is open; none where several entries are asked for.
static Expected<std::vector<NamedType>> openInputsOf(const SourceModel &source) {
  std::vector<NamedType> inputs;
  if (std::ranges::any_of(source.dims, [](const auto &dim) { return dim.second.size() > 1; }))
    return inputs;
  LIMBECK_ASSIGN(bool artifact, isArtifact(source.path));
  if (artifact)
    return inputs;
  LIMBECK_TRY(expectModel(source.path));
  LIMBECK_ASSIGN(importer::Options options, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(source.path, options));
  for (size_t i = 0; i < model.inputs.size(); ++i)
    inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  if (std::ranges::all_of(inputs, [](const NamedType &input) { return input.type.isStatic(); }))
    inputs.clear();
  return inputs;
}

/// `x=1x3x48x192, mask=1x48`, which is what --shape takes.
static std::string takeShapes(SourceModel &model, std::span<const NamedType> inputs,
                              std::span<const Shape> shapes) {
  std::string text;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].type.isStatic()) {
      model.shapes[inputs[i].name] = shapes[i];
      text += message(text.empty() ? "" : ", ", inputs[i].name, "=", shapeText(shapes[i]));
    }
  return text;
}

Expected<std::string> takeShapesOfSamples(SourceModel &model, const std::string &dataSet) {
  LIMBECK_ASSIGN(std::vector<NamedType> inputs, openInputsOf(model));
  if (inputs.empty())
    return std::string();
  LIMBECK_ASSIGN(DataSet set, DataSet::open(dataSet, inputs));
  LIMBECK_ASSIGN(std::vector<Shape> shapes, set.commonShapes());
  return message("compiled for the shape of the samples, ", takeShapes(model, inputs, shapes),
                 ": --shape or --dim chooses another");
}

Status takeShapesOfInputs(SourceModel &model, std::span<const std::string> arguments) {
  LIMBECK_ASSIGN(std::vector<NamedType> inputs, openInputsOf(model));
  if (inputs.empty())
    return {};
  Expected<std::vector<Tensor>> values = readModelInputs(inputs, arguments);
  if (!values.ok())
    return {};
  std::vector<Shape> shapes;
  for (const Tensor &value : *values)
    shapes.push_back(value.shape());
  takeShapes(model, inputs, shapes);
  return {};
}

} // namespace limbeck::session
