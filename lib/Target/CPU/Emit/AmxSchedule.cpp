// Cost model of AMX tiles, in cycles measured on Sapphire Rapids.
//
// A step multiplies rowTiles tiles of inputs by up to columnTiles tiles of weights. It costs the greater of its products and its
// loads. Inputs are loaded again for every panel, weights for every block. Accumulators go through memory to the epilogue.
#include "AmxSchedule.h"

namespace limbeck::cpu {

static constexpr double kProductCycles = 18;
static constexpr double kInputCycles = 8;          ///< a tile of the first cache
static constexpr double kCrossingInputCycles = 38; ///< the same, of rows that cross lines
static constexpr double kWeightCycles = 26;        ///< a tile of the second cache
static constexpr double kStoreCycles = 16;         ///< a tile
static constexpr double kReloadCycles = 1;         ///< 16 sums
static constexpr double kRowCycles = 4;            ///< packing and storing the results of a position
/// vpdpbusd: two a cycle, at best at nine tenths of that; vdpbf16ps is no faster.
static constexpr double kVectorProductsPerCycle = 1.8;

static int64_t stepsOf(const TiledProblem &problem, int64_t elementBytes) {
  return problem.outer * ceilDivide(problem.depth * elementBytes, kTileBytes);
}

/// Whether no row of an input tile crosses a line: so it is where the channels fill whole ones, as buffers begin at one.
static bool readsWholeLines(const TiledProblem &problem, int64_t elementBytes) {
  return problem.pixelStep * elementBytes % kTileBytes == 0 && problem.depth * elementBytes % kTileBytes == 0;
}

static double unitCost(const TiledProblem &problem, const AmxSchedule &schedule) {
  double inputCycles = readsWholeLines(problem, schedule.elementBytes) ? kInputCycles : kCrossingInputCycles;
  auto rowTiles = static_cast<double>(schedule.rowTiles);
  double cost = 0;
  for (int64_t first = 0; first < schedule.vectors; first += schedule.columnTiles()) {
    auto columnTiles = static_cast<double>(std::min(schedule.columnTiles(), schedule.vectors - first));
    double loads = rowTiles * inputCycles + columnTiles * kWeightCycles;
    cost += static_cast<double>(stepsOf(problem, schedule.elementBytes)) *
            std::max(rowTiles * columnTiles * kProductCycles, loads);
    cost += rowTiles * columnTiles * kStoreCycles;
  }
  return cost + static_cast<double>(schedule.height()) *
                    (kRowCycles + static_cast<double>(schedule.vectors) * kReloadCycles);
}

/// What vector instructions would take, which pack and store results as well.
static double vectorCost(const TiledProblem &problem, int64_t elementBytes) {
  constexpr int64_t kPackedColumns = 64;
  auto pixels = static_cast<double>(problem.rows * problem.width);
  auto products = static_cast<double>(ceilDivide(problem.columns, kTileColumns) * problem.outer *
                                      ceilDivide(problem.depth * elementBytes, 4));
  return pixels * (products / kVectorProductsPerCycle +
                   static_cast<double>(ceilDivide(problem.columns, kPackedColumns)) * kRowCycles);
}

static AmxSchedule blocksOf(const TiledProblem &problem, int64_t elementBytes, int64_t joinedRows,
                            int64_t vectors) {
  AmxSchedule schedule;
  schedule.elementBytes = elementBytes;
  schedule.joinedRows = joinedRows;
  schedule.positions = (joinedRows - 1) * problem.rowPitch + problem.width;
  schedule.rowTiles = schedule.positions > kTileRows ? 2 : 1;
  schedule.tileRows = std::min(kTileRows, ceilDivide(schedule.positions, schedule.rowTiles));
  schedule.vectors = vectors;
  constexpr int64_t kFewSteps = 4; // turns of one tile load inputs twice as often
  schedule.shallow = schedule.rowTiles == 2 && vectors % 2 == 0 &&
                     stepsOf(problem, elementBytes) <= kFewSteps && readsWholeLines(problem, elementBytes);
  schedule.order = chooseOrder({problem.rows, problem.width, problem.columns, problem.outer * problem.depth,
                                elementBytes, problem.pixelStep * elementBytes});
  return schedule;
}

std::optional<AmxSchedule> chooseAmxSchedule(const TiledProblem &problem, int64_t elementBytes) {
  if (problem.rows * problem.width == 0)
    return std::nullopt;
  std::vector<int64_t> joined{1};
  if (problem.rowPitch > 0 && problem.joinedRows > 1)
    joined.push_back(problem.joinedRows);
  double least = vectorCost(problem, elementBytes);
  std::optional<AmxSchedule> best;
  for (int64_t rows : joined)
    for (int64_t vectors = 1; vectors <= 4; ++vectors) {
      AmxSchedule schedule = blocksOf(problem, elementBytes, rows, vectors);
      int64_t units = problem.rows / rows * schedule.blocks() * ceilDivide(problem.columns, schedule.panel());
      double cost = static_cast<double>(units) * unitCost(problem, schedule);
      if (cost < least) {
        least = cost;
        best = schedule;
      }
    }
  return best;
}

} // namespace limbeck::cpu
