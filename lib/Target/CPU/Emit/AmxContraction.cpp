// Convolutions and matrix products on AMX tiles.
//
// The elements (kw, ic) under a row of a window are neighbours in memory, and so are the windows of neighbouring pixels at a fixed
// distance: a tile of inputs is 16 positions by 64 of these elements, 32 of bf16, read where they lie. What a tile reads behind the
// last product of a row meets weights of zero; of bf16 it may be no number, so there a row fills its tiles, or is gathered.
//
// A unit of work is a block of up to 32 positions by a panel of up to 64 columns. Its sums go from tiles to a small matrix on the stack, whose
// rows then pass the epilogue. That does not overlap by itself: the rows of one unit are emitted between the products of the
// next, and a worker runs through its units in one loop. Where there are few products, storing the sums is emitted between
// products as well; a second matrix takes those of the next unit.
#include "AmxContraction.h"
#include "AmxGather.h"
#include "AmxInstructions.h"
#include "Atoms.h"
#include "TileChoice.h"
#include "TileEpilogue.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

Tensor packTiles(const WeightMatrix &weights, const AmxSchedule &schedule) {
  int64_t bytes = schedule.elementBytes, together = 4 / bytes; // products in 32 bits
  int64_t panels = ceilDivide(weights.columns(), schedule.panel()), steps = schedule.steps();
  Tensor packed = std::move(*Tensor::zeros(
      weights.values.dtype(), {panels * schedule.vectors * steps, kTileRows, kTileColumns * together}));
  const std::byte *from = weights.values.bytes();
  std::byte *to = packed.mutableBytes();
  auto packProduct = [&](int64_t product, int64_t tile, int64_t offset, int64_t firstColumn) {
    int64_t row = offset / together, place = offset % together;
    for (int64_t column = 0; column < std::min(kTileColumns, weights.columns() - firstColumn); ++column)
      std::memcpy(to + (((tile * kTileRows + row) * kTileColumns + column) * together + place) * bytes,
                  from + (product * weights.columns() + firstColumn + column) * bytes,
                  static_cast<size_t>(bytes));
  };
  for (int64_t panel = 0; panel < panels; ++panel)
    for (int64_t number = 0; number < schedule.vectors; ++number) {
      int64_t group = number / schedule.columnTiles() * schedule.columnTiles(),
              inGroup = std::min(schedule.columnTiles(), schedule.vectors - group);
      for (const AmxPiece &piece : schedule.pieces)
        for (int64_t k = 0; k < piece.count; ++k)
          packProduct(piece.outer * weights.depth() + piece.first + k,
                      (panel * schedule.vectors + group) * steps + piece.step * inGroup + number - group,
                      piece.offset + k, panel * schedule.panel() + number * kTileColumns);
    }
  return packed;
}

namespace {
/// A unit of work: where its positions and columns begin, and its sums.
struct Unit {
  Value panel, run, start; ///< `start`: first position of the block in its run
  Value block;             ///< its number in the run
  Value firstSum;          ///< row of the matrix of sums
};
/// An accumulator and the place of its sums.
struct TileStore {
  int64_t accumulator;
  Value place;
};

class AmxEmitter {
public:
  AmxEmitter(lower::KernelBuilder &kernel, const Isa &isa, lower::ContractionArithmetic &arithmetic,
             const TiledProblem &problem, const AmxSchedule &schedule)
      : kernel(kernel), b(kernel.builder()), problem(problem), schedule(schedule), instructions(kernel),
        tile{1, schedule.vectors, kTileColumns}, products(productsOf(arithmetic)), steps(schedule.steps()),
        chunks(schedule.gathered ? steps : steps / problem.outer),
        weights(kernel.weights(packTiles(problem.weights, schedule))),
        epilogue(kernel, arithmetic, problem, tile, isa, /*biased=*/!arithmetic.isFloat()) {
    if (!arithmetic.isFloat())
      bias = kernel.weights(
          compensatedBias(problem.weights, biasOf(kernel, arithmetic), arithmetic.inputZeroPoint(), tile));
  }

  void emit() {
    configure();
    if (schedule.gathered)
      gather.emplace(kernel, problem, schedule);
    sums = kernel.scratch((schedule.shallow ? 2 : 1) * schedule.height() * schedule.panel(), sumType());
    int64_t units = problem.panels(schedule.panel()) * runs() * schedule.blocks();
    auto [first, last] = kernel.share(units);
    Value any = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ult, first, last);
    auto choice = scf::IfOp::create(b, kernel.loc(), any, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    Unit begin = unitAt(first);
    if (gather)
      gather->emit(begin.start);
    emitProducts(begin, std::nullopt);
    Value second = kernel.addIndex(first, 1), one = kernel.constantIndex(1);
    auto loop = scf::ForOp::create(b, kernel.loc(), second, last, one);
    {
      OpBuilder::InsertionGuard inside(b);
      b.setInsertionPointToStart(loop.getBody());
      Unit unit = unitAt(loop.getInductionVar());
      if (gather)
        gatherBlock(unit);
      emitProducts(unit, unitAt(kernel.addIndex(loop.getInductionVar(), -1)));
    }
    Unit rest = unitAt(kernel.addIndex(last, -1));
    if (schedule.shallow)
      emitStores(storesOf(rest, schedule.vectors - schedule.columnTiles()));
    kernel.loop(0, schedule.height(), 1, {}, [&](Value row, ValueRange) -> SmallVector<Value> {
      emitRow(rest, row);
      return {};
    });
  }

private:
  static constexpr int64_t kInputs = 4, kWeights = 6; ///< tiles: 0 to 3 accumulate

  using Products = AmxInstructions::Products;
  static Products productsOf(const lower::ContractionArithmetic &arithmetic) {
    return arithmetic.isFloat()                     ? Products::BF16
           : isSigned(arithmetic.inputType().dtype) ? Products::SignedBytes
                                                    : Products::UnsignedBytes;
  }
  Type sumType() const { return products == Products::BF16 ? Type(b.getF32Type()) : Type(b.getI32Type()); }

  static std::optional<Tensor> biasOf(lower::KernelBuilder &kernel,
                                      const lower::ContractionArithmetic &arithmetic) {
    return arithmetic.bias() ? kernel.constantOf(arithmetic.bias()) : std::nullopt;
  }

  /// With the first panel of a block, its inputs.
  void gatherBlock(const Unit &unit) {
    Value isFirst =
        arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, unit.panel, kernel.constantIndex(0));
    auto choice = scf::IfOp::create(b, kernel.loc(), isFirst, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    gather->emit(unit.start);
  }

  int64_t runs() const { return problem.rows / schedule.joinedRows; }

  void configure() {
    SmallVector<int64_t> rows(8, schedule.tileRows), bytes(8, kTileBytes);
    rows[kWeights] = rows[kWeights + 1] = kTileRows;
    instructions.configure(rows, bytes);
  }

  Unit unitAt(Value number) {
    int64_t panels = problem.panels(schedule.panel());
    Unit unit;
    Value &block = unit.block;
    if (schedule.order != LoopOrder::PixelsOutermost) {
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
    unit.firstSum = kernel.constantIndex(0);
    if (schedule.shallow)
      unit.firstSum = kernel.multiplyIndex(
          arith::AndIOp::create(b, kernel.loc(), number, kernel.constantIndex(1)), schedule.height());
    return unit;
  }

  /// First position, in the block, of tile `rowTile`. The second reaches back where they are too high for the run.
  int64_t tileStart(int64_t rowTile) const {
    return rowTile == 0 ? 0 : schedule.height() - schedule.tileRows;
  }

  /// Tiles of the group of columns that begins at tile `group` of a panel.
  int64_t tilesOf(int64_t group) const { return std::min(schedule.columnTiles(), schedule.vectors - group); }
  int64_t accumulator(int64_t group, int64_t m, int64_t n) const {
    int64_t first = schedule.shallow ? group % 2 * schedule.rowTiles : 0;
    return first + m * tilesOf(group) + n;
  }

  SmallVector<TileStore> storesOf(const Unit &unit, int64_t group) {
    SmallVector<TileStore> stores;
    for (int64_t m = 0; m < schedule.rowTiles; ++m)
      for (int64_t n = 0; n < tilesOf(group); ++n) {
        Value row = kernel.addIndex(unit.firstSum, tileStart(m));
        Value element =
            kernel.addIndex(kernel.multiplyIndex(row, schedule.panel()), (group + n) * kTileColumns);
        stores.push_back(
            {accumulator(group, m, n), instructions.address(sums, kernel.multiplyIndex(element, 4))});
      }
    return stores;
  }

  void emitStores(ArrayRef<TileStore> stores) {
    for (const TileStore &store : stores)
      instructions.store(store.accumulator, store.place, 4 * schedule.panel());
  }

  /// The products of a unit, and meanwhile the rows of the one before it. Its sums are in memory behind them, those of the last
  /// group of shallow ones excepted. Deep units have one matrix of sums: it is theirs once the first group is through.
  void emitProducts(const Unit &unit, std::optional<Unit> before) {
    for (int64_t group = 0; group < schedule.vectors; group += schedule.columnTiles()) {
      SmallVector<TileStore> late; // sums of the group before, stored behind the first products of this one
      if (schedule.shallow && group > 0)
        late = storesOf(unit, group - schedule.columnTiles());
      else if (schedule.shallow && before)
        late = storesOf(*before, schedule.vectors - schedule.columnTiles());
      for (int64_t m = 0; m < schedule.rowTiles; ++m)
        for (int64_t n = 0; n < tilesOf(group); ++n)
          instructions.zero(accumulator(group, m, n));
      if (schedule.shallow)
        emitFewSteps(unit, group, before, late);
      else
        emitSteps(unit, group, group == 0 ? before : std::nullopt);
      if (!schedule.shallow)
        emitStores(storesOf(unit, group));
    }
  }

  void emitSteps(const Unit &unit, int64_t group, std::optional<Unit> before) {
    kernel.loop(0, steps / chunks, 1, {}, [&](Value kh, ValueRange) -> SmallVector<Value> {
      kernel.loop(0, chunks, 1, {}, [&](Value chunk, ValueRange) -> SmallVector<Value> {
        Value step = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(kh, chunks), chunk);
        emitStep(unit, group, kh, chunk, step, {});
        if (schedule.order != LoopOrder::PixelsOutermost)
          prefetchWeights(unit, group, step);
        if (before)
          emitRows(*before, step, steps);
        return {};
      });
      return {};
    });
  }

  void emitFewSteps(const Unit &unit, int64_t group, std::optional<Unit> before, ArrayRef<TileStore> late) {
    for (int64_t step = 0; step < steps; ++step) {
      emitStep(unit, group, kernel.constantIndex(step / chunks), kernel.constantIndex(step % chunks),
               kernel.constantIndex(step), step == 0 ? late : ArrayRef<TileStore>());
      if (before)
        emitRows(*before, kernel.constantIndex(group * steps + step), schedule.vectors * steps);
    }
  }

  /// Where weights come from behind the second cache, each block asks for its part of the next panel's.
  void prefetchWeights(const Unit &unit, int64_t group, Value step) {
    int64_t slots = ceilDivide(schedule.vectors, schedule.columnTiles()) * steps,
            lines = schedule.vectors * steps * kTileRows, panelBytes = lines * kTileBytes,
            perSlot = ceilDivide(lines, runs() * schedule.blocks() * slots);
    Value slot = kernel.addIndex(step, group / schedule.columnTiles() * steps);
    Value unitInPanel =
        arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(unit.run, schedule.blocks()), unit.block);
    Value first = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(unitInPanel, slots), slot);
    Value byte = kernel.addIndex(kernel.multiplyIndex(first, perSlot * kTileBytes), panelBytes);
    byte = arith::AddIOp::create(b, kernel.loc(), byte, kernel.multiplyIndex(unit.panel, panelBytes));
    for (int64_t line = 0; line < perSlot; ++line)
      instructions.prefetch(instructions.address(weights, kernel.addIndex(byte, line * kTileBytes)));
  }

  /// One step: each tile of inputs times each tile of weights. One of `late` follows each product.
  void emitStep(const Unit &unit, int64_t group, Value kh, Value chunk, Value step,
                ArrayRef<TileStore> late) {
    constexpr int64_t kLongDepth = 512; // from here on weights would push the inputs out of the first cache
    bool streamed = steps * kTileBytes >= kLongDepth;
    Value first = kernel.multiplyIndex(unit.panel, schedule.vectors * steps);
    first = kernel.addIndex(first, group * steps);
    first = kernel.addIndex(first, kernel.multiplyIndex(step, tilesOf(group)));
    Value weightBytes = kernel.multiplyIndex(first, kTileRows * kTileBytes);
    for (int64_t m = 0; m < schedule.rowTiles; ++m) {
      instructions.load(kInputs + m, inputAddress(unit, tileStart(m), kh, chunk),
                        gather ? kTileBytes : problem.pixelStep * schedule.elementBytes, false);
      for (int64_t n = 0; n < tilesOf(group); ++n) {
        if (m == 0)
          instructions.load(
              kWeights + n % 2,
              instructions.address(weights, kernel.addIndex(weightBytes, n * kTileRows * kTileBytes)),
              kTileBytes, streamed);
        instructions.dot(accumulator(group, m, n), kInputs + m, kWeights + n % 2, products);
        emitStores(late.take_front(1));
        late = late.drop_front(std::min<size_t>(1, late.size()));
      }
    }
  }

  Value inputAddress(const Unit &unit, int64_t position, Value kh, Value chunk) {
    if (gather)
      return instructions.address(gather->buffer(), gather->byteOf(position, chunk));
    Value row = kernel.multiplyIndex(unit.run, schedule.joinedRows);
    // Past the end of a row a position lies in the next one, as far as addresses go.
    Index place = problem.inputPlace(row, kernel.addIndex(unit.start, position), kh,
                                     kernel.multiplyIndex(chunk, schedule.stepDepth()));
    ArrayRef<int64_t> shape = cast<MemRefType>(problem.buffer.getType()).getShape();
    Value linear = place[0];
    for (size_t dim = 1; dim < shape.size(); ++dim)
      linear = kernel.addIndex(kernel.multiplyIndex(linear, shape[dim]), place[dim]);
    return instructions.address(problem.buffer, kernel.multiplyIndex(linear, schedule.elementBytes));
  }

  /// The rows of a unit that fall to slot `slot` of `slots`, as many to each until all are through.
  void emitRows(const Unit &unit, Value slot, int64_t slots) {
    int64_t count = ceilDivide(schedule.height(), slots);
    Value first = kernel.multiplyIndex(slot, count);
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
      return finishRow(unit, firstRow, position, row);
    Index at = kernel.delinearize(position, {schedule.joinedRows, schedule.pitch});
    Value pixelRow = kernel.addIndex(firstRow, at[0]);
    if (schedule.pitch == problem.width)
      return finishRow(unit, pixelRow, at[1], row);
    Value inside = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::ult, at[1],
                                         kernel.constantIndex(problem.width));
    auto choice = scf::IfOp::create(b, kernel.loc(), inside, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    finishRow(unit, pixelRow, at[1], row);
  }

  void finishRow(const Unit &unit, Value pixelRow, Value pixel, Value row) {
    auto vector = VectorType::get({kTileColumns}, sumType());
    SmallVector<Value> accumulators;
    for (int64_t v = 0; v < schedule.vectors; ++v) {
      auto load = [&](Value from, Value first) {
        return vector::LoadOp::create(
                   b, kernel.loc(), vector, from,
                   kernel.addIndex(kernel.multiplyIndex(first, schedule.panel()), v * kTileColumns))
            .getResult();
      };
      Value sum = load(sums, arith::AddIOp::create(b, kernel.loc(), unit.firstSum, row));
      accumulators.push_back(
          bias ? arith::AddIOp::create(b, kernel.loc(), sum, load(bias, unit.panel)).getResult() : sum);
    }
    epilogue.emit(unit.panel, pixelRow, pixel, 1, accumulators);
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const TiledProblem &problem;
  AmxSchedule schedule;
  AmxInstructions instructions;
  Tile tile; ///< what the epilogue sees of a unit: one position
  Products products;
  int64_t steps, chunks; ///< of a block: in all, in a row of a window
  std::optional<AmxGather> gather;
  Value weights, bias; ///< the bias of bytes, which sums of floats get in the epilogue
  TileEpilogue epilogue;
  Value sums;
};
} // namespace

LogicalResult emitAmxContraction(lower::KernelBuilder &kernel, const Isa &isa,
                                 lower::ContractionArithmetic &arithmetic, TiledProblem &problem) {
  int64_t elementBytes = arithmetic.isFloat() ? 2 : 1;
  bool multiplies = arithmetic.isFloat() ? isa.has("amx-bf16") && bf16AtomApplies(arithmetic, isa) &&
                                               problem.weights.values.dtype() == DType::BF16
                                         : isa.has("amx-int8");
  // Rounded up to whole tiles, the depth of the last pixel ends up to 63 bytes behind the input.
  bool readable = problem.depth * elementBytes % kTileBytes == 0 ||
                  (!arithmetic.isFloat() && kernel.hasRoomBehind(kernel.core()->getOperand(0)));
  if (!multiplies)
    return failure();
  std::vector<AmxSchedule> candidates = candidateAmxSchedules(problem, elementBytes, readable);
  if (candidates.empty())
    return failure();
  kernel.setFamily("amx tile");
  std::vector<std::string> names;
  for (const AmxSchedule &candidate : candidates)
    names.push_back(textOf(candidate));
  ContractionExtent extent{problem.rows,    problem.width,
                           problem.columns, problem.outer * problem.depth,
                           elementBytes,    problem.pixelStep * elementBytes};
  const AmxSchedule &schedule = candidates[choiceFor(kernel, extent, isa, names)];
  problem.weights = problem.weights.inPanels(schedule.panel());
  AmxEmitter(kernel, isa, arithmetic, problem, schedule).emit();
  if (schedule.gathered)
    kernel.noteForm("gathered");
  return success();
}

} // namespace limbeck::cpu
