// Flags about a model as options of the importer.
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Tensor/Npy.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

namespace limbeck::session {

static Expected<importer::Options> commonOptions(const SourceModel &model) {
  importer::Options options;
  options.shapes = model.shapes;
  options.externalDataDirectory = model.externalDataDirectory;
  options.trustHardlinks = model.trustHardlinks;
  for (const auto &[name, path] : model.frozen) {
    LIMBECK_ASSIGN(Tensor value, readNpy(path));
    options.frozen.emplace(name, std::move(value));
    options.frozenFiles.emplace(name, path);
  }
  return options;
}

Status checkPrecision(const SourceModel &model) {
  if (model.precision != "f32" && model.precision != "bf16" && model.precision != "f16")
    return error(Code::Flag, "expected --precision f32, bf16 or f16, found '", model.precision, "'");
  return {};
}

Expected<std::vector<EntryChoice>> entryChoices(const SourceModel &model) {
  LIMBECK_ASSIGN(importer::Options common, commonOptions(model));
  std::vector<EntryChoice> choices = {{"", std::move(common)}};
  for (const auto &[symbol, values] : model.dims) {
    std::vector<EntryChoice> extended;
    for (const EntryChoice &choice : choices)
      for (int64_t value : values) {
        EntryChoice &next = extended.emplace_back(choice);
        next.options.dims[symbol] = value;
        if (values.size() > 1)
          next.name += message(next.name.empty() ? "" : ",", symbol, "=", value);
      }
    if (extended.size() > kMostEntries)
      return error(Code::Flag, "expected at most ", kMostEntries,
                   " combinations of --dim values, found more");
    choices = std::move(extended);
  }
  if (choices.size() == 1)
    choices.front().name = "main";
  return choices;
}

Expected<importer::Options> onlyChoice(const SourceModel &model) {
  for (const auto &[symbol, values] : model.dims)
    if (values.size() != 1)
      return error(Code::Flag, "expected one value for --dim ", symbol, " here, found ", values.size());
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(model));
  return std::move(choices.front().options);
}

SourceModel withoutSeveralValues(SourceModel model) {
  std::erase_if(model.dims, [](const auto &dim) { return dim.second.size() > 1; });
  return model;
}

std::string statisticsIdentity(const importer::Model &model, const importer::Options &options) {
  if (options.frozen.empty())
    return model.sha256;
  llvm::SHA256 hash;
  hash.update(model.sha256);
  for (const auto &[name, value] : options.frozen) {
    // Lengths keep apart what stands side by side.
    hash.update(message(" ", name.size(), " ", name, " ", limbeck::name(value.dtype()), " ",
                        shapeText(value.shape()), " "));
    hash.update({reinterpret_cast<const uint8_t *>(value.bytes()), static_cast<size_t>(value.byteSize())});
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

Expected<importer::Model> importStatic(const std::string &path, const importer::Options &options) {
  LIMBECK_TRY(expectModel(path));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(path, options));
  Status status = importer::requireStatic(model);
  if (status.ok())
    return model;
  for (int64_t size : importer::kGuessedSizes) {
    importer::Options guessed = options;
    importer::guessSizes(model, size, guessed);
    auto trial = importer::importFile(path, guessed);
    if (trial.ok() && importer::requireStatic(*trial).ok())
      return importer::requireStatic(model, size).diagnostic().atFile(path);
  }
  return status.diagnostic().atFile(path);
}

} // namespace limbeck::session
