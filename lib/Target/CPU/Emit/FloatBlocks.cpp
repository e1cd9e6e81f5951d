// Matrix products of floats with weights in blocks. The integers become f32, a shift and a look-up or a conversion each, are
// multiplied and added by fused operations, and the scale meets the sum of a block, not each weight.
//
// A few rows: all in registers, weights widened as they are read, which few rows make the most of the work there is. Many rows: the
// weights of a block and a panel are widened once into the first cache, and tiles of rows multiply from there.
#include "BlockWeights.h"
#include "TileChoice.h"
#include "TileEpilogue.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <array>

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

/// Weights of 4 bits that one lane reads as a word.
static constexpr int64_t kRun = 8;

namespace {
/// The weights of a kernel in memory, and as f32.
class WidenedWeights {
public:
  WidenedWeights(lower::KernelBuilder &kernel, const BlockWeights &weights, const Tile &tile, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), tile(tile), dtype(weights.dtype()), nibbles(weights.nibbles()),
        permutes(isa.lanes == 16),
        packed(kernel.weights(nibbles ? packWords(weights) : packBlocks(weights, tile, 1))),
        scales(kernel.weights(packParameters(weights.scales, weights, tile))),
        scaleType{weights.scales.dtype(), {}, nullptr} {
    if (weights.zeroPoints)
      zeroPoints = kernel.weights(packParameters(*weights.zeroPoints, weights, tile));
  }

  /// Scales of one vector of columns.
  Value scale(Value panel, Value block, int64_t vector) {
    return kernel.widen(load(scales, {panel, block, column(vector)}), scaleType, {});
  }
  /// Zero points of one vector of columns, or null where all are 0.
  Value zeroPoint(Value panel, Value block, int64_t vector) {
    return zeroPoints ? toFloat(load(zeroPoints, {panel, block, column(vector)})) : Value();
  }
  /// The first `count` of the eight weights of run `run` of a block, less their zero points.
  SmallVector<Value> run(Value panel, Value block, Value run, int64_t vector, int64_t count, Value zero) {
    Value words = nibbles ? load(packed, {panel, block, run, column(vector)}) : Value();
    SmallVector<Value> all;
    for (int64_t i = 0; i < count; ++i) {
      Value row = nibbles ? Value() : kernel.addIndex(kernel.multiplyIndex(run, kRun), i);
      Value q = nibbles ? nibble(words, i) : byte(load(packed, {panel, block, row, column(vector)}));
      all.push_back(zero ? Value(arith::SubFOp::create(b, kernel.loc(), q, zero)) : q);
    }
    return all;
  }
  /// Asks for what is read `kBytesAhead` behind the weights of a run.
  void prefetch(Value panel, Value block, Value run, int64_t vector) {
    constexpr int64_t kBytesAhead = 4096;
    int64_t rows = nibbles ? 1 : kRun, rowBytes = tile.panel() * (nibbles ? 4 : 1);
    for (int64_t i = 0; i < rows; ++i) {
      Value row =
          kernel.addIndex(nibbles ? run : kernel.multiplyIndex(run, kRun), i + kBytesAhead / rowBytes);
      memref::PrefetchOp::create(b, kernel.loc(), packed, Index{panel, block, row, column(vector)},
                                 /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
    }
  }

private:
  VectorType lanes(Type element) { return VectorType::get({tile.lanes}, element); }
  Value column(int64_t vector) { return kernel.constantIndex(vector * tile.lanes); }
  Value load(Value buffer, ArrayRef<Value> place) {
    Type element = cast<MemRefType>(buffer.getType()).getElementType();
    return vector::LoadOp::create(b, kernel.loc(), lanes(element), buffer, place);
  }
  Value toFloat(Value integers) {
    return arith::SIToFPOp::create(b, kernel.loc(), lanes(b.getF32Type()), integers);
  }

  /// Weight `i` of eight in every word, as f32.
  Value nibble(Value words, int64_t i) {
    Type i32 = words.getType();
    auto shift = [&](int64_t bits) { return kernel.constantLike(i32, static_cast<double>(bits)); };
    if (permutes) { // the instruction reads the lowest four bits of each position
      std::array<float, 16> values{};
      for (int value = 0; value < 16; ++value)
        values[static_cast<size_t>(value)] =
            static_cast<float>(dtype == DType::S4 && value >= 8 ? value - 16 : value);
      Type f32 = lanes(b.getF32Type());
      Value table = arith::ConstantOp::create(
          b, kernel.loc(), DenseElementsAttr::get(cast<ShapedType>(f32), ArrayRef<float>(values)));
      Value position = i ? Value(arith::ShRUIOp::create(b, kernel.loc(), words, shift(4 * i))) : words;
      return LLVM::CallIntrinsicOp::create(b, kernel.loc(), f32,
                                           b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
                                           ValueRange{table, position})
          .getResult(0);
    }
    Value high = arith::ShLIOp::create(b, kernel.loc(), words, shift(28 - 4 * i));
    return toFloat(dtype == DType::S4 ? Value(arith::ShRSIOp::create(b, kernel.loc(), high, shift(28)))
                                      : Value(arith::ShRUIOp::create(b, kernel.loc(), high, shift(28))));
  }

  Value byte(Value bytes) {
    Type i32 = lanes(b.getI32Type());
    return toFloat(isSigned(dtype) ? Value(arith::ExtSIOp::create(b, kernel.loc(), i32, bytes))
                                   : Value(arith::ExtUIOp::create(b, kernel.loc(), i32, bytes)));
  }

  /// Runs as words, the first weight lowest: [panels][blocks][runs][panel].
  Tensor packWords(const BlockWeights &weights) const {
    Tensor bytes = packBlocks(weights, tile, kRun);
    Shape shape = bytes.shape();
    shape.back() /= kRun;
    Tensor words = std::move(*Tensor::zeros(DType::S32, shape));
    for (int64_t word = 0; word < words.size(); ++word) {
      uint32_t value = 0;
      for (int64_t i = 0; i < kRun; ++i)
        value |= (std::to_integer<uint32_t>(bytes.bytes()[word * kRun + i]) & 15) << (4 * i);
      words.mutableValues<int32_t>()[static_cast<size_t>(word)] = static_cast<int32_t>(value);
    }
    return words;
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  Tile tile;
  DType dtype;
  bool nibbles, permutes;
  Value packed, scales, zeroPoints;
  TensorType scaleType;
};

/// What both ways of writing the loops share.
class FloatBlocks {
public:
  FloatBlocks(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
              const TiledProblem &problem, const BlockWeights &weights, Tile tile, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), problem(problem), tile(tile), block(weights.block),
        depth(weights.depth()), panels(ceilDivide(problem.columns, tile.panel())),
        widened(kernel, weights, tile, isa),
        epilogue(kernel, arithmetic, problem, tile, isa, /*biased=*/false) {}

protected:
  VectorType vector() { return VectorType::get({tile.lanes}, b.getF32Type()); }
  Value zero() { return kernel.constantLike(vector(), 0); }
  /// Input `k` of one pixel, in every lane.
  Value input(Value row, Value pixel, Value k) {
    Index place = problem.inputPlace(row, pixel, kernel.constantIndex(0), k);
    return kernel.splat(memref::LoadOp::create(b, kernel.loc(), problem.buffer, place), tile.lanes);
  }
  Value fma(Value x, Value w, Value sum) { return math::FmaOp::create(b, kernel.loc(), x, w, sum); }
  /// Calls `body(block, first product, products)` for whole blocks in a loop, and for a shorter one behind them.
  SmallVector<Value>
  overBlocks(ArrayRef<Value> sums,
             llvm::function_ref<SmallVector<Value>(Value, Value, int64_t, ValueRange)> body) {
    int64_t whole = depth / block;
    SmallVector<Value> carried = kernel.loop(0, whole, 1, sums, [&](Value at, ValueRange values) {
      return body(at, kernel.multiplyIndex(at, block), block, values);
    });
    if (int64_t rest = depth % block)
      carried = body(kernel.constantIndex(whole), kernel.constantIndex(whole * block), rest, carried);
    return carried;
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const TiledProblem &problem;
  Tile tile;
  int64_t block, depth, panels;
  WidenedWeights widened;
  TileEpilogue epilogue;
};

/// All rows of a tile in registers: the sums of a block, and the results so far.
class FewRows : public FloatBlocks {
public:
  using FloatBlocks::FloatBlocks;

  void emit() {
    int64_t whole = problem.width / tile.height;
    emitTiles(whole, 0, tile.height);
    emitTiles(1, whole * tile.height, problem.width % tile.height);
  }

private:
  void emitTiles(int64_t count, int64_t first, int64_t height) {
    if (count == 0 || height == 0)
      return;
    kernel.shared(panels * problem.rows * count, [&](Value t) {
      Index at = kernel.delinearize(t, {panels, problem.rows, count});
      Value pixel = kernel.addIndex(kernel.multiplyIndex(at[2], tile.height), first);
      emitTile(at[0], at[1], pixel, height);
    });
  }

  void emitTile(Value panel, Value row, Value pixel, int64_t height) {
    SmallVector<Value> results(static_cast<size_t>(height * tile.vectors), zero());
    results = overBlocks(results, [&](Value at, Value first, int64_t count, ValueRange before) {
      SmallVector<Value> sums(before.size(), zero()), zeros;
      for (int64_t v = 0; v < tile.vectors; ++v)
        zeros.push_back(widened.zeroPoint(panel, at, v));
      sums = overRuns(count, sums, [&](Value run, int64_t products, ValueRange values) {
        Value k = kernel.addIndex(first, kernel.multiplyIndex(run, kRun));
        return addRun({panel, row, pixel, at, run, k}, products, zeros, values);
      });
      SmallVector<Value> next;
      for (auto [i, sum] : llvm::enumerate(sums)) {
        Value scale = widened.scale(panel, at, static_cast<int64_t>(i) % tile.vectors);
        next.push_back(fma(sum, scale, before[i]));
      }
      return next;
    });
    epilogue.emit(panel, row, pixel, height, results);
  }

  struct Place {
    Value panel, row, pixel, block, run, k;
  };

  /// The runs of a block, four at a time.
  SmallVector<Value> overRuns(int64_t count, SmallVector<Value> sums,
                              llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> add) {
    constexpr int64_t kTogether = 4;
    int64_t whole = count / (kTogether * kRun), done = whole * kTogether;
    auto four = [&](Value first, ValueRange values) {
      SmallVector<Value> next(values);
      for (int64_t i = 0; i < kTogether; ++i)
        next = add(kernel.addIndex(first, i), kRun, next);
      return next;
    };
    sums = kernel.loop(0, whole, 1, sums, [&](Value i, ValueRange values) {
      return four(kernel.multiplyIndex(i, kTogether), values);
    });
    for (int64_t run = done; run * kRun < count; ++run)
      sums = add(kernel.constantIndex(run), std::min(kRun, count - run * kRun), sums);
    return sums;
  }

  SmallVector<Value> addRun(const Place &at, int64_t products, ArrayRef<Value> zeros, ValueRange values) {
    SmallVector<Value> sums(values);
    SmallVector<SmallVector<Value>> columns;
    for (int64_t v = 0; v < tile.vectors; ++v) {
      widened.prefetch(at.panel, at.block, at.run, v);
      columns.push_back(widened.run(at.panel, at.block, at.run, v, products, zeros[static_cast<size_t>(v)]));
    }
    int64_t height = static_cast<int64_t>(sums.size()) / tile.vectors;
    for (int64_t i = 0; i < products; ++i)
      for (int64_t m = 0; m < height; ++m) {
        Value x = input(at.row, kernel.addIndex(at.pixel, m), kernel.addIndex(at.k, i));
        for (int64_t v = 0; v < tile.vectors; ++v) {
          Value &sum = sums[static_cast<size_t>(m * tile.vectors + v)];
          sum = fma(x, columns[static_cast<size_t>(v)][static_cast<size_t>(i)], sum);
        }
      }
    return sums;
  }
};

/// Weights in the first cache, results of a stretch of rows in the second.
class ManyRows : public FloatBlocks {
public:
  ManyRows(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
           const TiledProblem &problem, const BlockWeights &blocks, Tile tile, const Isa &isa)
      : FloatBlocks(kernel, arithmetic, problem, blocks, tile, isa),
        stretch(std::min(problem.width, ceilDivide(kStretch, tile.height) * tile.height)) {
    Type f32 = b.getF32Type();
    weights = kernel.scratch(std::min(block, kChunk) * tile.panel(), f32);
    results = kernel.scratch(stretch * tile.panel(), f32);
    if (block > kChunk)
      sums = kernel.scratch(stretch * tile.panel(), f32);
  }

  void emit() {
    int64_t whole = problem.width / stretch;
    emitStretches(whole, 0, stretch);
    emitStretches(1, whole * stretch, problem.width % stretch);
  }

private:
  static constexpr int64_t kStretch = 48; ///< rows for which weights are widened once, about
  static constexpr int64_t kChunk = 128;  ///< weights of a column that are widened together

  struct Place {
    Value panel, row, pixel;
    int64_t rows;
  };

  void emitStretches(int64_t count, int64_t first, int64_t rows) {
    if (count == 0 || rows == 0)
      return;
    kernel.shared(panels * problem.rows * count, [&](Value t) {
      Index at = kernel.delinearize(t, {panels, problem.rows, count});
      Value pixel = kernel.addIndex(kernel.multiplyIndex(at[2], stretch), first);
      emitStretch({at[0], at[1], pixel, rows});
    });
  }

  void emitStretch(const Place &at) {
    fill(results, at.rows);
    overBlocks({}, [&](Value block, Value first, int64_t count, ValueRange) {
      if (count <= kChunk)
        addChunk(at, block, kernel.constantIndex(0), first, count, /*whole=*/true);
      else
        addChunks(at, block, first, count);
      return SmallVector<Value>{};
    });
    each(at.rows, 1, [&](Value m, int64_t) {
      SmallVector<Value> row;
      for (int64_t v = 0; v < tile.vectors; ++v)
        row.push_back(load(results, m, v));
      epilogue.emit(at.panel, at.row, arith::AddIOp::create(b, kernel.loc(), at.pixel, m), 1, row);
    });
  }

  void addChunks(const Place &at, Value block, Value first, int64_t count) {
    fill(sums, at.rows);
    int64_t whole = count / kChunk;
    kernel.loop(0, whole, 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
      Value k = kernel.addIndex(first, kernel.multiplyIndex(i, kChunk));
      addChunk(at, block, kernel.multiplyIndex(i, kChunk / kRun), k, kChunk, false);
      return {};
    });
    if (int64_t rest = count % kChunk)
      addChunk(at, block, kernel.constantIndex(whole * kChunk / kRun), kernel.addIndex(first, whole * kChunk),
               rest, false);
    each(at.rows, 1, [&](Value m, int64_t) {
      for (int64_t v = 0; v < tile.vectors; ++v)
        finishBlock(at, block, m, v, load(sums, m, v));
    });
  }

  /// Widens `count` weights of every column from run `run` of a block on, and adds their products. `whole`: they are the block.
  void addChunk(const Place &at, Value block, Value run, Value first, int64_t count, bool whole) {
    widen(at, block, run, count);
    each(at.rows, tile.height, [&](Value m, int64_t height) {
      SmallVector<Value> carried;
      for (int64_t i = 0; i < height * tile.vectors; ++i)
        carried.push_back(whole ? zero()
                                : load(sums, kernel.addIndex(m, i / tile.vectors), i % tile.vectors));
      carried = kernel.loop(0, count, 1, carried, [&](Value k, ValueRange values) {
        return addProducts(at, m, height, k, arith::AddIOp::create(b, kernel.loc(), first, k), values);
      });
      for (auto [i, sum] : llvm::enumerate(carried)) {
        auto number = static_cast<int64_t>(i);
        Value own = kernel.addIndex(m, number / tile.vectors);
        if (whole)
          finishBlock(at, block, own, number % tile.vectors, sum);
        else
          store(sums, own, number % tile.vectors, sum);
      }
    });
  }

  SmallVector<Value> addProducts(const Place &at, Value m, int64_t height, Value weight, Value k,
                                 ValueRange values) {
    SmallVector<Value> next(values), columns;
    for (int64_t v = 0; v < tile.vectors; ++v)
      columns.push_back(load(weights, weight, v));
    Value pixel = arith::AddIOp::create(b, kernel.loc(), at.pixel, m);
    for (int64_t i = 0; i < height; ++i) {
      Value x = input(at.row, kernel.addIndex(pixel, i), k);
      for (int64_t v = 0; v < tile.vectors; ++v) {
        Value &sum = next[static_cast<size_t>(i * tile.vectors + v)];
        sum = fma(x, columns[static_cast<size_t>(v)], sum);
      }
    }
    return next;
  }

  void widen(const Place &at, Value block, Value first, int64_t count) {
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value zeroPoint = widened.zeroPoint(at.panel, block, v);
      auto emitRun = [&](Value run, int64_t products) {
        Value place = arith::AddIOp::create(b, kernel.loc(), first, run);
        for (auto [i, weight] : llvm::enumerate(widened.run(at.panel, block, place, v, products, zeroPoint)))
          store(weights, kernel.addIndex(kernel.multiplyIndex(run, kRun), static_cast<int64_t>(i)), v,
                weight);
      };
      int64_t whole = count / kRun;
      kernel.loop(0, whole, 1, {}, [&](Value run, ValueRange) -> SmallVector<Value> {
        emitRun(run, kRun);
        return {};
      });
      if (int64_t rest = count % kRun)
        emitRun(kernel.constantIndex(whole), rest);
    }
  }

  void finishBlock(const Place &at, Value block, Value row, int64_t vector, Value sum) {
    Value scale = widened.scale(at.panel, block, vector);
    store(results, row, vector, fma(sum, scale, load(results, row, vector)));
  }

  /// `body(first row, rows)` for tiles of `height` rows of a stretch, and for the rest.
  void each(int64_t rows, int64_t height, llvm::function_ref<void(Value, int64_t)> body) {
    int64_t whole = rows / height;
    kernel.loop(0, whole, 1, {}, [&](Value i, ValueRange) -> SmallVector<Value> {
      body(kernel.multiplyIndex(i, height), height);
      return {};
    });
    if (int64_t rest = rows % height)
      body(kernel.constantIndex(whole * height), rest);
  }
  void fill(Value matrix, int64_t rows) {
    each(rows, 1, [&](Value m, int64_t) {
      for (int64_t v = 0; v < tile.vectors; ++v)
        store(matrix, m, v, zero());
    });
  }
  Value place(Value row, int64_t vector) {
    return kernel.addIndex(kernel.multiplyIndex(row, tile.panel()), vector * tile.lanes);
  }
  Value load(Value matrix, Value row, int64_t v) {
    return vector::LoadOp::create(b, kernel.loc(), vector(), matrix, place(row, v));
  }
  void store(Value matrix, Value row, int64_t v, Value value) {
    vector::StoreOp::create(b, kernel.loc(), value, matrix, place(row, v));
  }

  int64_t stretch; ///< rows
  Value weights, sums, results;
};
} // namespace

/// From this many rows on it pays to write widened weights to memory and to read them back.
static constexpr int64_t kManyRows = 5;

/// Every vector of a tile with few rows takes two accumulators a row, and the weights that are being widened.
static Tile fewRowsTile(const TiledProblem &problem, const Isa &isa) {
  constexpr int64_t kOthers = 6, kMostVectors = 4;
  int64_t vectors = std::clamp((isa.registers - kOthers) / (2 * problem.width + 1), int64_t(1), kMostVectors);
  return {problem.width, std::min(vectors, ceilDivide(problem.columns, isa.lanes)), isa.lanes};
}

LogicalResult emitFloatBlocks(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::MatmulBlocksOp>(op))
    return failure();
  std::optional<BlockWeights> weights = blockWeights(kernel, op);
  FailureOr<TiledProblem> found = tiledProblem(kernel, op, isa);
  if (!weights || failed(found) || found->width == 0)
    return failure();
  TiledProblem &problem = *found;
  lower::ContractionArithmetic arithmetic(kernel, op, problem.depth, problem.columns);
  problem.buffer = kernel.buffer(op->getOperand(0));
  kernel.countOn(problem.countedDim);
  kernel.setFamily("block tile");
  if (problem.width < kManyRows) {
    FewRows(kernel, arithmetic, problem, *weights, fewRowsTile(problem, isa), isa).emit();
  } else {
    ContractionExtent extent{problem.rows,    problem.width,
                             problem.columns, problem.depth,
                             sizeof(float),   problem.pixelStep * static_cast<int64_t>(sizeof(float))};
    Tile tile = tileFor(kernel, extent, isa, isa.lanes, StepCost());
    ManyRows(kernel, arithmetic, problem, *weights, tile, isa).emit();
  }
  kernel.facts().weightBytes = 0;
  for (const Tensor &tensor : kernel.weightTensors())
    kernel.facts().weightBytes += static_cast<int64_t>(tensor.byteSize());
  return success();
}

} // namespace limbeck::cpu
