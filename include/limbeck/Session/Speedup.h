// How many times as fast one model is as another, and between which bounds that is known.
#pragma once
#include "limbeck/Session/Bench.h"

namespace limbeck::session {

/// Time of a baseline / time of a model.
struct Speedup {
  double ratio = 0; ///< of medians over all runs
  /// The same of single turns: where its median lies with 95 % confidence. Fewer than six turns give no such bounds: then all of them.
  double least = 0, greatest = 0;

  /// Whether the model is slower by more than chance, and than the place in memory that a copy of it happens to get.
  bool isSlower() const;
};

/// Both have been measured side by side.
Speedup speedupOf(const Measurement &model, const Measurement &baseline);

} // namespace limbeck::session
