// Convolutions and matrix products on AMX tiles.
//
// The elements (kw, ic) under a row of a window are neighbours in memory, and so are the windows of neighbouring pixels at a fixed
// distance: a tile of inputs is 16 positions by 64 of these elements, read where they lie. What a tile reads behind the last product
// of a row meets weights of zero.
//
// A unit of work is a block of up to 32 positions by a panel of up to 64 columns. Its sums go from tiles to a small matrix on the stack, whose
// rows then pass the epilogue. That does not overlap by itself: the rows of one unit are emitted between the products of the
// next, and a worker runs through its units in one loop.
#include "AmxContraction.h"
#include "AmxInstructions.h"
#include "AmxSchedule.h"
#include "TileEpilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

Tensor packTiles(const WeightMatrix &weights, const AmxSchedule &schedule) {
  int64_t panels = ceilDivide(weights.columns(), schedule.panel()),
          steps = ceilDivide(weights.depth(), kTileBytes);
  Tensor packed = std::move(*Tensor::zeros(
      DType::S8, {panels * schedule.vectors * weights.outer() * steps, kTileRows, kTileColumns * 4}));
  std::span<const int8_t> from = weights.values.values<int8_t>();
  int8_t *to = packed.mutableValues<int8_t>().data();
  auto packTile = [&](int64_t outer, int64_t firstProduct, int64_t firstColumn) {
    for (int64_t k4 = 0; k4 < kTileRows; ++k4)
      for (int64_t column = firstColumn; column < firstColumn + kTileColumns; ++column)
        for (int64_t k = firstProduct + 4 * k4; k < firstProduct + 4 * k4 + 4; ++k, ++to)
          if (column < weights.columns() && k < weights.depth())
            *to = from[static_cast<size_t>((outer * weights.depth() + k) * weights.columns() + column)];
  };
  for (int64_t panel = 0; panel < panels; ++panel)
    for (int64_t group = 0; group < schedule.vectors; group += schedule.columnTiles())
      for (int64_t outer = 0; outer < weights.outer(); ++outer)
        for (int64_t step = 0; step < steps; ++step)
          for (int64_t tile = group; tile < std::min(schedule.vectors, group + schedule.columnTiles());
               ++tile)
            packTile(outer, step * kTileBytes, panel * schedule.panel() + tile * kTileColumns);
  return packed;
}

namespace {
/// A unit of work: where its positions and columns begin.
struct Unit {
  Value panel, run, start; ///< `start`: first position of the block in its run
};

class AmxEmitter {
public:
  AmxEmitter(lower::KernelBuilder &kernel, const Isa &isa, lower::ContractionArithmetic &arithmetic,
             const TiledProblem &problem, const AmxSchedule &schedule)
      : kernel(kernel), b(kernel.builder()), problem(problem), schedule(schedule), instructions(kernel),
        tile{1, schedule.vectors, kTileColumns}, signedInputs(isSigned(arithmetic.inputType().dtype)),
        chunks(ceilDivide(problem.depth, kTileBytes)), steps(problem.outer * chunks),
        weights(kernel.weights(packTiles(problem.weights, schedule))),
        bias(kernel.weights(
            compensatedBias(problem.weights, biasOf(kernel, arithmetic), arithmetic.inputZeroPoint(), tile))),
        epilogue(kernel, arithmetic, problem, tile, isa, /*biased=*/true) {}

  void emit() {
    configure();
    sums = kernel.scratch(schedule.height() * schedule.panel(), b.getI32Type());
    int64_t units = ceilDivide(problem.columns, schedule.panel()) * runs() * schedule.blocks();
    auto [first, last] = kernel.share(units);
    Value any = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ult, first, last);
    auto choice = scf::IfOp::create(b, kernel.loc(), any, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    emitProducts(unitAt(first), std::nullopt);
    Value second = kernel.addIndex(first, 1), one = kernel.constantIndex(1);
    auto loop = scf::ForOp::create(b, kernel.loc(), second, last, one);
    {
      OpBuilder::InsertionGuard inside(b);
      b.setInsertionPointToStart(loop.getBody());
      Value unit = loop.getInductionVar();
      emitProducts(unitAt(unit), unitAt(kernel.addIndex(unit, -1)));
    }
    Unit rest = unitAt(kernel.addIndex(last, -1));
    kernel.loop(0, schedule.height(), 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
      emitRow(rest, row);
      return {};
    });
  }

private:
  static constexpr int64_t kInputs = 4, kWeights = 6; ///< tiles: 0 to 3 accumulate

  static std::optional<Tensor> biasOf(lower::KernelBuilder &kernel,
                                      const lower::ContractionArithmetic &arithmetic) {
    Operation *op = arithmetic.operation();
    return op->getNumOperands() > 2 ? kernel.constantOf(op->getOperand(2)) : std::nullopt;
  }

  int64_t runs() const { return problem.rows / schedule.joinedRows; }

  void configure() {
    SmallVector<int64_t> rows(8, schedule.tileRows), bytes(8, kTileBytes);
    rows[kWeights] = rows[kWeights + 1] = kTileRows;
    instructions.configure(rows, bytes);
  }

  Unit unitAt(Value number) {
    int64_t panels = ceilDivide(problem.columns, schedule.panel());
    Unit unit;
    Value block;
    if (schedule.panelsOutside) {
      Index at = kernel.delinearize(number, {panels, runs(), schedule.blocks()});
      unit.panel = at[0], unit.run = at[1], block = at[2];
    } else {
      Index at = kernel.delinearize(number, {runs(), schedule.blocks(), panels});
      unit.run = at[0], block = at[1], unit.panel = at[2];
    }
    unit.start = kernel.multiplyIndex(block, schedule.height());
    if (schedule.positions % schedule.height() != 0)
      unit.start = arith::MinUIOp::create(b, kernel.loc(), unit.start,
                                          kernel.constantIndex(schedule.positions - schedule.height()));
    return unit;
  }

  /// First position, in the block, of tile `rowTile`. The second reaches back where they are too high for the run.
  int64_t tileStart(int64_t rowTile) const {
    return rowTile == 0 ? 0 : schedule.height() - schedule.tileRows;
  }

  /// The sums of a unit, left in `sums`. Until the first group of columns is through, `sums` holds those of `before`, whose rows
  /// are finished meanwhile.
  void emitProducts(const Unit &unit, std::optional<Unit> before) {
    for (int64_t group = 0; group < schedule.vectors; group += schedule.columnTiles()) {
      int64_t tiles = std::min(schedule.columnTiles(), schedule.vectors - group);
      for (int64_t number = 0; number < schedule.rowTiles * tiles; ++number)
        instructions.zero(number);
      emitSteps(unit, group, tiles, group == 0 ? before : std::nullopt);
      for (int64_t m = 0; m < schedule.rowTiles; ++m)
        for (int64_t n = 0; n < tiles; ++n) {
          int64_t place = tileStart(m) * schedule.panel() + (group + n) * kTileColumns;
          instructions.store(m * tiles + n, instructions.address(sums, kernel.constantIndex(4 * place)),
                             4 * schedule.panel());
        }
    }
  }

  void emitSteps(const Unit &unit, int64_t group, int64_t tiles, std::optional<Unit> before) {
    kernel.loop(0, problem.outer, 1, {}, [&](Value kh, ValueRange) -> SmallVector<Value> {
      kernel.loop(0, chunks, 1, {}, [&](Value chunk, ValueRange) -> SmallVector<Value> {
        Value step = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(kh, chunks), chunk);
        emitStep(unit, group, tiles, kh, chunk, step);
        if (before)
          emitRows(*before, step);
        return {};
      });
      return {};
    });
  }

  void emitStep(const Unit &unit, int64_t group, int64_t tiles, Value kh, Value chunk, Value step) {
    constexpr int64_t kLongDepth = 512; // from here on weights would push the inputs out of the first cache
    bool streamed = problem.outer * problem.depth >= kLongDepth;
    Value first = kernel.multiplyIndex(unit.panel, schedule.vectors * steps);
    first = kernel.addIndex(first, group * steps);
    first = kernel.addIndex(first, kernel.multiplyIndex(step, tiles));
    Value weightBytes = kernel.multiplyIndex(first, kTileRows * kTileBytes);
    for (int64_t m = 0; m < schedule.rowTiles; ++m) {
      instructions.load(kInputs + m, inputAddress(unit, tileStart(m), kh, chunk), problem.pixelStep, false);
      for (int64_t n = 0; n < tiles; ++n) {
        if (m == 0)
          instructions.load(
              kWeights + n % 2,
              instructions.address(weights, kernel.addIndex(weightBytes, n * kTileRows * kTileBytes)),
              kTileBytes, streamed);
        instructions.dot(m * tiles + n, kInputs + m, kWeights + n % 2, signedInputs);
      }
    }
  }

  Value inputAddress(const Unit &unit, int64_t position, Value kh, Value chunk) {
    Value row = kernel.multiplyIndex(unit.run, schedule.joinedRows);
    // Past the end of a row a position lies in the next one, as far as addresses go.
    Index place = problem.inputPlace(row, kernel.addIndex(unit.start, position), kh,
                                     kernel.multiplyIndex(chunk, kTileBytes));
    ArrayRef<int64_t> shape = cast<MemRefType>(problem.buffer.getType()).getShape();
    Value linear = place[0];
    for (size_t dim = 1; dim < shape.size(); ++dim)
      linear = kernel.addIndex(kernel.multiplyIndex(linear, shape[dim]), place[dim]);
    return instructions.address(problem.buffer, linear);
  }

  /// The rows of a unit that fall to a step, as many to each until all are through.
  void emitRows(const Unit &unit, Value step) {
    int64_t count = ceilDivide(schedule.height(), steps);
    Value first = kernel.multiplyIndex(step, count);
    Value last = arith::MinUIOp::create(b, kernel.loc(), kernel.addIndex(first, count),
                                        kernel.constantIndex(schedule.height()));
    auto loop = scf::ForOp::create(b, kernel.loc(), first, last, kernel.constantIndex(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    emitRow(unit, loop.getInductionVar());
  }

  /// The epilogue of one position, unless it lies between two rows.
  void emitRow(const Unit &unit, Value row) {
    Value position = kernel.addIndex(unit.start, row);
    Value firstRow = kernel.multiplyIndex(unit.run, schedule.joinedRows);
    if (schedule.joinedRows == 1)
      return finishRow(unit.panel, firstRow, position, row);
    Index at = kernel.delinearize(position, {schedule.joinedRows, problem.rowPitch});
    Value pixelRow = kernel.addIndex(firstRow, at[0]);
    if (problem.rowPitch == problem.width)
      return finishRow(unit.panel, pixelRow, at[1], row);
    Value inside = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ult, at[1],
                                         kernel.constantIndex(problem.width));
    auto choice = scf::IfOp::create(b, kernel.loc(), inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    finishRow(unit.panel, pixelRow, at[1], row);
  }

  void finishRow(Value panel, Value pixelRow, Value pixel, Value row) {
    auto vector = VectorType::get({kTileColumns}, b.getI32Type());
    SmallVector<Value> accumulators;
    for (int64_t v = 0; v < schedule.vectors; ++v) {
      auto load = [&](Value from, Value first) {
        return vector::LoadOp::create(
                   b, kernel.loc(), vector, from,
                   kernel.addIndex(kernel.multiplyIndex(first, schedule.panel()), v * kTileColumns))
            .getResult();
      };
      accumulators.push_back(arith::AddIOp::create(b, kernel.loc(), load(sums, row), load(bias, panel)));
    }
    epilogue.emit(panel, pixelRow, pixel, 1, accumulators);
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const TiledProblem &problem;
  AmxSchedule schedule;
  AmxInstructions instructions;
  Tile tile; ///< what the epilogue sees of a unit: one position
  bool signedInputs;
  int64_t chunks, steps; ///< of 64 products: in a row of a window, in all
  Value weights, bias;
  TileEpilogue epilogue;
  Value sums;
};
} // namespace

LogicalResult emitAmxContraction(lower::KernelBuilder &kernel, const Isa &isa,
                                 lower::ContractionArithmetic &arithmetic, const TiledProblem &problem) {
  // Rounded up to whole tiles, the depth of the last pixel ends up to 63 bytes behind the input.
  bool readable = problem.depth % kTileBytes == 0 || kernel.hasRoomBehind(kernel.core()->getOperand(0));
  if (!isa.has("amx-int8") || arithmetic.isFloat() || !readable)
    return failure();
  std::optional<AmxSchedule> schedule = chooseAmxSchedule(problem);
  if (!schedule)
    return failure();
  AmxEmitter(kernel, isa, arithmetic, problem, *schedule).emit();
  return success();
}

} // namespace limbeck::cpu
