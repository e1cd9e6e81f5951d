// Runs the quantized model beside the statistics of the float one, to find what goes off each bias.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include <functional>

namespace limbeck::session {

struct BiasErrorOptions {
  SourceModel model;
  std::string recipe;                ///< as YAML
  std::string dataSet;               ///< as DataSet::open takes it
  std::function<bool(int64_t)> skip; ///< samples of these indices are left out
  int threads = 0;
  bool worker = true;
};

struct BiasErrorReport {
  int64_t samples = 0; ///< that both models ran on
  int interrupted = 0; ///< the exit code that a signal asked for: errors are not complete then
};

/// Fills `biasErrors` of statistics that ranges can be chosen from: for each contraction that the recipe corrects by runs, in the
/// order of the graph, the mean of each channel of its result, those before it corrected, minus that of the float model. Both run on
/// the same samples, at most kBiasSamples of the first one's shapes. Errors of compilation and of data.
Expected<BiasErrorReport> measureBiasErrors(const BiasErrorOptions &options,
                                            calibration::Statistics &statistics, const Progress &progress);

inline constexpr int64_t kBiasSamples = 32;

} // namespace limbeck::session
