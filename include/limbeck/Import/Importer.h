// ONNX bytes to a checked Model. Trusts nothing: every length, index, path and shape in the file is checked.
#pragma once
#include "limbeck/Import/Model.h"
#include "limbeck/Support/Limits.h"
#include <functional>

namespace limbeck::importer {

struct Options {
  Limits limits;
  /// `--shape NAME=1x3x48x320`: replaces the shape of an input. An input that the model lacks is an E-FLAG error.
  std::map<std::string, Shape> shapes;
  /// `--dim SYMBOL=V`: one value for a symbolic dimension wherever it occurs.
  std::map<std::string, int64_t> dims;
  /// `--freeze NAME=@x.npy`: the input becomes a constant and leaves the signature.
  std::map<std::string, Tensor> frozen;
  std::map<std::string, std::string> frozenFiles; ///< where those are from, for what is wrong with them
  /// Folder against which external data is resolved; the model's own when empty.
  std::string externalDataDirectory;
  bool trustHardlinks = false;
};

/// All diagnostics of a file (for `limbeck check`): every malformed thing and every unsupported op, not the first only.
struct CheckResult {
  std::vector<Diagnostic> diagnostics;
  size_t notListed = 0;       ///< how many more were found: the first of each sort are listed
  std::optional<Model> model; ///< present when no diagnostic is
};

/// Reads and checks a file. E-FILE-KIND for anything but a regular file within the limits.
Expected<Model> importFile(const std::string &path, const Options &options);
/// The same from memory; external data is then refused unless `options.externalDataDirectory` is set.
Expected<Model> importBytes(std::span<const std::byte> bytes, const std::string &name,
                            const Options &options);
CheckResult checkFile(const std::string &path, const Options &options);
CheckResult checkBytes(std::span<const std::byte> bytes, const std::string &name, const Options &options);

/// A tensor as ONNX files hold it (`.pb`), without external data. E-PARSE when the bytes are none.
Expected<Tensor> parseTensor(std::span<const std::byte> bytes, const Limits &limits = {});

/// Sizes that a model may take where it leaves them open: enough for most to import.
inline constexpr int64_t kGuessedSizes[] = {1, 32, 48, 224};
/// Sets what is open in the inputs: 1 for a first dimension (of samples), `size` for the others.
void guessSizes(const Model &model, int64_t size, Options &options);
/// E-SHAPE-MISSING listing every symbol that is still unknown and flags that set them to such sizes; ok when all is static.
Status requireStatic(const Model &model, int64_t size = 1);

/// Runs the model with lib/Reference alone; `inputs` in the order of Model::inputs. The oracle without MLIR.
Expected<std::vector<Tensor>> interpret(const Model &model, std::span<const Tensor> inputs,
                                        const Limits &limits);

} // namespace limbeck::importer
