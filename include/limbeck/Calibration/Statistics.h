// What calibration knows of a tensor: statistics over samples that merge exactly, in any order, and the ranges that can be read
// from them.
#pragma once
#include "limbeck/Calibration/ExactSum.h"
#include "limbeck/Calibration/GramSum.h"
#include "limbeck/Calibration/Histogram.h"
#include "limbeck/Support/Status.h"
#include "limbeck/Tensor/DType.h"
#include <limits>

namespace limbeck::calibration {

/// How a range is chosen.
enum class Method { MinMax, AverageMinMax, Percentile, Entropy, SquaredError };
/// `minmax`, `avg-minmax`, `percentile`, `entropy`, `mse`.
std::string_view name(Method method);
std::optional<Method> methodFromName(std::string_view name);
/// Whether the method reads the histogram.
bool needsHistogram(Method method);

/// The values that quantization is to represent. 0 is always one of them.
struct Range {
  float least = 0, greatest = 0;
  bool operator==(const Range &) const = default;
};

/// What one sample says of a tensor.
struct Observation {
  float least = 0, greatest = 0; ///< of all elements; NaN when one is NaN
  BinGrid grid;                  ///< of `counts`
  std::vector<int32_t> counts;   ///< empty when no histogram is collected
  std::vector<float> channels;   ///< greatest absolute value per channel; empty when not collected
  std::vector<float> gram;       ///< a square matrix; empty when not collected
  std::vector<float> means;      ///< mean value per channel; empty when not collected
};

struct TensorStatistics {
  int64_t samples = 0;         ///< those that all below is about: every element was finite
  int64_t nanSamples = 0;      ///< those with a NaN
  int64_t infiniteSamples = 0; ///< those with an infinity and no NaN
  float least = std::numeric_limits<float>::infinity(), greatest = -std::numeric_limits<float>::infinity();
  ExactSum minima, maxima; ///< of the samples' least and greatest values
  std::optional<Histogram> histogram;
  std::vector<float> channels; ///< greatest absolute value per channel
  std::optional<GramSum> gram;
  std::vector<ExactSum> means; ///< per channel, of the samples' mean values

  /// One more sample. E-CALIB when it has another number of channels than those before, or a matrix or a mean beyond f32.
  Status add(const Observation &observation);
  /// The samples of both. E-CALIB when they have different numbers of channels.
  Status merge(const TensorStatistics &other);

  /// Each channel's mean over the samples' means. E-CALIB when none were collected.
  Expected<std::vector<double>> channelMeans() const;

  /// The range that a method chooses.
  ///
  ///   minmax      [least, greatest]
  ///   avg-minmax  [mean of the samples' minima, mean of their maxima]
  ///   percentile  what is left when (100 - percentile) / 2 % of the values are cut off at each end
  ///   entropy     [-t, t] within [least, greatest], t the bin edge where 128 levels lose the least information (KL divergence)
  ///   mse         the same, t where rounding to `storage` and clipping have the least squared error
  ///
  /// Then 0 is taken in. `symmetric`: the greater of both ends at either side. `storage` is an integer type of at most 16
  /// bits. E-CALIB when no finite sample was seen, an element was not finite, or the histogram that the method needs was not
  /// collected.
  Expected<Range> range(Method method, double percentile, DType storage, bool symmetric = false) const;

  bool operator==(const TensorStatistics &) const = default;
};

} // namespace limbeck::calibration
