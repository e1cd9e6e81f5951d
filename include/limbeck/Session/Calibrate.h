// Collects statistics of a float model's tensors by running it on samples.
#pragma once
#include "limbeck/Calibration/Document.h"
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

struct CalibrateOptions {
  SourceModel model;
  std::string dataSet; ///< as DataSet::open takes it
  std::string recipe;  ///< rules behind the default ones, as YAML: they say which tensors are observed
  calibration::Collect collect;
  bool magnitudes = false; ///< of inputs that are smoothed, and nothing else, are observed
  std::string statistics;  ///< a file with the magnitudes of a run before, by which the model is smoothed
  std::function<bool(int64_t)> skip; ///< samples of these indices are left out
  bool checkSkipped = false;         ///< NaN and infinity in those are errors as well
  int64_t samples = -1;              ///< the first ones of the set only; -1: all
  int threads = 0;                   ///< 0: as the runtime chooses
  bool worker = true;                ///< compile in a process of its own
  std::string resumed;               ///< the file that `before` is from, for errors
};

struct CalibrateReport {
  calibration::Statistics statistics;
  size_t shapes = 0;     ///< signatures that the model was compiled for
  int interrupted = 0;   ///< exit code that Ctrl-C asks for; the samples before it are in the statistics
  bool resumable = true; ///< `calibrate` would go on from these statistics
  std::vector<std::string> notes; ///< what is odd about the data, but no mistake
};

/// One sample at a time goes through compiled code, which hands the statistics out; no sample is kept. The model is compiled for each
/// signature that samples have, at most kMostEntries. With `before`, goes on behind the samples that it counts.
///
/// E-CALIB for data that no range can come from (NaN, infinity, no sample), for a model without inputs, and for `before` of another
/// model, collection or set: one that counts more samples than the set has. E-UNSUPPORTED for a model that is quantized already,
/// E-INPUT-DATA for names, shapes and types that do not fit; both name file and input. Errors of import and compilation.
Expected<CalibrateReport> calibrate(const CalibrateOptions &options,
                                    const std::optional<calibration::Statistics> &before = std::nullopt,
                                    const Progress &progress = {});

/// The same with a run over the samples for the magnitudes of what the recipe smooths in front of it: the statistics are then those
/// of the smoothed model. E-UNSUPPORTED with `before` and such a recipe. Of a first run that is interrupted there are no statistics.
Expected<CalibrateReport>
calibrateSmoothed(const CalibrateOptions &options,
                  const std::optional<calibration::Statistics> &before = std::nullopt,
                  const Progress &progress = {});

} // namespace limbeck::session
