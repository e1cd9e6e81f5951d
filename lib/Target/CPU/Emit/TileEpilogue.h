// What becomes of the accumulators of a tile.
#pragma once
#include "ByteEpilogue.h"
#include "TiledProblem.h"

namespace limbeck::cpu {

/// Stores a tile through the ops behind the contraction, and nothing past the last column.
class TileEpilogue {
public:
  /// `biased`: the accumulators hold the bias.
  TileEpilogue(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
               const TiledProblem &problem, Tile tile, const Isa &isa, bool biased);

  /// The accumulators, `tile.vectors` for each of `height` pixels of `row` from `column` on, in panel `panel`.
  void emit(mlir::Value panel, mlir::Value row, mlir::Value column, int64_t height,
            llvm::ArrayRef<mlir::Value> accumulators);

private:
  /// `base`: first column of the panel among those of all panels; `panel` counts in its tap.
  void finishTile(mlir::Value base, mlir::Value panel, mlir::Value row, mlir::Value pixel, int64_t height,
                  llvm::ArrayRef<mlir::Value> accumulators, int64_t columns);
  /// How many rows one vector of bytes holds.
  int64_t rowsPacked() const { return bytes ? std::max<int64_t>(1, 4 / tile.vectors) : 1; }
  llvm::SmallVector<mlir::Value> packedRows(mlir::Value base, int64_t height,
                                            llvm::ArrayRef<mlir::Value> accumulators);
  llvm::SmallVector<mlir::Value> biasedRows(llvm::ArrayRef<mlir::Value> accumulators);
  void finishRuns(mlir::Value row, mlir::Value pixel, int64_t height, llvm::ArrayRef<mlir::Value> packed);
  void finishWhole(mlir::Value panel, mlir::Value row, mlir::Value pixel, int64_t height,
                   llvm::ArrayRef<mlir::Value> packed, int64_t columns);
  void finishWholeVector(mlir::Value panel, mlir::Value row, mlir::Value pixel, int64_t height,
                         mlir::Value packed, int64_t columns);
  void finishStaged(mlir::Value base, mlir::Value row, mlir::Value pixel, int64_t height,
                    llvm::ArrayRef<mlir::Value> rows, int64_t columns);
  /// The most elements that the epilogue takes at once.
  int64_t widest() const { return bytes ? 4 * tile.lanes : tile.lanes; }
  void finishPiece(mlir::Value row, mlir::Value pixel, mlir::Value channel, mlir::Value part, int64_t lanes);
  mlir::Value slice(mlir::Value vector, int64_t first, int64_t lanes);

  lower::KernelBuilder &kernel;
  mlir::OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  const TiledProblem &problem;
  Tile tile;
  bool biased;
  std::optional<ByteEpilogue> bytes; ///< none where results are no bytes, or the ISA has no packs
  mlir::Value runBias;               ///< of floats in runs, one for each column; null where there is none
  bool whole = false; ///< the ops behind take vectors of several rows, before these are cut into pieces
  int64_t panels;     ///< of a tap
  mlir::Value tap;    ///< of the current tile; null where there is one
};

} // namespace limbeck::cpu
