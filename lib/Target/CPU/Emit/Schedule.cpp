// Cost model of register tiles.
//
// One step of depth costs the greater of its arithmetic (height * vectors, two a cycle) and its loads (one broadcast per row, one
// load per vector, two a cycle). What a tile computes beyond the edge of the problem is lost, and every tile pays once for
// filling the pipeline and for its epilogue.
#include "Schedule.h"
#include <algorithm>

namespace limbeck::cpu {

Tile chooseTile(const ContractionExtent &extent, const Isa &isa, int64_t lanes) {
  constexpr int64_t kMostVectors = 4, kMostRows = 14;
  constexpr double kTileOverhead = 20; // cycles
  Tile best{1, 1, lanes};
  double least = 0;
  for (int64_t vectors = 1; vectors <= kMostVectors; ++vectors) {
    // Two registers for broadcasts, one per vector of weights, the rest accumulates.
    int64_t most = std::min(kMostRows, (isa.registers - 2 - vectors) / vectors);
    for (int64_t height = 1; height <= std::min(most, extent.width); ++height) {
      int64_t tiles = ceilDivide(extent.width, height) * ceilDivide(extent.columns, vectors * lanes);
      double arithmetic = static_cast<double>(height * vectors) / 2,
             loads = static_cast<double>(height + vectors) / 2;
      double latency = 4; // an accumulator is ready for its next product after this many cycles
      double step = std::max({arithmetic, loads, latency});
      double cost = static_cast<double>(tiles) * (step * static_cast<double>(extent.depth) + kTileOverhead);
      if (least == 0 || cost < least) {
        least = cost;
        best = {height, vectors, lanes};
      }
    }
  }
  return best;
}

} // namespace limbeck::cpu
