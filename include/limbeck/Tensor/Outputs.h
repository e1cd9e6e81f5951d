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

/// Whether the files could be written, as far as that is known before the names of the outputs are. E-FLAG for one of `inputs`.
Status checkTargets(const OutputTargets &targets, std::span<const std::string> inputs = {});

/// All files appear, or none. E-FLAG for two outputs in one file, and for one of `inputs`, the files that were read.
Status writeOutputs(std::span<const NamedTensor> outputs, const OutputTargets &targets,
                    std::vector<std::string> inputs = {});

/// An output without its values.
struct OutputType {
  std::string name;
  DType dtype;
  Shape shape;
  std::string file; ///< that holds it; empty for none
};

/// Index, name, dtype and shape of every output, and its file where it has one.
std::string outputsJson(std::span<const OutputType> outputs);
/// The same with what the summary says of the values, for outputs that went to `targets`.
std::string outputsJson(std::span<const NamedTensor> outputs, const OutputTargets &targets);

/// One line per output: type and shape, min, max, mean and the first values.
std::string outputSummary(std::span<const NamedTensor> outputs);

} // namespace limbeck
