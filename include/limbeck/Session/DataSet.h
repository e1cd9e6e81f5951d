// Samples for calibration, accuracy and streamed runs.
//
//   x.npz     keys equal the input names exactly
//   x.npy     for a model with one input
//   FOLDER    the .npy and .npz files in it, in byte order of their names
//   list.txt  paths of such files, one per line
// An array of the input's rank has samples along its first dimension; an array of one rank less is one sample.
#pragma once
#include "limbeck/Tensor/ArrayRows.h"
#include "limbeck/Tensor/Inputs.h"

namespace limbeck::session {

/// The files of a set, as above. E-INPUT-DATA when there are none, and for a list with a line that names no such file.
Expected<std::vector<std::string>> filesOfDataSet(const std::string &path);

/// One value per input, and where they come from.
struct Sample {
  std::span<const Tensor> values;
  const std::string &file;
  int64_t index = 0, indexInFile = 0; ///< of all samples of the set, and of those of the file
  std::span<const NamedType> inputs;  ///< whose values they are
};

class DataSet {
public:
  /// Looks which files there are; each sample is read when it is asked for.
  static Expected<DataSet> open(const std::string &path, std::vector<NamedType> inputs);

  /// Calls `use` with one value per input for each sample, in order, until it fails. A model that fixes a first dimension
  /// above 1 gets as many indices per sample. E-INPUT-DATA names file and input.
  Status forEach(const std::function<Status(std::span<const Tensor>)> &use) const;

  /// The same for who wants to know where a sample is from.
  Status forEachSample(const std::function<Status(const Sample &)> &use) const;

  size_t files() const { return paths.size(); }
  /// How many samples there are, as the headers of the files say. E-INPUT-DATA as of forEach.
  Expected<int64_t> count() const;
  /// The shapes of a sample's values, by input, as the headers say. E-SHAPE-MISSING when files differ; E-INPUT-DATA as of forEach.
  Expected<std::vector<Shape>> commonShapes() const;

private:
  struct SampleFile {
    std::vector<ArrayRows> arrays; ///< by input
    std::vector<int64_t> rows;     ///< of each array, in a sample
    int64_t samples = 0;
  };
  Expected<SampleFile> openSamples(const std::string &path) const;
  Status useFile(const std::string &path, int64_t &index,
                 const std::function<Status(const Sample &)> &use) const;
  Expected<std::vector<ArrayRows>> openInputs(const std::string &path) const;

  std::vector<NamedType> inputs;
  std::vector<std::string> paths;
};

} // namespace limbeck::session
