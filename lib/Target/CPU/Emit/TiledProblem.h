// Convolutions and matrix products as one shape of problem: rows of pixels by columns of channels, summed over a depth.
#pragma once
#include "Atoms.h"
#include <functional>

namespace limbeck::cpu {

/// The contraction as rows, width, columns and depth, with the places of its elements.
struct TiledProblem {
  int64_t rows = 1, width = 1, columns = 1;
  /// Problems that differ in weights and places of results alone: taps of a transposed convolution. Each is panels of its own.
  int64_t taps = 1;
  int64_t outer = 1, depth = 1; ///< kh, and kw * ic merged
  int64_t pixelStep = 0;        ///< elements of the input from a pixel to its neighbour
  WeightMatrix weights;
  mlir::Value buffer; ///< of the input
  /// Pixels from one row to the next, for `joinedRows` consecutive rows: pixel `rowPitch` of a row lies where pixel 0 of the
  /// next one does. 0 where a row does not begin at a whole pixel.
  int64_t rowPitch = 0, joinedRows = 1;
  /// Place of input element k of window row kh for pixel `column` of `row`.
  std::function<lower::Index(mlir::Value row, mlir::Value column, mlir::Value kh, mlir::Value k)> inputPlace;
  /// Place of a result; `tap` is null where there is one.
  std::function<lower::Index(mlir::Value row, mlir::Value column, mlir::Value channel, mlir::Value tap)>
      resultPlace;
  /// Where the columns are groups of `run` results whose places neighbour those of the next pixel: 0 where they are not. All columns are
  /// one vector then, and results bytes or f32.
  int64_t run = 0;
  size_t countedDim = 0; ///< of the results, in which `column` counts on through the dimensions before it

  /// Panels of so many columns, of all taps.
  int64_t panels(int64_t panel) const { return taps * ceilDivide(columns, panel); }
};

/// A convolution, a transposed one whose windows do not overlap, or a matrix product with constant weights. Failure where the general
/// body serves; nothing is emitted either way.
mlir::FailureOr<TiledProblem> tiledProblem(lower::KernelBuilder &kernel, mlir::Operation *op, const Isa &isa);

} // namespace limbeck::cpu
