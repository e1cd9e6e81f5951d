// Register-tiled convolutions (implicit matrix products in NHWC) and matrix products.
//
// Results form rows of `width` pixels by `columns` channels. A tile of height x vectors results stays in registers while
// the products run in the order (kh, kw, ic): for one kh, the elements (kw, ic) of the window are neighbours in memory, so they
// are one loop. Tiles that reach over the end of a row have a loop of their own.
#include "ByteEpilogue.h"
#include "Contractions.h"
#include "TiledProblem.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

namespace {
/// Writes the loops of one problem with one tile and one atom.
class TileEmitter {
public:
  TileEmitter(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic, Atom &atom,
              TiledProblem &problem, Tile tile, LoopOrder order, ByteEpilogue *bytes)
      : kernel(kernel), b(kernel.builder()), arithmetic(arithmetic), atom(atom), problem(problem), tile(tile),
        order(order), bytes(bytes), panels(ceilDivide(problem.columns, tile.panel())) {}

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
    kernel.shared(panels * problem.rows * count, [&](Value t) {
      bool pixels = order == LoopOrder::PixelsOutermost;
      Index at = pixels ? kernel.delinearize(t, {problem.rows, count, panels})
                        : kernel.delinearize(t, {panels, problem.rows, count});
      Value panel = at[pixels ? 2 : 0], row = at[pixels ? 0 : 1], pixel = at[pixels ? 1 : 2];
      emitTile(panel, row, kernel.addIndex(kernel.multiplyIndex(pixel, tile.height), first), height);
    });
  }

  void emitTile(Value panel, Value row, Value column, int64_t height) {
    SmallVector<Value> accumulators;
    for (int64_t m = 0; m < height; ++m)
      for (int64_t v = 0; v < tile.vectors; ++v)
        accumulators.push_back(m == 0 ? atom.start(panel, v) : accumulators[static_cast<size_t>(v)]);
    auto overDepth = [&](Value kh, ValueRange carried) {
      return kernel.loop(0, problem.depth, atom.unit(), carried, [&](Value k, ValueRange values) {
        SmallVector<Value> next(values), columns;
        for (int64_t v = 0; v < tile.vectors; ++v) {
          columns.push_back(atom.weights(panel, kh, k, v));
          // Panels of the weights lie behind one another: what is wanted next is not always in this one.
          if (int64_t ahead = stepsAhead())
            atom.prefetch(panel, kh, k, v, ahead);
        }
        for (int64_t m = 0; m < height; ++m) {
          Value input =
              atom.input(problem.buffer, problem.inputPlace(row, kernel.addIndex(column, m), kh, k));
          for (int64_t v = 0; v < tile.vectors; ++v) {
            Value &result = next[static_cast<size_t>(m * tile.vectors + v)];
            result = atom.multiplyAdd(result, input, columns[static_cast<size_t>(v)]);
          }
        }
        return next;
      });
    };
    if (problem.outer == 1)
      accumulators = overDepth(kernel.constantIndex(0), accumulators);
    else
      accumulators = kernel.loop(0, problem.outer, 1, accumulators,
                                 [&](Value kh, ValueRange carried) { return overDepth(kh, carried); });
    emitEpilogue(panel, row, column, height, accumulators);
  }

  /// How many steps of depth before their use weights are asked for, where they come from behind the second cache; or 0.
  int64_t stepsAhead() const {
    constexpr int64_t kBytesAhead = 8192;
    constexpr int64_t kLaneBytes = 4;
    return order == LoopOrder::PixelsOutermost ? 0 : kBytesAhead / (tile.panel() * kLaneBytes);
  }

  void emitEpilogue(Value panel, Value row, Value column, int64_t height, ArrayRef<Value> accumulators) {
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
  void finishTile(Value panel, Value row, Value pixel, int64_t height, ArrayRef<Value> accumulators,
                  int64_t columns) {
    Value base = kernel.multiplyIndex(panel, tile.panel());
    SmallVector<Value> rows = bytes ? packedRows(base, height, accumulators) : llvm::to_vector(accumulators);
    if (kernel.hasLongEpilogue())
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
  SmallVector<Value> packedRows(Value base, int64_t height, ArrayRef<Value> accumulators) {
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
  void finishStaged(Value base, Value row, Value pixel, int64_t height, ArrayRef<Value> rows,
                    int64_t columns) {
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
            lanes == 1
                ? Value(memref::LoadOp::create(b, kernel.loc(), stage, from))
                : Value(vector::LoadOp::create(
                      b, kernel.loc(), VectorType::get({lanes}, vector.getElementType()), stage, from));
        finishPiece(row, kernel.addIndex(pixel, m), kernel.addIndex(base, done), part, lanes);
      });
      return {};
    });
  }

  /// The most elements that the epilogue takes at once.
  int64_t widest() const { return bytes ? 4 * tile.lanes : tile.lanes; }

  void finishPiece(Value row, Value pixel, Value channel, Value part, int64_t lanes) {
    Index place = problem.resultPlace(row, pixel, channel);
    if (bytes)
      kernel.finishStored(place, lanes, part);
    else if (atom.startsAtBias())
      arithmetic.finishBiased(place, lanes, part, channel);
    else
      arithmetic.finish(place, lanes, part, channel);
  }

  Value slice(Value vector, int64_t first, int64_t lanes) {
    if (lanes == cast<VectorType>(vector.getType()).getNumElements())
      return vector;
    if (lanes == 1)
      return vector::ExtractOp::create(b, kernel.loc(), vector, ArrayRef<int64_t>{first});
    return vector::ExtractStridedSliceOp::create(b, kernel.loc(), vector, ArrayRef<int64_t>{first},
                                                 ArrayRef<int64_t>{lanes}, ArrayRef<int64_t>{1});
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  lower::ContractionArithmetic &arithmetic;
  Atom &atom;
  TiledProblem &problem;
  Tile tile;
  LoopOrder order;
  ByteEpilogue *bytes; ///< null where results are no bytes, or the ISA has no packs
  int64_t panels;
};
} // namespace

/// Chooses tile and atom of a problem and writes its loops.
static void emitProblem(lower::KernelBuilder &kernel, const Isa &isa,
                        lower::ContractionArithmetic &arithmetic, TiledProblem &problem) {
  Value x = kernel.core()->getOperand(0);
  bool dots = !arithmetic.isFloat() && ByteInstructions::available(isa) &&
              (problem.depth % 4 == 0 || kernel.hasRoomBehind(x));
  ContractionExtent extent{problem.rows,
                           problem.width,
                           problem.columns,
                           problem.outer * problem.depth,
                           static_cast<int64_t>(storageBytes(problem.weights.values.dtype())),
                           problem.pixelStep * static_cast<int64_t>(storageBytes(kernel.typeOf(x).dtype))};
  Tile tile =
      chooseTile(extent, isa, isa.lanes, dots ? ByteInstructions(kernel, isa).stepCost() : StepCost());
  kernel.setFamily(arithmetic.isFloat()    ? "float tile"
                   : !dots                 ? "integer tile"
                   : isa.has("avx512vnni") ? "vnni tile"
                                           : "dot tile");
  std::unique_ptr<Atom> atom;
  if (arithmetic.isFloat())
    atom = makeFloatAtom(kernel, arithmetic, tile);
  else if (dots)
    atom = makeDotAtom(kernel, arithmetic, tile, isa);
  else
    atom = makeIntegerAtom(kernel, arithmetic, tile);
  problem.buffer = kernel.buffer(x);
  atom->pack(problem.weights, tile);
  std::optional<ByteEpilogue> bytes;
  if (atom->startsAtBias() && ByteEpilogue::applies(arithmetic, tile, isa))
    bytes.emplace(kernel, arithmetic, problem.weights, tile, isa);
  TileEmitter(kernel, arithmetic, *atom, problem, tile, chooseOrder(extent), bytes ? &*bytes : nullptr)
      .emit();
}

LogicalResult emitTiledContraction(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::ConvOp, graph::ConvTransposeOp, graph::MatmulOp>(op))
    return failure();
  TensorType x = kernel.typeOf(op->getOperand(0));
  bool isFloat32 =
      !x.quantization && x.dtype == DType::F32 && kernel.typeOf(op->getOperand(1)).dtype == DType::F32;
  if (!isFloat32 && !x.quantization)
    return failure();
  FailureOr<std::vector<TiledProblem>> problems = tiledProblems(kernel, op);
  if (failed(problems))
    return failure();
  const TiledProblem &first = problems->front();
  if (first.depth == 0 || first.outer == 0 || first.columns == 0)
    return failure();
  lower::ContractionArithmetic arithmetic(kernel, op, first.outer * first.depth, first.columns);
  if (!isFloat32 && !integerAtomsApply(arithmetic, kernel))
    return failure();
  for (TiledProblem &problem : *problems)
    emitProblem(kernel, isa, arithmetic, problem);
  return success();
}

} // namespace limbeck::cpu
