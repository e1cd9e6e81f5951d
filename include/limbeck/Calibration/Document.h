// stats.json: the statistics of a model's tensors, with what they were taken from (docs/calibrate.md).
#pragma once
#include "limbeck/Calibration/Statistics.h"
#include "limbeck/Support/File.h"
#include <map>
#include <string>

namespace limbeck::calibration {

/// What is collected of each tensor beside its least and greatest value.
struct Collect {
  bool histogram = false, channels = false, gram = false, means = false;
  bool operator==(const Collect &) const = default;
};
/// `minmax,histogram,channels,gram,means`; E-FLAG for any other word.
Expected<Collect> collectFromText(std::string_view text);
std::string text(Collect collect);

/// How large the channels of a tensor are before smoothing.
struct ChannelMagnitudes {
  std::vector<float> greatest; ///< absolute values
  std::vector<double> squares; ///< means over rows
  double span = 2;             ///< the range of all values, in units of the greatest absolute one
  bool operator==(const ChannelMagnitudes &) const = default;
};

struct Statistics {
  std::string modelSha256;
  Collect collect;
  int64_t samples = 0;
  int64_t indicesPerSample = 1; ///< of the inputs' first dimension: above 1 where the model fixes a batch
  std::map<std::string, TensorStatistics, std::less<>> tensors; ///< by their names in the ONNX file
  /// The rules by which factors were moved in the model that was observed (recipe keys equalize and smooth); empty: none were.
  std::string scaling;
  /// Of the inputs of contractions that are smoothed, in front of that; by the names of their observers.
  std::map<std::string, ChannelMagnitudes, std::less<>> magnitudes;
  /// Of the quantized model: how far the mean of each channel of a contraction's result is from that of the float one, when those
  /// before it are corrected. By the name of the result; holds for the recipe that it was measured with.
  std::map<std::string, std::vector<float>, std::less<>> biasErrors;

  /// The samples of both. E-CALIB when they are of different models, not of the same things, or have bias errors or magnitudes.
  Status merge(const Statistics &other);
  bool operator==(const Statistics &) const = default;
};

/// Reads a file that `writeStatistics` has written, and the matrices beside it. E-CALIB for anything that no calibration gives.
Expected<Statistics> readStatistics(const std::string &path);
/// The same of bytes that are in memory; `path` names them, and the place of the matrices.
Expected<Statistics> parseStatistics(Bytes bytes, const std::string &path);
/// Equal statistics give equal bytes. Matrices go to a file beside it: `stats.json` has `stats.gram.npz`. E-FLAG when one of the two
/// is one of `inputs`.
Status writeStatistics(const std::string &path, const Statistics &statistics,
                       std::vector<std::string> inputs = {});

} // namespace limbeck::calibration
