// Cost model of AMX tiles, in cycles measured on Sapphire and Emerald Rapids.
//
// A step multiplies rowTiles tiles of inputs by up to columnTiles tiles of weights. It costs the greater of its products and its
// loads. Inputs are loaded again for every panel, weights for every block. Accumulators go through memory to the epilogue. A tile
// whose rows cross lines takes as long to load as two products: copying it first, once for all panels, can cost less.
#include "AmxSchedule.h"
#include <algorithm>
#include <bit>
#include <numeric>

namespace limbeck::cpu {

static constexpr double kProductCycles = 18;
static constexpr double kInputCycles = 8;          ///< a tile of the first cache
static constexpr double kCrossingInputCycles = 38; ///< the same, of rows that cross lines
static constexpr double kWeightCycles = 26;        ///< a tile of the second cache
static constexpr double kStoreCycles = 16;         ///< a tile
static constexpr double kReloadCycles = 1;         ///< 16 sums
static constexpr double kStretchCycles = 6;        ///< packing and storing up to 64 results of a position
static constexpr double kUnitCycles = 20;          ///< finding the place of a unit
static constexpr double kCopyCycles = 5;           ///< copying up to a line of a position
static constexpr double kPositionCycles = 4;       ///< finding the place of a position to copy
static constexpr int64_t kGatheredBytes = int64_t(24)
                                          << 10; ///< of a block; two of them stay in the first cache, mostly
/// vpdpbusd: two a cycle, at best at nine tenths of that; vdpbf16ps half as many.
static double vectorProductsPerCycle(int64_t elementBytes) {
  return elementBytes == 1 ? 1.8 : 0.9;
}

/// Pieces laid one behind the other; `whole`: none of up to a step is cut.
static std::vector<AmxPiece> laidOut(int64_t outer, int64_t depth, int64_t stepDepth, bool whole) {
  std::vector<AmxPiece> pieces;
  int64_t at = 0;
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t first = 0; first < depth;) {
      int64_t rest = depth - first, space = stepDepth - at % stepDepth;
      if (whole && space < std::min(rest, stepDepth))
        at += space, space = stepDepth;
      int64_t count = std::min(rest, space);
      pieces.push_back({row, first, count, at / stepDepth, at % stepDepth});
      first += count, at += count;
    }
  return pieces;
}

std::vector<AmxPiece> piecesOf(int64_t outer, int64_t depth, int64_t stepDepth, bool gathered) {
  std::vector<AmxPiece> pieces;
  if (gathered) {
    std::vector<AmxPiece> dense = laidOut(outer, depth, stepDepth, false);
    pieces = laidOut(outer, depth, stepDepth, true);
    return dense.back().step < pieces.back().step ? dense : pieces;
  }
  int64_t chunks = ceilDivide(depth, stepDepth);
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      pieces.push_back(
          {row, chunk * stepDepth, std::min(stepDepth, depth - chunk * stepDepth), row * chunks + chunk, 0});
  return pieces;
}

/// Of the rows of an input tile that is read in place, how many cross lines: buffers begin at one, pixels follow in even steps.
static double crossingShare(const TiledProblem &problem, const AmxSchedule &schedule) {
  if (schedule.gathered)
    return 0;
  int64_t step = std::gcd(problem.pixelStep * schedule.elementBytes, kTileBytes);
  return 1 - static_cast<double>(step) / kTileBytes;
}

/// Stretches of powers of two up to 64 that the results of a row are stored in.
static int64_t storesOf(int64_t columns) {
  return columns / 64 + std::popcount(static_cast<uint64_t>(columns % 64));
}

/// All panels of a block, of all taps.
static double blockCost(const TiledProblem &problem, const AmxSchedule &schedule) {
  double inputCycles =
      kInputCycles + crossingShare(problem, schedule) * (kCrossingInputCycles - kInputCycles);
  auto rowTiles = static_cast<double>(schedule.rowTiles), height = static_cast<double>(schedule.height());
  double cost = kUnitCycles;
  for (int64_t first = 0; first < schedule.vectors; first += schedule.columnTiles()) {
    auto columnTiles = static_cast<double>(std::min(schedule.columnTiles(), schedule.vectors - first));
    double loads = rowTiles * inputCycles + columnTiles * kWeightCycles;
    cost += static_cast<double>(schedule.steps()) * std::max(rowTiles * columnTiles * kProductCycles, loads);
    cost += rowTiles * columnTiles * kStoreCycles;
  }
  cost += height * static_cast<double>(schedule.vectors) * kReloadCycles;
  int64_t whole = problem.columns / schedule.panel(), rest = problem.columns % schedule.panel();
  cost *= static_cast<double>(whole + (rest != 0));
  cost += height * kStretchCycles * static_cast<double>(whole * storesOf(schedule.panel()) + storesOf(rest));
  return static_cast<double>(problem.taps) * cost;
}

/// Copying the inputs of a block.
static double gatherCost(const AmxSchedule &schedule) {
  return static_cast<double>(schedule.height()) *
         (kPositionCycles + static_cast<double>(schedule.pieces.size()) * kCopyCycles);
}

/// What vector instructions would take, which pack and store results as well.
static double vectorCost(const TiledProblem &problem, int64_t elementBytes) {
  constexpr int64_t kPackedColumns = 64;
  constexpr double kPackCycles = 4;
  auto pixels = static_cast<double>(problem.taps * problem.rows * problem.width);
  auto products = static_cast<double>(ceilDivide(problem.columns, kTileColumns) * problem.outer *
                                      ceilDivide(problem.depth * elementBytes, 4));
  return pixels * (products / vectorProductsPerCycle(elementBytes) +
                   static_cast<double>(ceilDivide(problem.columns, kPackedColumns)) * kPackCycles);
}

static AmxSchedule blocksOf(const TiledProblem &problem, int64_t elementBytes, int64_t joinedRows,
                            int64_t vectors, bool gathered) {
  AmxSchedule schedule;
  schedule.elementBytes = elementBytes;
  schedule.gathered = gathered;
  schedule.joinedRows = joinedRows;
  schedule.pitch = gathered ? problem.width : problem.rowPitch;
  schedule.positions = (joinedRows - 1) * schedule.pitch + problem.width;
  schedule.rowTiles = schedule.positions > kTileRows ? 2 : 1;
  schedule.tileRows = std::min(kTileRows, ceilDivide(schedule.positions, schedule.rowTiles));
  schedule.vectors = vectors;
  schedule.pieces = piecesOf(problem.outer, problem.depth, schedule.stepDepth(), gathered);
  constexpr int64_t kFewSteps = 4; // turns of one tile load inputs twice as often
  schedule.shallow = schedule.rowTiles == 2 && vectors % 2 == 0 && schedule.steps() <= kFewSteps &&
                     crossingShare(problem, schedule) == 0;
  if (!gathered) // a block is gathered once for all of its panels
    schedule.order =
        chooseOrder({problem.rows, problem.width, problem.taps * problem.columns,
                     problem.outer * problem.depth, elementBytes, problem.pixelStep * elementBytes});
  return schedule;
}

std::vector<AmxSchedule> candidateAmxSchedules(const TiledProblem &problem, int64_t elementBytes,
                                               bool inPlace) {
  std::vector<std::pair<double, AmxSchedule>> found;
  auto consider = [&](int64_t rows, int64_t vectors, bool gathered) {
    AmxSchedule schedule = blocksOf(problem, elementBytes, rows, vectors, gathered);
    if (gathered && schedule.steps() * schedule.height() * kTileBytes > kGatheredBytes)
      return;
    double cost = blockCost(problem, schedule) + (gathered ? gatherCost(schedule) : 0);
    found.emplace_back(cost * static_cast<double>(problem.rows / rows * schedule.blocks()),
                       std::move(schedule));
  };
  for (int64_t vectors = 1; problem.rows * problem.width > 0 && vectors <= 4; ++vectors) {
    if (inPlace)
      consider(1, vectors, false);
    if (inPlace && problem.rowPitch > 0 && problem.joinedRows > 1)
      consider(problem.joinedRows, vectors, false);
    consider(problem.rows, vectors, true);
  }
  std::ranges::stable_sort(found, {}, [](const auto &each) { return each.first; });
  std::vector<AmxSchedule> schedules;
  if (!found.empty() && found.front().first < vectorCost(problem, elementBytes))
    for (auto &[cost, schedule] : found)
      schedules.push_back(std::move(schedule));
  return schedules;
}

std::string textOf(const AmxSchedule &schedule) {
  return message(schedule.height(), "x", schedule.vectors,
                 schedule.gathered         ? " gathered"
                 : schedule.joinedRows > 1 ? " joined"
                                           : "");
}

std::optional<AmxSchedule> chooseAmxSchedule(const TiledProblem &problem, int64_t elementBytes,
                                             bool inPlace) {
  std::vector<AmxSchedule> candidates = candidateAmxSchedules(problem, elementBytes, inPlace);
  return candidates.empty() ? std::nullopt : std::optional(std::move(candidates.front()));
}

} // namespace limbeck::cpu
