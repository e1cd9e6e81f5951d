// How a contraction of bytes or of bf16 is cut into AMX tiles, and where that pays.
#pragma once
#include "TiledProblem.h"
#include <vector>

namespace limbeck::cpu {

inline constexpr int64_t kTileRows = 16,
                         kTileBytes = 64;   ///< of a tile: 16 rows of 64 bytes, or of 16 x 32 bits
inline constexpr int64_t kTileColumns = 16; ///< results in a row of an accumulator

/// Products `first` to `first + count` of window row `outer`, which are products `offset` and on of step `step`.
struct AmxPiece {
  int64_t outer, first, count, step, offset;
};

/// A unit of work is a block of positions by a panel of columns. Positions are pixels; where rows are joined, those between the last
/// pixel of a row and the first of the next count, too: they are computed and thrown away.
struct AmxSchedule {
  int64_t elementBytes = 1; ///< of inputs and weights: 1, or 2 of bf16
  int64_t joinedRows = 1;   ///< rows that make up one run of positions
  int64_t pitch = 0;        ///< positions from one row of a run to the next
  int64_t positions = 0;    ///< of a run
  int64_t tileRows = 0;     ///< positions of a tile
  int64_t rowTiles = 1;     ///< tiles of a block: 1 or 2
  int64_t vectors = 1;      ///< tiles of a panel: 1 to 4
  bool shallow = false;     ///< few steps: the epilogue takes longer than the products
  /// Inputs of a block are copied, line by line of its tiles; else tiles read them where they lie.
  bool gathered = false;
  std::vector<AmxPiece> pieces; ///< what meets in each step, in order
  LoopOrder order = LoopOrder::PixelsOutermost;

  /// The last block of a run reaches back into the one before it.
  int64_t height() const { return std::min(positions, rowTiles * tileRows); }
  int64_t blocks() const { return ceilDivide(positions, height()); }
  int64_t panel() const { return vectors * kTileColumns; }
  int64_t steps() const { return pieces.empty() ? 0 : pieces.back().step + 1; }
  /// Products of a result in a step: those of a row of a tile.
  int64_t stepDepth() const { return kTileBytes / elementBytes; }
  /// Tiles of a panel that accumulate at the same time: eight tiles are four accumulators, inputs and weights. Shallow ones take
  /// turns with two of the accumulators, so that those of the last turn are stored meanwhile.
  int64_t columnTiles() const { return rowTiles == 1 ? 4 : shallow ? 1 : 2; }
};

/// How steps cover `outer` window rows of `depth` products. Tiles that read in place begin each row with a step; gathered ones put as
/// much into a step as makes steps, then pieces, few.
std::vector<AmxPiece> piecesOf(int64_t outer, int64_t depth, int64_t stepDepth, bool gathered);

/// Every schedule, the one of least estimated cost first; none where vector instructions cost less than any. `inPlace`: whether tiles may
/// read inputs where they lie, up to 63 bytes behind the last.
std::vector<AmxSchedule> candidateAmxSchedules(const TiledProblem &problem, int64_t elementBytes,
                                               bool inPlace);
/// How tuning files call it among the candidates of a problem: `32x4 gathered` are blocks of 32 positions by 4 tiles of columns.
std::string textOf(const AmxSchedule &schedule);
/// The first of them.
std::optional<AmxSchedule> chooseAmxSchedule(const TiledProblem &problem, int64_t elementBytes = 1,
                                             bool inPlace = true);

} // namespace limbeck::cpu
