// Requantize, pack, cut into pieces that the ops behind the contraction take, store.
#include "TileEpilogue.h"
#include "limbeck/Reference/Quantize.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

TileEpilogue::TileEpilogue(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                           const TiledProblem &problem, Tile tile, const Isa &isa, bool biased)
    : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), problem(problem), tile(tile),
      biased(biased), panels(ceilDivide(problem.columns, tile.panel())) {
  if (biased && ByteEpilogue::applies(arithmetic, tile, isa))
    bytes.emplace(kernel, arithmetic, problem.weights, tile, isa);
  Value result = kernel.core()->getResult(0);
  whole = ((bytes && tile.vectors <= 4) || problem.run) && kernel.results()[0] != result &&
          kernel.followsChannels(result);
  if (problem.run && !biased && arithmetic.bias()) {
    Tensor bias = std::move(*reference::convertFloat(*kernel.constantOf(arithmetic.bias()), DType::F32));
    Tensor ofColumns = std::move(*Tensor::zeros(DType::F32, {tile.panel()}));
    for (int64_t column = 0; column < problem.columns; ++column)
      ofColumns.mutableValues<float>()[static_cast<size_t>(column)] =
          bias.values<float>()[static_cast<size_t>(column % bias.size())];
    runBias = kernel.weights(ofColumns);
  }
}

void TileEpilogue::emit(Value panel, Value row, Value column, int64_t height, ArrayRef<Value> accumulators) {
  Value base = kernel.multiplyIndex(panel, tile.panel());
  if (problem.taps > 1) {
    Index at = kernel.delinearize(panel, {problem.taps, panels});
    tap = at[0], panel = at[1];
  }
  int64_t lastColumns = problem.columns - (panels - 1) * tile.panel();
  if (lastColumns == tile.panel())
    return finishTile(base, panel, row, column, height, accumulators, tile.panel());
  if (panels == 1)
    return finishTile(base, panel, row, column, height, accumulators, lastColumns);
  Value last = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, panel,
                                     kernel.constantIndex(panels - 1));
  auto choice = scf::IfOp::create(b, kernel.loc(), last, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  finishTile(base, panel, row, column, height, accumulators, lastColumns);
  b.setInsertionPointToStart(choice.elseBlock());
  finishTile(base, panel, row, column, height, accumulators, tile.panel());
}

/// Calls `body(first, lanes)` for stretches of powers of two that make up `columns`.
static void forEachPiece(int64_t columns, int64_t widest, llvm::function_ref<void(int64_t, int64_t)> body) {
  int64_t done = 0;
  for (int64_t lanes = widest; done < columns;) {
    if (lanes > columns - done) {
      lanes /= 2;
      continue;
    }
    body(done, lanes);
    done += lanes;
  }
}

/// Stores the first `columns` columns of the tile.
void TileEpilogue::finishTile(Value base, Value panel, Value row, Value pixel, int64_t height,
                              ArrayRef<Value> accumulators, int64_t columns) {
  Value firstColumn = kernel.multiplyIndex(panel, tile.panel());
  if (problem.run)
    return finishRuns(row, pixel, height,
                      bytes ? packedRows(base, height, accumulators) : biasedRows(accumulators));
  if (whole)
    return finishWhole(panel, row, pixel, height, packedRows(base, height, accumulators), columns);
  SmallVector<Value> rows = llvm::to_vector(accumulators);
  if (bytes) {
    rows.clear();
    SmallVector<Value> packed = packedRows(base, height, accumulators);
    for (int64_t m = 0; m < height; ++m)
      rows.push_back(slice(packed[static_cast<size_t>(m / rowsPacked())], m % rowsPacked() * tile.panel(),
                           rowsPacked() == 1 ? 4 * tile.lanes : tile.panel()));
  }
  if (height > 1 && kernel.hasLongEpilogue())
    return finishStaged(firstColumn, row, pixel, height, rows, columns);
  int64_t perRow = bytes ? 1 : tile.vectors;
  for (int64_t m = 0; m < height; ++m)
    for (int64_t v = 0; v < perRow; ++v) {
      Value whole = rows[static_cast<size_t>(m * perRow + v)];
      int64_t width = std::min(tile.panel(), cast<VectorType>(whole.getType()).getNumElements());
      int64_t first = v * tile.lanes;
      if (first >= columns)
        break;
      forEachPiece(std::min(width, columns - first), widest(), [&](int64_t done, int64_t lanes) {
        finishPiece(row, kernel.addIndex(pixel, m), kernel.addIndex(firstColumn, first + done),
                    slice(whole, done, lanes), lanes);
      });
    }
}

/// Bytes of the rows of the tile: four accumulators become one vector, of one row or of several.
SmallVector<Value> TileEpilogue::packedRows(Value base, int64_t height, ArrayRef<Value> accumulators) {
  int64_t together = rowsPacked();
  SmallVector<Value> packed;
  for (int64_t first = 0; first < height; first += together) {
    SmallVector<Value> quarters;
    for (int64_t m = first; m < std::min(height, first + together); ++m)
      for (int64_t v = 0; v < tile.vectors; ++v)
        quarters.push_back(
            bytes->requantize(accumulators[static_cast<size_t>(m * tile.vectors + v)], base, v));
    quarters.resize(4, quarters.back()); // what stands in for missing ones is not stored
    packed.push_back(bytes->pack(quarters));
  }
  return packed;
}

/// Floats with their bias, one row in the first lanes of each vector.
SmallVector<Value> TileEpilogue::biasedRows(ArrayRef<Value> accumulators) {
  auto type = cast<VectorType>(accumulators[0].getType());
  SmallVector<Value> rows = llvm::to_vector(accumulators);
  SmallVector<int64_t> lanes(static_cast<size_t>(tile.lanes), vector::ShuffleOp::kPoisonIndex);
  std::iota(lanes.begin(), lanes.begin() + type.getNumElements(), 0);
  for (Value &value : rows) {
    if (runBias)
      value = arith::AddFOp::create(
          b, kernel.loc(), value,
          vector::LoadOp::create(b, kernel.loc(), type, runBias, kernel.constantIndex(0)));
    value = vector::ShuffleOp::create(b, kernel.loc(), value, value, lanes);
  }
  return rows;
}

/// The ops behind the contraction see whole vectors, with what fills them up: one instruction then serves several rows, and pieces
/// of a few channels are only stored. Written once where it is long, for a copy of the vectors on the stack.
void TileEpilogue::finishWhole(Value panel, Value row, Value pixel, int64_t height, ArrayRef<Value> packed,
                               int64_t columns) {
  int64_t together = rowsPacked(), rest = height % together;
  if (height <= together || !kernel.hasLongEpilogue()) {
    for (auto [number, vector] : llvm::enumerate(packed)) {
      int64_t first = static_cast<int64_t>(number) * together;
      finishWholeVector(panel, row, kernel.addIndex(pixel, first), std::min(together, height - first), vector,
                        columns);
    }
    return;
  }
  kernel.noteForm("staged");
  auto type = cast<VectorType>(packed[0].getType());
  int64_t width = type.getNumElements();
  Value stage = kernel.scratch(static_cast<int64_t>(packed.size()) * width, type.getElementType());
  for (auto [number, vector] : llvm::enumerate(packed))
    vector::StoreOp::create(b, kernel.loc(), vector, stage,
                            kernel.constantIndex(static_cast<int64_t>(number) * width));
  kernel.loop(0, height / together, 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
    Value vector = vector::LoadOp::create(b, kernel.loc(), type, stage, kernel.multiplyIndex(number, width));
    Value first = kernel.addIndex(pixel, kernel.multiplyIndex(number, together));
    finishWholeVector(panel, row, first, together, vector, columns);
    return {};
  });
  if (rest)
    finishWholeVector(panel, row, kernel.addIndex(pixel, height - rest), rest, packed.back(), columns);
}

void TileEpilogue::finishWholeVector(Value panel, Value row, Value pixel, int64_t height, Value packed,
                                     int64_t columns) {
  int64_t width = cast<VectorType>(packed.getType()).getNumElements(),
          channels = kernel.shapeOf(kernel.core()->getResult(0)).back();
  SmallVector<int64_t> laneChannels;
  for (int64_t lane = 0; lane < panels * width; ++lane) {
    int64_t column = lane / width * tile.panel() + lane % width % tile.panel();
    laneChannels.push_back(column < problem.columns ? column % channels : 0);
  }
  Value at = kernel.multiplyIndex(panel, width), base = kernel.multiplyIndex(panel, tile.panel());
  for (unsigned number = 0; number < kernel.results().size(); ++number) {
    Value stored = kernel.followChannels(number, packed, laneChannels, at);
    for (int64_t m = 0; m < height; ++m)
      forEachPiece(columns, width, [&](int64_t done, int64_t lanes) {
        Index place = problem.resultPlace(row, kernel.addIndex(pixel, m), kernel.addIndex(base, done), tap);
        kernel.store(number, place, lanes, slice(stored, m * tile.panel() + done, lanes));
      });
  }
}

/// A long epilogue is written once and runs row by row, over a copy of the tile on the stack.
void TileEpilogue::finishStaged(Value base, Value row, Value pixel, int64_t height, ArrayRef<Value> rows,
                                int64_t columns) {
  kernel.noteForm("staged");
  auto vector = cast<VectorType>(rows[0].getType());
  int64_t perRow = static_cast<int64_t>(rows.size()) / height, width = vector.getNumElements();
  Value stage = kernel.scratch(height * perRow * width, vector.getElementType());
  for (auto [number, value] : llvm::enumerate(rows))
    vector::StoreOp::create(b, kernel.loc(), value, stage,
                            kernel.constantIndex(static_cast<int64_t>(number) * width));
  kernel.loop(0, height, 1, {}, [&](Value m, ValueRange) -> SmallVector<Value> {
    forEachPiece(columns, widest(), [&](int64_t done, int64_t lanes) {
      Value from = kernel.addIndex(kernel.multiplyIndex(m, perRow * width), done);
      Value part =
          lanes == 1 ? Value(memref::LoadOp::create(b, kernel.loc(), stage, from))
                     : Value(vector::LoadOp::create(
                           b, kernel.loc(), VectorType::get({lanes}, vector.getElementType()), stage, from));
      finishPiece(row, kernel.addIndex(pixel, m), kernel.addIndex(base, done), part, lanes);
    });
    return {};
  });
}

/// Brings the results of each group of columns behind one another, pixel by pixel, and stores them so.
void TileEpilogue::finishRuns(Value row, Value pixel, int64_t height, ArrayRef<Value> packed) {
  int64_t width = cast<VectorType>(packed[0].getType()).getNumElements(), perGroup = height * problem.run,
          total = problem.columns * height;
  int64_t channels = kernel.shapeOf(kernel.core()->getResult(0)).back();
  for (int64_t start = 0; start < total; start += width) {
    int64_t count = std::min(width, total - start);
    SmallVector<int64_t> laneChannels;
    SmallVector<std::pair<int64_t, int64_t>> from; // a vector of `packed`, and the place in it
    for (int64_t lane = 0; lane < width; ++lane) {
      int64_t number = start + std::min(lane, count - 1), inGroup = number % perGroup;
      int64_t m = inGroup / problem.run, column = number / perGroup * problem.run + inGroup % problem.run;
      laneChannels.push_back(column % channels);
      from.push_back({m / rowsPacked(), m % rowsPacked() * tile.panel() + column});
    }
    Value run = packed[0];
    for (size_t source = 0; source < packed.size(); ++source) {
      SmallVector<int64_t> places;
      for (int64_t lane = 0; lane < width; ++lane) {
        auto [vector, place] = from[static_cast<size_t>(lane)];
        bool own = vector == static_cast<int64_t>(source);
        places.push_back(own ? width + place : source == 0 ? 0 : lane);
      }
      run = vector::ShuffleOp::create(b, kernel.loc(), run, packed[source], places);
    }
    for (unsigned number = 0; number < kernel.results().size(); ++number) {
      Value stored = whole ? kernel.followChannels(number, run, laneChannels, kernel.constantIndex(0)) : run;
      for (int64_t done = 0; done < count;) {
        int64_t at = start + done, group = at / perGroup, inGroup = at % perGroup;
        int64_t length = std::min(count - done, perGroup - inGroup);
        forEachPiece(length, width, [&](int64_t first, int64_t lanes) {
          Value m = kernel.addIndex(pixel, (inGroup + first) / problem.run);
          Value channel = kernel.constantIndex(group * problem.run + (inGroup + first) % problem.run);
          kernel.store(number, problem.resultPlace(row, m, channel, tap), lanes,
                       slice(stored, done + first, lanes));
        });
        done += length;
      }
    }
  }
}

void TileEpilogue::finishPiece(Value row, Value pixel, Value channel, Value part, int64_t lanes) {
  Index place = problem.resultPlace(row, pixel, channel, tap);
  if (bytes)
    kernel.finishStored(place, lanes, part);
  else if (biased)
    arithmetic.finishBiased(place, lanes, part, channel);
  else
    arithmetic.finish(place, lanes, part, channel);
}

Value TileEpilogue::slice(Value vector, int64_t first, int64_t lanes) {
  if (lanes == cast<VectorType>(vector.getType()).getNumElements())
    return vector;
  if (lanes == 1)
    return vector::ExtractOp::create(b, kernel.loc(), vector, ArrayRef<int64_t>{first});
  return vector::ExtractStridedSliceOp::create(b, kernel.loc(), vector, ArrayRef<int64_t>{first},
                                               ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
}

} // namespace limbeck::cpu
