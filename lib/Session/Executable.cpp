// Telling models from artifacts, and loading either.
#include "Executable.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Worker.h"

namespace limbeck::session {

Expected<bool> isArtifact(const std::string &path) {
  LIMBECK_ASSIGN(FileKind kind, kindOfFile(path));
  return kind == FileKind::Artifact;
}

Status expectNoModelFlags(const SourceModel &source) {
  if (source.shapes.empty() && source.dims.empty() && source.frozen.empty() &&
      source.externalDataDirectory.empty() && !source.trustHardlinks && !source.precisionGiven)
    return {};
  return error(Code::Flag, "expected no flags about a model (--shape, --dim, --freeze, --external-data-dir, "
                           "--trust-hardlinks, --precision) with an artifact: all of that is compiled in")
      .atFile(source.path);
}

Expected<LoadExecutable> findExecutable(const SourceModel &source, bool worker, const Progress &progress,
                                        bool mapWeights) {
  LIMBECK_ASSIGN(bool ready, isArtifact(source.path));
  if (ready) {
    LIMBECK_TRY(expectNoModelFlags(source));
    runtime::LoadOptions options;
    options.mapWeights = mapWeights;
    return LoadExecutable([path = source.path, options] { return runtime::Model::load(path, options); });
  }
  LIMBECK_TRY(expectModel(source.path));
  if (mapWeights)
    return error(Code::Flag, "expected an artifact with --mmap, found a model").atFile(source.path);
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

std::string entriesText(const runtime::Model &model) {
  constexpr size_t kMost = 8;
  const auto &entries = model.entries();
  std::string text;
  for (size_t i = 0; i < std::min(kMost, entries.size()); ++i) {
    std::string ports;
    for (const artifact::Port &port : entries[i].inputs)
      ports += message(ports.empty() ? "" : ", ", port.name, ": ", port.type.text());
    text += message(text.empty() ? "" : ", ", entries[i].name, "(", ports, ")");
  }
  return entries.size() > kMost ? text + message(" and ", entries.size() - kMost, " more") : text;
}

Expected<size_t> findEntry(const runtime::Model &model, std::string_view name) {
  auto entry = std::ranges::find(model.entries(), name, &artifact::Entry::name);
  if (entry == model.entries().end())
    return error(Code::Name, "expected the name of an entry, found '", name, "'")
        .withHint("the entries are " + entriesText(model));
  return static_cast<size_t>(entry - model.entries().begin());
}

Expected<std::vector<Tensor>> readModelInputs(std::span<const NamedType> inputs,
                                              std::span<const std::string> arguments) {
  return readInputs(inputs, arguments, [](Bytes bytes) { return importer::parseTensor(bytes); });
}

} // namespace limbeck::session
