// What a run produced, as files or as a summary to read.
#pragma once
#include "limbeck/Tensor/Npy.h"

namespace limbeck {

/// Where the user wants the results. All three may be given; with none, print `outputSummary`.
struct OutputTargets {
  std::vector<std::string> files; ///< `NAME=@y.npy`, or `@y.npy` for a model with one output
  std::string archive;            ///< an .npz with the exact names as keys
  std::string folder;             ///< output_0.npy, output_1.npy, .. and outputs.json

  bool empty() const { return files.empty() && archive.empty() && folder.empty(); }
};

/// All files appear, or none. E-FLAG for two outputs in one file.
Status writeOutputs(std::span<const NamedTensor> outputs, const OutputTargets &targets);

/// An output without its values.
struct OutputType {
  std::string name;
  DType dtype;
  Shape shape;
};

/// The content of outputs.json: index, name, dtype, shape and file of every output.
std::string outputsJson(std::span<const OutputType> outputs);
std::string outputsJson(std::span<const NamedTensor> outputs);

/// One line per output: type and shape, min, max, mean and the first values.
std::string outputSummary(std::span<const NamedTensor> outputs);

} // namespace limbeck
