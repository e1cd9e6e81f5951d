// Finds the fastest register tile of every contraction of a model by measuring.
#pragma once
#include "limbeck/Session/Progress.h"
#include "limbeck/Session/SourceModel.h"
#include "limbeck/Session/Tuning.h"

namespace limbeck::session {

struct TuneOptions {
  SourceModel model;
  std::string output;   ///< the tuning file: continued if it is there
  int threads = 0;      ///< 0: as the runtime chooses
  int candidates = 16;  ///< tiles to try for each problem, beside the cost model's own
  double seconds = 0.1; ///< of measuring at a time; a candidate is measured a few times
  bool worker = true;   ///< compile in a process of its own
};

struct TuneReport {
  Tuning tuning;
  std::vector<std::string> problems; ///< of this model
  /// What all kernels of a run take together, with the cost model's tiles and with the best ones.
  double ownMs = 0, tunedMs = 0;
};

/// The file is written anew after every round, in which each problem gets its next candidate: whatever ends the program, what was
/// found is kept. E-FLAG when the file is of another processor or number of threads.
Expected<TuneReport> tune(const TuneOptions &options, const Progress &progress = {});

std::string tuneJson(const TuneReport &report);
std::string tuneText(const TuneReport &report);

} // namespace limbeck::session
