// The tile chooser: how many results a kernel keeps in registers at once.
#pragma once
#include "limbeck/Target/CPU/Isa.h"
#include <limits>
#include <vector>

namespace limbeck::cpu {

/// What the chooser needs to know of a contraction: width x columns results of `depth` products each, `rows` times.
struct ContractionExtent {
  int64_t rows, width, columns, depth;
  int64_t weightBytes; ///< of one packed weight
  int64_t pixelBytes;  ///< from a pixel to its neighbour in the input
};

/// A register tile of `height` results along the width by `vectors` vectors of `lanes` along the columns.
struct Tile {
  int64_t height, vectors, lanes;
  int64_t lastLanes = lanes; ///< of the last vector
  int64_t panel() const { return (vectors - 1) * lanes + lastLanes; }
  int64_t lanesOf(int64_t vector) const { return vector + 1 < vectors ? lanes : lastLanes; }
  bool operator==(const Tile &) const = default;
};

/// What one step of depth takes beside its accumulators and its loads.
struct StepCost {
  int64_t inputRegisters = 2,
          weightRegisters = 1; ///< for inputs; for each vector of weights, 0 where each row loads them
  int64_t rowRegisters = 0;    ///< for each row, beside its accumulators
  int64_t rowsTogether = 1;    ///< rows that one instruction computes
  /// Bytes a cycle of weights that come from the second cache; no bound where nothing else is said.
  double fromSecondCache = std::numeric_limits<double>::infinity();
  /// Whether rows behind the last whole tile take as long as one: where most of what is loaded are weights.
  bool lastRowsAsWhole = true;
  /// Vector instructions for each row, each vector of weights, and each product of the two.
  double perRow = 0, perVector = 0, perProduct = 1;
};

/// In what order the tiles of a contraction are computed, and so what a worker's share is a part of.
enum class LoopOrder {
  PixelsOutermost,   ///< a worker reads its share of the pixels once, and all weights for every tile
  PanelsOfOwnPixels, ///< a worker reads all weights once, and its share of the pixels once for each panel
  PanelsOutermost,   ///< a worker reads its share of the weights once, and every pixel once for each panel
};

/// Whether so many bytes are in no cache any more when the next kernel reads them.
bool comesFromMemory(int64_t bytes);

/// Pixels outermost where all weights stay in a core's cache. Else panels, of a worker's own pixels where pixels and results are no
/// fewer bytes than weights and pixels are in a cache: what a worker writes is what it reads in the next contraction, and does not travel between cores.
LoopOrder chooseOrder(const ContractionExtent &extent);

/// Every tile that the registers and the width allow, the one of least estimated cost first; of equal ones the smaller first.
std::vector<Tile> candidateTiles(const ContractionExtent &extent, const Isa &isa, int64_t lanes,
                                 const StepCost &step = {});
/// The same tile with half a vector at its end, where that holds the last of the columns: CPUs that compute 64 bytes in two halves save one,
/// the others lose nothing. Of 16 lanes only.
Tile withoutIdleHalf(Tile tile, int64_t columns);
/// The tile of least estimated cost. `lanes` may be less than the ISA's where the columns demand it.
Tile chooseTile(const ContractionExtent &extent, const Isa &isa, int64_t lanes, const StepCost &step = {});

} // namespace limbeck::cpu
