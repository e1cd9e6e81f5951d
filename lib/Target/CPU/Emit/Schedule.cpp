// Cost model of register tiles.
//
// One step of depth costs the greater of its arithmetic (height * vectors products, two instructions a cycle) and its loads (one broadcast per row, one
// load per vector, two a cycle). What a tile computes beyond the edge of the problem is lost, and every tile pays once for
// filling the pipeline and for its epilogue. Two things make loads slow: pixels whose places fall into the same set of the first
// cache, and a panel of weights that does not stay in the first or in the second.
#include "Schedule.h"
#include <algorithm>
#include <numeric>

namespace limbeck::cpu {

/// Of the smallest second-level caches of servers today, 1 MiB, what pixels and results leave to weights.
static constexpr int64_t kWeightsInCache = int64_t(512) << 10;

bool comesFromMemory(int64_t bytes) {
  // What one core has of the third-level caches of servers today. Asking early for less, as between the layers of one picture, gained
  // nothing.
  constexpr int64_t kShareOfThirdCache = int64_t(4) << 20;
  return bytes > kShareOfThirdCache;
}

LoopOrder chooseOrder(const ContractionExtent &extent) {
  int64_t weights = extent.depth * extent.columns * extent.weightBytes,
          pixels = extent.rows * extent.width * extent.pixelBytes,
          results = extent.rows * extent.width * extent.columns * extent.weightBytes;
  if (weights <= kWeightsInCache)
    return LoopOrder::PixelsOutermost;
  // Workers that walk over the same pixels bring them from memory once for all.
  bool own = weights <= pixels + results && !comesFromMemory(pixels);
  return own ? LoopOrder::PanelsOfOwnPixels : LoopOrder::PanelsOutermost;
}

/// Cycles that the loads of one step take longer because the rows of a tile drive each other out of the first cache: 64 sets of 64
/// bytes in all CPUs at hand, at least 8 ways, of which weights and results take some.
static double conflictCycles(const ContractionExtent &extent, int64_t height) {
  constexpr int64_t kSetPeriod = 4096, kWaysForPixels = 7;
  constexpr double kMissCycles = 2.7;
  int64_t sets = kSetPeriod / std::gcd(kSetPeriod, std::max<int64_t>(extent.pixelBytes, 64));
  return ceilDivide(height, sets) > kWaysForPixels ? kMissCycles * static_cast<double>(height) : 0;
}

/// Cycles to bring the weights of one step, where every tile reads its panel from behind the first cache or the second.
static double streamCycles(const ContractionExtent &extent, const Tile &tile, const StepCost &step) {
  constexpr int64_t kPanelInFirstCache = int64_t(24) << 10; // of 32 KiB
  constexpr double kFromBehindSecond = 8;                   // bytes a cycle
  constexpr int64_t kLaneBytes = 4;                         // of a step's weights: one f32, or four bytes
  int64_t columns = tile.vectors * tile.lanes, panel = extent.depth * columns * extent.weightBytes;
  if (panel <= kPanelInFirstCache)
    return 0;
  return static_cast<double>(columns * kLaneBytes) /
         (panel <= kWeightsInCache * 3 / 2 ? step.fromSecondCache : kFromBehindSecond);
}

/// Estimated cycles of one tile.
static double costOfTile(const ContractionExtent &extent, const Tile &tile, const StepCost &step) {
  constexpr double kTileOverhead = 20; // cycles
  constexpr double kLatency = 4;       // an accumulator is ready for its next product after this many cycles
  auto rows = static_cast<double>(tile.height), columns = static_cast<double>(tile.vectors);
  double arithmetic = (rows * step.perRow + columns * step.perVector + rows * columns * step.perProduct) / 2,
         loads = (rows + columns) / 2;
  double cycles = std::max(
      {arithmetic, loads + conflictCycles(extent, tile.height), kLatency, streamCycles(extent, tile, step)});
  return cycles * static_cast<double>(extent.depth) + kTileOverhead;
}

/// Estimated cycles of the whole problem.
static double costOf(const ContractionExtent &extent, const Tile &tile, const StepCost &step) {
  int64_t panels = ceilDivide(extent.columns, tile.panel()), whole = extent.width / tile.height,
          rest = extent.width % tile.height;
  Tile last{step.lastRowsAsWhole ? tile.height : rest, tile.vectors, tile.lanes};
  return static_cast<double>(panels) * (static_cast<double>(whole) * costOfTile(extent, tile, step) +
                                        (rest ? costOfTile(extent, last, step) : 0));
}

std::vector<Tile> candidateTiles(const ContractionExtent &extent, const Isa &isa, int64_t lanes,
                                 const StepCost &step) {
  constexpr int64_t kMostVectors = 4, kMostRows = 14;
  // Where a panel stays while pixels pass, bias and multipliers of its columns are kept in registers by the compiler, which then
  // spills accumulators: a tile of bytes leaves it room.
  bool keepsPanel = extent.weightBytes == 1 && chooseOrder(extent) != LoopOrder::PixelsOutermost;
  std::vector<Tile> tiles;
  for (int64_t vectors = 1; vectors <= kMostVectors; ++vectors) {
    int64_t most = std::min(kMostRows, (isa.registers - step.inputRegisters - step.weightRegisters * vectors -
                                        (keepsPanel ? vectors : 0)) /
                                           (vectors + step.rowRegisters));
    for (int64_t height = step.rowsTogether; height <= std::min(most, extent.width);
         height += step.rowsTogether)
      tiles.push_back({height, vectors, lanes});
  }
  std::ranges::stable_sort(tiles, {}, [&](const Tile &tile) { return costOf(extent, tile, step); });
  return tiles;
}

Tile withoutIdleHalf(Tile tile, int64_t columns) {
  constexpr int64_t kLanesOfTwoHalves = 16;
  int64_t rest = columns - (tile.vectors - 1) * tile.lanes;
  if (tile.lanes == kLanesOfTwoHalves && rest > 0 && rest <= tile.lanes / 2)
    tile.lastLanes = tile.lanes / 2;
  return tile;
}

Tile chooseTile(const ContractionExtent &extent, const Isa &isa, int64_t lanes, const StepCost &step) {
  std::vector<Tile> tiles = candidateTiles(extent, isa, lanes, step);
  return tiles.empty() ? Tile{1, 1, lanes} : tiles.front();
}

} // namespace limbeck::cpu
