// Cost model of register tiles.
//
// One step of depth costs the greater of its arithmetic (height * vectors products, two instructions a cycle) and its loads (one broadcast per row, one
// load per vector, two a cycle). What a tile computes beyond the edge of the problem is lost, and every tile pays once for
// filling the pipeline and for its epilogue.
#include "Schedule.h"
#include <algorithm>

namespace limbeck::cpu {

Tile chooseTile(const ContractionExtent &extent, const Isa &isa, int64_t lanes, const StepCost &step) {
  constexpr int64_t kMostVectors = 4, kMostRows = 14;
  constexpr double kTileOverhead = 20; // cycles
  Tile best{1, 1, lanes};
  double least = 0;
  for (int64_t vectors = 1; vectors <= kMostVectors; ++vectors) {
    int64_t most =
        std::min(kMostRows, (isa.registers - step.inputRegisters - step.weightRegisters * vectors) / vectors);
    for (int64_t height = 1; height <= std::min(most, extent.width); ++height) {
      int64_t tiles = ceilDivide(extent.width, height) * ceilDivide(extent.columns, vectors * lanes);
      auto rows = static_cast<double>(height), columns = static_cast<double>(vectors);
      double arithmetic =
                 (rows * step.perRow + columns * step.perVector + rows * columns * step.perProduct) / 2,
             loads = (rows + columns) / 2;
      double latency = 4; // an accumulator is ready for its next product after this many cycles
      double cycles = std::max({arithmetic, loads, latency});
      double cost = static_cast<double>(tiles) * (cycles * static_cast<double>(extent.depth) + kTileOverhead);
      if (least == 0 || cost < least) {
        least = cost;
        best = {height, vectors, lanes};
      }
    }
  }
  return best;
}

} // namespace limbeck::cpu
