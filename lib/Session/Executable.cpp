// Telling models from artifacts, and loading either.
#include "Executable.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Session/Worker.h"

namespace limbeck::session {

Expected<bool> isArtifact(const std::string &path) {
  LIMBECK_ASSIGN(std::vector<std::byte> start, readFileStart(path, artifact::kMagic.size()));
  return artifact::looksLikeArtifact(start);
}

Expected<LoadExecutable> findExecutable(const SourceModel &source, bool worker, const Progress &progress) {
  LIMBECK_ASSIGN(bool ready, isArtifact(source.path));
  if (ready) {
    if (!source.shapes.empty() || !source.dims.empty() || !source.frozen.empty())
      return error(Code::Flag,
                   "expected no --shape, --dim or --freeze with an artifact: its shapes are compiled in")
          .atFile(source.path);
    return LoadExecutable([path = source.path] { return runtime::Model::load(path); });
  }
  CompileOptions options;
  options.model = source;
  options.target = "cpu:native";
  LIMBECK_ASSIGN(std::vector<std::byte> bytes,
                 worker ? compileInWorker(options, {}, progress) : compile(options, progress));
  auto shared = std::make_shared<std::vector<std::byte>>(std::move(bytes));
  return LoadExecutable([shared] { return runtime::Model::fromBytes(*shared); });
}

std::vector<NamedType> typesOf(std::span<const artifact::Port> ports) {
  std::vector<NamedType> types;
  for (const artifact::Port &port : ports)
    types.push_back({port.name, port.type});
  return types;
}

std::vector<NamedType> commonInputs(const runtime::Model &model) {
  std::vector<NamedType> types = typesOf(model.entries().front().inputs);
  for (const artifact::Entry &entry : model.entries())
    for (size_t i = 0; i < std::min(types.size(), entry.inputs.size()); ++i) {
      Shape &shape = types[i].type.shape;
      const Shape &other = entry.inputs[i].type.shape;
      for (size_t axis = 0; axis < std::min(shape.size(), other.size()); ++axis)
        if (shape[axis] != other[axis])
          shape[axis] = kUnknown;
    }
  return types;
}

Expected<std::vector<Tensor>> readModelInputs(std::span<const NamedType> inputs,
                                              std::span<const std::string> arguments) {
  return readInputs(inputs, arguments, [](Bytes bytes) { return importer::parseTensor(bytes); });
}

} // namespace limbeck::session
