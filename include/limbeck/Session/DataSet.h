// Samples for calibration, accuracy and streamed runs.
//
//   x.npz     keys equal the input names exactly
//   x.npy     for a model with one input
//   FOLDER    the .npy and .npz files in it, in byte order of their names
//   list.txt  paths, one per line
// An array of the input's rank has samples along its first dimension; an array of one rank less is one sample.
#pragma once
#include "limbeck/Tensor/Inputs.h"

namespace limbeck::session {

class DataSet {
public:
  /// Looks which files there are; they are read one at a time, when their samples are asked for.
  static Expected<DataSet> open(const std::string &path, std::vector<NamedType> inputs);

  /// Calls `use` with one value per input for each sample, in order, until it fails. A model that fixes a first dimension
  /// above 1 gets as many indices per sample. E-INPUT-DATA names file and input.
  Status forEach(const std::function<Status(std::span<const Tensor>)> &use) const;

  size_t files() const { return paths.size(); }

private:
  Status useFile(const std::string &path, const std::function<Status(std::span<const Tensor>)> &use) const;
  Expected<std::vector<Tensor>> readFileTensors(const std::string &path) const;

  std::vector<NamedType> inputs;
  std::vector<std::string> paths;
};

} // namespace limbeck::session
