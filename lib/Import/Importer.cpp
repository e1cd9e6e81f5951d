// The public functions: bytes or a file, to a Model or to everything that is wrong.
#include "limbeck/Import/Importer.h"
#include "GraphImporter.h"
#include "Liveness.h"
#include "Parse.h"
#include "limbeck/Support/File.h"
#include <filesystem>
#include <new>
#include <sodium.h>

namespace limbeck::importer {

std::string sha256Of(std::span<const std::byte> bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
  char text[2 * sizeof(digest) + 1];
  return sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
}

static Diagnostic inFile(Diagnostic diagnostic, const std::string &name) {
  return diagnostic.file.empty() ? diagnostic.atFile(name) : diagnostic;
}

static CheckResult failed(Diagnostic diagnostic, const std::string &name) {
  return {{inFile(std::move(diagnostic), name)}, 0, std::nullopt};
}

static CheckResult check(std::span<const std::byte> bytes, const std::string &name, const Options &options,
                         const ExternalData &external) {
  auto parsed = parseModel(bytes, options.limits);
  if (!parsed)
    return failed(std::move(parsed.diagnostic()), name);
  Diagnostics diagnostics(name);
  TensorDecoder tensors(options.limits, external);
  Model model;
  model.name = name;
  model.sha256 = sha256Of(bytes);
  GraphImporter(*parsed->proto, options, tensors, diagnostics, model).run();
  if (!diagnostics.empty())
    return {diagnostics.take(), diagnostics.notListed(), std::nullopt};
  removeUnused(model);
  if (auto status = checkMemory(model, options.limits.runBytes); !status)
    return failed(std::move(status.diagnostic()), name);
  return {{}, 0, std::move(model)};
}

/// The last line of defence: containers throw when memory ends.
static CheckResult checkGuarded(std::span<const std::byte> bytes, const std::string &name,
                                const Options &options, const ExternalData &external) {
  try {
    return check(bytes, name, options, external);
  } catch (const std::bad_alloc &) {
    return failed(error(Code::Memory, "no memory left while the model was read"), name);
  } catch (const std::exception &exception) {
    return failed(error(Code::Internal, exception.what()), name);
  }
}

static Expected<Model> modelOf(CheckResult result) {
  if (result.model)
    return *std::move(result.model);
  return std::move(result.diagnostics.front());
}

CheckResult checkBytes(std::span<const std::byte> bytes, const std::string &name, const Options &options) {
  return checkGuarded(bytes, name, options,
                      ExternalData(options.externalDataDirectory, "", options.trustHardlinks));
}

CheckResult checkFile(const std::string &path, const Options &options) {
  std::filesystem::path file(path);
  std::string name = file.filename().string();
  auto bytes = readFile(path, options.limits.fileBytes);
  if (!bytes)
    return failed(std::move(bytes.diagnostic()), path);
  std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  if (!options.externalDataDirectory.empty())
    folder = options.externalDataDirectory;
  CheckResult result =
      checkGuarded(*bytes, name, options, ExternalData(folder, path, options.trustHardlinks));
  // The model has the name of the file; whoever is to mend the file wants to know where it is.
  for (Diagnostic &diagnostic : result.diagnostics)
    if (diagnostic.file == name)
      diagnostic.atFile(path);
  return result;
}

Expected<Model> importFile(const std::string &path, const Options &options) {
  return modelOf(checkFile(path, options));
}

Expected<Model> importBytes(std::span<const std::byte> bytes, const std::string &name,
                            const Options &options) {
  return modelOf(checkBytes(bytes, name, options));
}

} // namespace limbeck::importer
