// Register-tiled convolutions (implicit matrix products in NHWC) and matrix products.
//
// Results form rows of `width` pixels by `columns` channels. A tile of height x vectors results stays in registers while
// the products run in the order (kh, kw, ic): for one kh, the elements (kw, ic) of the window are neighbours in memory, so they
// are one loop. Tiles that reach over the end of a row have a loop of their own.
#include "AmxContraction.h"
#include "Contractions.h"
#include "Operands.h"
#include "TileChoice.h"
#include "TileEpilogue.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <numeric>

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

namespace {
/// Writes the loops of one problem with one tile and one atom.
class TileEmitter {
public:
  TileEmitter(lower::KernelBuilder &kernel, Atom &atom, const TiledProblem &problem, Tile tile,
              LoopOrder order, TileEpilogue &epilogue)
      : kernel(kernel), atom(atom), problem(problem), tile(tile), order(order), epilogue(epilogue),
        panels(problem.panels(tile.panel())) {}

  void emit() {
    int64_t whole = problem.width / tile.height, rest = problem.width % tile.height;
    if (whole)
      emitTiles(whole, 0, tile.height);
    if (rest)
      emitTiles(1, whole * tile.height, rest);
  }

private:
  /// `count` tiles of `height` pixels from pixel `first` on, in every row and panel.
  void emitTiles(int64_t count, int64_t first, int64_t height) {
    auto emitAt = [&](Value panel, Value row, Value pixel) {
      Value number =
          arith::AddIOp::create(kernel.builder(), kernel.loc(), kernel.multiplyIndex(row, count), pixel);
      emitTile({panel, number, problem.rows * count}, row,
               kernel.addIndex(kernel.multiplyIndex(pixel, tile.height), first), height);
    };
    int64_t trip = panels * problem.rows * count;
    if (order == LoopOrder::PanelsOfOwnPixels)
      return emitOwnPixels(trip, [&](Value panel, Value number) {
        Index at = kernel.delinearize(number, {problem.rows, count});
        emitAt(panel, at[0], at[1]);
      });
    kernel.shared(trip, [&](Value t) {
      bool pixels = order == LoopOrder::PixelsOutermost;
      Index at = pixels ? kernel.delinearize(t, {problem.rows, count, panels})
                        : kernel.delinearize(t, {panels, problem.rows, count});
      emitAt(at[pixels ? 2 : 0], at[pixels ? 0 : 1], at[pixels ? 1 : 2]);
    });
  }

  /// A worker's share as with pixels outermost, but panel by panel: number * panels + panel lies in it.
  void emitOwnPixels(int64_t trip, llvm::function_ref<void(Value panel, Value number)> body) {
    OpBuilder &b = kernel.builder();
    auto [first, last] = kernel.share(trip);
    kernel.loop(0, panels, 1, {}, [&](Value panel, ValueRange) -> SmallVector<Value> {
      auto numberFrom = [&](Value t) -> Value {
        Value rounded = arith::SubIOp::create(b, kernel.loc(), kernel.addIndex(t, panels - 1), panel);
        return arith::DivUIOp::create(b, kernel.loc(), rounded, kernel.constantIndex(panels));
      };
      auto numbers =
          scf::ForOp::create(b, kernel.loc(), numberFrom(first), numberFrom(last), kernel.constantIndex(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(numbers.getBody());
      body(panel, numbers.getInductionVar());
      return {};
    });
  }

  /// A tile among those that pass over the same panel of weights, of one loop.
  struct TilePlace {
    Value panel, number;
    int64_t tiles;
  };

  void emitTile(const TilePlace &at, Value row, Value column, int64_t height) {
    Value panel = at.panel;
    // Accumulators of `together` rows and one vector of columns are neighbours; a last row without others stands for all of its own.
    int64_t together = atom.rowsTogether(), groups = ceilDivide(height, together);
    SmallVector<Value> accumulators;
    for (int64_t v = 0; v < tile.vectors; ++v)
      for (int64_t number = 0; number < together; ++number)
        accumulators.push_back(atom.start(panel, v, number));
    SmallVector<Value> starts = accumulators;
    for (int64_t group = 1; group < groups; ++group)
      accumulators.append(starts);
    auto multiply = [&](Value kh, Value k, ValueRange values, bool alone) {
      SmallVector<Value> next(values), loaded(static_cast<size_t>(groups)), narrow = loaded;
      // A whole vector and half a one get inputs of their own, where either product then spreads its own: LLVM would do it once for both.
      bool ownInputs = tile.vectors == 2 && tile.lastLanes < tile.lanes && atom.spreadsAsItMultiplies();
      Value again = ownInputs ? readAnew(kernel, k) : k;
      if (atom.multipliesByRow())
        return multiplyByRow(panel, row, column, height, kh, k, next, alone);
      for (int64_t step = 0; step < (alone ? 1 : atom.stepsPerLoad()); ++step) {
        SmallVector<Value> columns;
        Value products = kernel.addIndex(k, step * atom.unit());
        for (int64_t v = 0; v < tile.vectors; ++v)
          columns.push_back(atom.weights(panel, kh, products, v));
        prefetchWeights(at, kh, products);
        if (asksForPixels() && !alone)
          prefetchPixels(panel, row, kernel.addIndex(column, height), height, products);
        for (int64_t group = 0; group < groups; ++group) {
          // Loaded where it is wanted first: LLVM keeps that order, and so no more inputs in registers than there are for them.
          Value &block = loaded[static_cast<size_t>(group)];
          if (!block)
            block = load(row, column, height, kh, k, group, alone);
          Value input = atom.input(block, step), last = input;
          if (ownInputs) {
            Value &own = narrow[static_cast<size_t>(group)];
            if (!own)
              own = load(row, column, height, kh, again, group, alone);
            last = atom.input(own, step);
          }
          for (int64_t v = 0; v < tile.vectors; ++v)
            atom.multiplyAdd(ofGroup(next, group, v), v + 1 < tile.vectors ? input : last,
                             columns[static_cast<size_t>(v)]);
        }
      }
      return next;
    };
    int64_t alone = atom.lastProducts(problem.depth), whole = problem.depth - alone;
    auto overDepth = [&](Value kh, ValueRange carried) {
      SmallVector<Value> sums =
          kernel.loop(0, whole, atom.unit() * atom.stepsPerLoad(), carried,
                      [&](Value k, ValueRange values) { return multiply(kh, k, values, false); });
      return alone ? multiply(kh, kernel.constantIndex(whole), sums, true) : sums;
    };
    if (problem.outer == 1)
      accumulators = overDepth(kernel.constantIndex(0), accumulators);
    else
      accumulators = kernel.loop(0, problem.outer, 1, accumulators,
                                 [&](Value kh, ValueRange carried) { return overDepth(kh, carried); });
    if (atom.multipliesByRow())
      accumulators = multiplyRemainders(panel, row, column, height, accumulators);
    SmallVector<Value> rows(static_cast<size_t>(height * tile.vectors));
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        MutableArrayRef<Value> own = ofGroup(accumulators, group, v);
        atom.separate(own);
        for (int64_t m = group * together; m < std::min(height, (group + 1) * together); ++m)
          rows[static_cast<size_t>(m * tile.vectors + v)] = own[static_cast<size_t>(m - group * together)];
      }
    epilogue.emit(panel, row, column, height, rows);
  }

  /// One unit of each row after the other, or `alone` the products behind the last whole one.
  SmallVector<Value> multiplyByRow(Value panel, Value row, Value column, int64_t height, Value kh, Value k,
                                   SmallVector<Value> sums, bool alone) {
    Value from = alone ? kernel.constantIndex(atom.placeOfLast(problem.depth)) : k;
    Value weights = atom.rowWeights(panel, kh, k);
    for (int64_t m = 0; m < height; ++m) {
      Value inputs = load(row, column, height, kh, from, m, /*alone=*/false);
      atom.multiplyRow(ofRow(sums, m), inputs, weights,
                       alone ? atom.lastProducts(problem.depth) : atom.unit());
    }
    return sums;
  }

  SmallVector<Value> multiplyRemainders(Value panel, Value row, Value column, int64_t height,
                                        SmallVector<Value> accumulators) {
    auto [first, last] = atom.remainderSteps(panel);
    if (!first)
      return accumulators;
    return kernel.loop(first, last, 1, accumulators, [&](Value step, ValueRange values) {
      SmallVector<Value> sums(values);
      auto [kh, k] = atom.remainderPlace(step);
      Value weights = atom.remainderWeights(step);
      for (int64_t m = 0; m < height; ++m)
        atom.multiplyRow(ofRow(sums, m), load(row, column, height, kh, k, m, /*alone=*/false), weights,
                         /*products=*/1);
      return sums;
    });
  }

  /// The accumulators of one row, where none are computed together.
  MutableArrayRef<Value> ofRow(MutableArrayRef<Value> accumulators, int64_t row) {
    return accumulators.slice(static_cast<size_t>(row * tile.vectors), static_cast<size_t>(tile.vectors));
  }

  /// Inputs of one group of rows from product (kh, k) on; `alone`: only that one.
  Value load(Value row, Value column, int64_t height, Value kh, Value k, int64_t group, bool alone) {
    SmallVector<Index> places;
    for (int64_t m = group * atom.rowsTogether(); m < (group + 1) * atom.rowsTogether(); ++m)
      places.push_back(problem.inputPlace(row, kernel.addIndex(column, std::min(m, height - 1)), kh, k));
    return alone ? atom.loadLast(problem.buffer, places[0]) : atom.load(problem.buffer, places);
  }

  /// The accumulators of one group of rows and one vector of columns.
  MutableArrayRef<Value> ofGroup(MutableArrayRef<Value> accumulators, int64_t group, int64_t vector) {
    auto together = static_cast<size_t>(atom.rowsTogether());
    return accumulators.slice(static_cast<size_t>(group * tile.vectors + vector) * together, together);
  }

  /// Whether the pixels of the next tile lie behind those of this one, as one run, and come from memory.
  bool asksForPixels() const {
    auto type = cast<MemRefType>(problem.buffer.getType());
    int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
    return order == LoopOrder::PixelsOutermost && problem.outer == 1 && problem.rows == 1 &&
           problem.pixelStep == problem.depth && comesFromMemory(bytes);
  }

  /// Asks for a part of the pixels from `column` on: the steps of all panels ask for each line once or more.
  void prefetchPixels(Value panel, Value row, Value column, int64_t height, Value k) {
    Value done = kernel.addIndex(kernel.multiplyIndex(panel, problem.depth), k);
    Value part = arith::DivUIOp::create(kernel.builder(), kernel.loc(), kernel.multiplyIndex(done, height),
                                        kernel.constantIndex(panels));
    Index place = problem.inputPlace(row, column, kernel.constantIndex(0), part);
    memref::PrefetchOp::create(kernel.builder(), kernel.loc(), problem.buffer, place, /*isWrite=*/false,
                               /*localityHint=*/3, /*isDataCache=*/true);
  }

  /// Weights that come from behind the second cache are asked for early. Where many tiles pass over a panel, each asks for its part of
  /// the next one, so that the panel comes at an even pace; asked for as they are wanted, all weights would be waited for in the first
  /// tile. Where few do, each asks for what it wants itself a little later.
  void prefetchWeights(const TilePlace &at, Value kh, Value k) {
    Value packed = atom.packedWeights();
    if (!packed || order == LoopOrder::PixelsOutermost)
      return;
    constexpr int64_t kManyTiles = 4, kBytesAhead = 8192, kLineBytes = 64;
    OpBuilder &b = kernel.builder();
    auto type = cast<MemRefType>(packed.getType());
    int64_t bytes = type.getElementTypeBitWidth() / 8, steps = problem.outer * type.getDimSize(2),
            stepElements = type.getDimSize(3);
    Value step = atom.unit() == 1
                     ? k
                     : Value(arith::DivUIOp::create(b, kernel.loc(), k, kernel.constantIndex(atom.unit())));
    step = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(kh, type.getDimSize(2)), step);
    int64_t part = stepElements, ahead = kBytesAhead / bytes;
    if (at.tiles >= kManyTiles) {
      step = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(at.number, steps), step);
      part = ceilDivide(stepElements, at.tiles), ahead = steps * stepElements;
    }
    // Panels lie behind one another: elements are counted through to those of the next.
    Value element = kernel.addIndex(kernel.multiplyIndex(step, part), ahead), first = kernel.constantIndex(0);
    for (int64_t from = 0; from < part; from += kLineBytes / bytes)
      memref::PrefetchOp::create(b, kernel.loc(), packed,
                                 ValueRange{at.panel, first, first, kernel.addIndex(element, from)},
                                 /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
  }

  lower::KernelBuilder &kernel;
  Atom &atom;
  const TiledProblem &problem;
  Tile tile;
  LoopOrder order;
  TileEpilogue &epilogue;
  int64_t panels;
};
} // namespace

/// As many pixels as make the results of all columns one vector of bytes; or those of one group whole vectors of floats.
static int64_t pixelsOfRuns(const TiledProblem &problem, const Isa &isa, bool floats) {
  constexpr int64_t kMostOfFloats = 16;
  int64_t most = std::min(problem.width, isa.registers - 4);
  if (!floats)
    return std::clamp<int64_t>(4 * isa.lanes / problem.columns, 1, most);
  int64_t whole = isa.lanes / std::gcd(isa.lanes, problem.run);
  most = std::min(most, kMostOfFloats);
  return most < whole ? most : most / whole * whole;
}

/// Where registers are few, one for an input is enough: it is spread for one row after the other. Weights of so small a tile are few. A Zen 3
/// reads them at 24 bytes a cycle while it multiplies, by the times of its tiles.
static StepCost floatCost(const Isa &isa) {
  constexpr int64_t kFew = 16;
  if (isa.registers > kFew)
    return {};
  return {.inputRegisters = 1, .fromSecondCache = 24, .lastRowsAsWhole = false};
}

/// Chooses tile and atom of a problem and writes its loops.
static void emitProblem(lower::KernelBuilder &kernel, const Isa &isa,
                        lower::ContractionArithmetic &arithmetic, TiledProblem &problem) {
  Value x = kernel.core()->getOperand(0);
  problem.buffer = kernel.buffer(x);
  if (!arithmetic.isFloat())
    problem.weights.products = fusedProducts(isa, arithmetic, problem.outer * problem.depth,
                                             ByteEpilogue::reachOf(kernel, arithmetic, problem.weights));
  if (!problem.run && succeeded(emitAmxContraction(kernel, isa, arithmetic, problem)))
    return;
  std::optional<ByteInstructions::Form> form;
  bool room = kernel.hasRoomBehind(x), paired = false;
  if (!arithmetic.isFloat()) {
    form = ByteInstructions::pairForm(isa, problem.depth, room);
    paired = form.has_value();
    if (!paired)
      form = ByteInstructions::tileForm(isa, problem.width, problem.depth, room);
  }
  bool pairs = bf16AtomApplies(arithmetic, isa);
  bool wide = arithmetic.isFloat() && !pairs && !keepsHalves(arithmetic, isa);
  DType packed = wide ? DType::F32 : problem.weights.values.dtype();
  ContractionExtent extent{problem.rows,
                           problem.width,
                           problem.columns,
                           problem.outer * problem.depth,
                           static_cast<int64_t>(storageBytes(packed)),
                           problem.pixelStep * static_cast<int64_t>(storageBytes(kernel.typeOf(x).dtype))};
  kernel.setFamily(form                   ? form->family
                   : pairs                ? "bf16 tile"
                   : arithmetic.isFloat() ? "float tile"
                                          : "integer tile");
  Tile tile{};
  if (problem.run) {
    tile = {pixelsOfRuns(problem, isa, arithmetic.isFloat()), 1, isa.lanes};
    noteTile(kernel, extent, isa, tile);
  } else {
    tile = tileFor(kernel, extent, isa, isa.lanes, form ? form->cost : floatCost(isa));
  }
  if (arithmetic.isFloat())
    tile = withoutIdleHalf(tile, problem.columns);
  // All taps are one sequence of panels, computed for one tile of pixels after the other.
  extent.columns *= problem.taps;
  if (!problem.run)
    problem.weights = problem.weights.inPanels(tile.panel());
  std::unique_ptr<Atom> atom;
  if (paired)
    atom = makeBytePairAtom(kernel, arithmetic, tile, isa);
  else if (form)
    atom = makeDotAtom(kernel, arithmetic, tile, isa, *form);
  else if (pairs)
    atom = makeBF16Atom(kernel, arithmetic, tile);
  else
    atom = arithmetic.isFloat() ? makeFloatAtom(kernel, arithmetic, tile, isa)
                                : makeIntegerAtom(kernel, arithmetic, tile);
  atom->pack(problem.weights, tile);
  TileEpilogue epilogue(kernel, arithmetic, problem, tile, isa, atom->startsAtBias());
  TileEmitter(kernel, *atom, problem, tile, chooseOrder(extent), epilogue).emit();
}

LogicalResult emitTiledContraction(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::ConvOp, graph::ConvTransposeOp, graph::MatmulOp, graph::ConvIntegerOp,
                       graph::MatmulIntegerOp>(op))
    return failure();
  TensorType x = kernel.typeOf(op->getOperand(0));
  // f16 and bf16 with results of their own type, and f64, are left to the general body.
  bool inF32 =
      !x.quantization && kernel.typeOf(op->getResult(0)).dtype == DType::F32 && limbeck::isFloat(x.dtype);
  if (!inF32 && !x.quantization && !llvm::isa<graph::ConvIntegerOp, graph::MatmulIntegerOp>(op))
    return failure();
  FailureOr<TiledProblem> problem = tiledProblem(kernel, op, isa);
  if (failed(problem) || problem->depth == 0 || problem->outer == 0 || problem->columns == 0)
    return failure();
  lower::ContractionArithmetic arithmetic(kernel, op, problem->outer * problem->depth, problem->columns);
  if (!inF32 && !integerAtomsApply(arithmetic, kernel))
    return failure();
  kernel.countOn(problem->countedDim);
  emitProblem(kernel, isa, arithmetic, *problem);
  return success();
}

} // namespace limbeck::cpu
