// From a float model to the int8 one, with what was chosen, what it costs in accuracy and what it gains in time.
#pragma once
#include "limbeck/Calibration/Statistics.h"
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Session/Accuracy.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Session/Compile.h"
#include "limbeck/Session/Speedup.h"
#include <set>

namespace limbeck::session {

struct QuantizeOptions {
  /// The output as `compile` makes it; `quantization.recipe` is set and, unless there is a data set, `quantization.statistics`.
  CompileOptions compile;
  /// Samples to calibrate with and, held back from that, to measure accuracy with; where statistics are given, to measure with only.
  std::string dataSet;
  int threads = 0;           ///< 0: as the runtime chooses
  bool needAccuracy = false; ///< too few samples to measure it are an error
  bool measure = true;       ///< accuracy with the samples held back, and time
  bool measureSpeed = true;  ///< float beside what was made, on this machine
  double seconds = 1;        ///< of measured time for each
  bool worker = true;        ///< compile in a process of its own
};

/// A contraction that stays float.
struct KeptFloat {
  std::string node, reason;
};

/// What the rules made of the model.
struct QuantizationChoice {
  int64_t contractions = 0, quantized = 0;                       ///< convolutions and matrix products
  int64_t multiplyAdds = 0, quantizedMultiplyAdds = 0;           ///< 0 where a size is open
  int64_t tensors = 0;                                           ///< stored in few bits
  std::map<std::pair<std::string, std::string>, int64_t> ranges; ///< of those, by storage and method
  std::vector<KeptFloat> kept;
  std::set<std::string>
      forms; ///< what contractions became: "int8", "int4 weights", "int8 with activations of u16"

  /// All of them in words; "integers" where there are none.
  std::string formText() const;
};

/// A tensor whose range leaves out values that it should not.
struct ClippedTensor {
  std::string tensor, method;
  calibration::Range chosen, seen; ///< 0 is in both
  std::optional<double> share; ///< of the values seen that are beyond the range; nothing without a histogram
  std::optional<double> gain;  ///< dB less error of the stored values with minmax
};

struct QuantizeReport {
  std::vector<std::byte> output;
  QuantizationChoice choice;
  int64_t calibrationSamples = 0, heldBack = 0;
  bool unseen = true;                     ///< by calibration: the samples of `accuracy`
  std::vector<OutputComparison> accuracy; ///< one per output; empty where nothing was held back
  std::optional<BenchReport> speed;       ///< of what was made, with float as its baseline
  bool measurable = true;                 ///< this machine runs what was made
  int interrupted = 0;
  std::vector<ClippedTensor> clipped; ///< ranges that minmax would better, worst first
  std::vector<std::string> notes;

  /// The least over outputs; nothing when none was measured.
  std::optional<double> leastSignalToNoise() const;
  /// Of what was made over float.
  std::optional<Speedup> speedup() const;
};

/// How many samples are kept from calibration to measure accuracy: max(8, a tenth), at most 64; none of fewer than 16.
int64_t heldBackSamples(int64_t samples);

Expected<QuantizeReport> quantize(const QuantizeOptions &options, const Progress &progress = {});

std::string quantizeText(const QuantizeReport &report);
/// As docs/schemas/quantize.json describes it.
std::string quantizeJson(const QuantizeReport &report, const std::string &output);

/// Rules as a document: docs/schemas/recipe.json.
std::string recipeJson(const quantize::Recipe &recipe);

} // namespace limbeck::session
