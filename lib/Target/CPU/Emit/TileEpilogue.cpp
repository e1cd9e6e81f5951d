// Requantize, pack, cut into pieces that the ops behind the contraction take, store.
#include "TileEpilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

TileEpilogue::TileEpilogue(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                           const TiledProblem &problem, Tile tile, const Isa &isa, bool biased)
    : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), problem(problem), tile(tile),
      biased(biased), panels(ceilDivide(problem.columns, tile.panel())) {
  if (biased && ByteEpilogue::applies(arithmetic, tile, isa))
    bytes.emplace(kernel, arithmetic, problem.weights, tile, isa);
}

void TileEpilogue::emit(Value panel, Value row, Value column, int64_t height, ArrayRef<Value> accumulators) {
  int64_t lastColumns = problem.columns - (panels - 1) * tile.panel();
  if (lastColumns == tile.panel())
    return finishTile(panel, row, column, height, accumulators, tile.panel());
  if (panels == 1)
    return finishTile(panel, row, column, height, accumulators, lastColumns);
  Value last = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, panel,
                                     kernel.constantIndex(panels - 1));
  auto choice = scf::IfOp::create(b, kernel.loc(), last, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  finishTile(panel, row, column, height, accumulators, lastColumns);
  b.setInsertionPointToStart(choice.elseBlock());
  finishTile(panel, row, column, height, accumulators, tile.panel());
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
void TileEpilogue::finishTile(Value panel, Value row, Value pixel, int64_t height,
                              ArrayRef<Value> accumulators, int64_t columns) {
  Value base = kernel.multiplyIndex(panel, tile.panel());
  SmallVector<Value> rows = bytes ? packedRows(base, height, accumulators) : llvm::to_vector(accumulators);
  if (height > 1 && kernel.hasLongEpilogue())
    return finishStaged(base, row, pixel, height, rows, columns);
  int64_t perRow = bytes ? 1 : tile.vectors;
  for (int64_t m = 0; m < height; ++m)
    for (int64_t v = 0; v < perRow; ++v) {
      Value whole = rows[static_cast<size_t>(m * perRow + v)];
      int64_t width = std::min(tile.panel(), cast<VectorType>(whole.getType()).getNumElements());
      int64_t first = v * tile.lanes;
      if (first >= columns)
        break;
      forEachPiece(std::min(width, columns - first), widest(), [&](int64_t done, int64_t lanes) {
        finishPiece(row, kernel.addIndex(pixel, m), kernel.addIndex(base, first + done),
                    slice(whole, done, lanes), lanes);
      });
    }
}

/// Bytes of each row of the tile: four accumulators become one vector, of one row or of several.
SmallVector<Value> TileEpilogue::packedRows(Value base, int64_t height, ArrayRef<Value> accumulators) {
  int64_t together = std::max<int64_t>(1, 4 / tile.vectors);
  SmallVector<Value> rows;
  for (int64_t first = 0; first < height; first += together) {
    SmallVector<Value> quarters;
    for (int64_t m = first; m < std::min(height, first + together); ++m)
      for (int64_t v = 0; v < tile.vectors; ++v)
        quarters.push_back(
            bytes->requantize(accumulators[static_cast<size_t>(m * tile.vectors + v)], base, v));
    quarters.resize(4, quarters.back()); // what stands in for missing ones is not stored
    Value packed = bytes->pack(quarters);
    for (int64_t m = first; m < std::min(height, first + together); ++m)
      rows.push_back(together == 1 ? packed : slice(packed, (m - first) * tile.panel(), tile.panel()));
  }
  return rows;
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

void TileEpilogue::finishPiece(Value row, Value pixel, Value channel, Value part, int64_t lanes) {
  Index place = problem.resultPlace(row, pixel, channel);
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
