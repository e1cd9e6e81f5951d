// Matrix products of bytes in blocks with weights in the same blocks: products of four bytes a lane, summed in integers over a block,
// which becomes f32 and meets both scales then.
//
// Inputs are the signed operand of the dot product. Weights are moved to the other one's range as they are packed: those of 4 bits to
// [0, 15], two groups of four in one byte each; those of 8 bits where the instruction takes unsigned ones. What they moved by, times
// the sum of the inputs, is what the integers start at.
#include "BlockWeights.h"
#include "TileEpilogue.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using lower::Index;

namespace {
class IntegerBlocks {
public:
  IntegerBlocks(lower::KernelBuilder &kernel, lower::ContractionArithmetic &arithmetic,
                const TiledProblem &problem, const BlockWeights &weights, Tile tile, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), problem(problem), tile(tile), instructions(kernel, isa),
        nibbles(weights.nibbles()), signedWeights(instructions.inputShift(true) == 0),
        offset(offsetOf(weights)), block(weights.block), unit(nibbles ? 8 : 4), blocks(weights.blocks()),
        panels(ceilDivide(problem.columns, tile.panel())),
        inputScales(kernel.buffer(kernel.core()->getOperand(1))),
        inputSums(kernel.buffer(kernel.core()->getOperand(2))), packed(kernel.weights(pack(weights))),
        scales(kernel.weights(packParameters(weights.scales, weights, tile))),
        scaleType{weights.scales.dtype(), {}, nullptr},
        epilogue(kernel, arithmetic, problem, tile, isa, /*biased=*/false) {
    if (weights.zeroPoints)
      zeroPoints = kernel.weights(packParameters(*weights.zeroPoints, weights, tile));
  }

  void emit() {
    int64_t whole = problem.width / tile.height;
    emitTiles(whole, 0, tile.height);
    emitTiles(1, whole * tile.height, problem.width % tile.height);
  }

private:
  struct Place {
    Value panel, row, pixel, block;
  };

  /// What is added to weights so that they are what the instruction reads.
  int64_t offsetOf(const BlockWeights &weights) const {
    if (nibbles)
      return isSigned(weights.dtype()) ? 8 : 0;
    return isSigned(weights.dtype()) == signedWeights ? 0 : signedWeights ? -128 : 128;
  }

  /// [panels][blocks][steps][panel * 4]: a step is four weights of each column, or, of 4 bits, eight.
  Tensor pack(const BlockWeights &weights) const {
    Tensor bytes = packBlocks(weights, tile, unit);
    Shape shape = bytes.shape();
    if (nibbles)
      shape.back() /= 2;
    Tensor result = std::move(*Tensor::zeros(DType::U8, shape));
    auto moved = [&](int64_t place) {
      return (std::to_integer<unsigned>(bytes.bytes()[place]) + static_cast<unsigned>(offset)) &
             (nibbles ? 15U : 255U);
    };
    for (int64_t i = 0; i < result.size(); ++i) {
      unsigned value = nibbles ? moved(i / 4 * 8 + i % 4) | moved(i / 4 * 8 + 4 + i % 4) << 4 : moved(i);
      result.mutableBytes()[i] = static_cast<std::byte>(value);
    }
    return result;
  }

  void emitTiles(int64_t count, int64_t first, int64_t height) {
    if (count == 0 || height == 0)
      return;
    kernel.shared(panels * problem.rows * count, [&](Value t) {
      Index at = kernel.delinearize(t, {panels, problem.rows, count});
      Value pixel = kernel.addIndex(kernel.multiplyIndex(at[2], tile.height), first);
      SmallVector<Value> results(static_cast<size_t>(height * tile.vectors),
                                 kernel.constantLike(vectorOf(b.getF32Type()), 0));
      results = kernel.loop(0, blocks, 1, results, [&](Value number, ValueRange carried) {
        return addBlock({at[0], at[1], pixel, number}, height, carried);
      });
      epilogue.emit(at[0], at[1], pixel, height, results);
    });
  }

  SmallVector<Value> addBlock(const Place &at, int64_t height, ValueRange before) {
    SmallVector<Value> sums, inputSum, inputScale;
    for (int64_t m = 0; m < height; ++m) {
      inputSum.push_back(memref::LoadOp::create(b, kernel.loc(), inputSums, parameterPlace(at, m)));
      inputScale.push_back(kernel.splat(
          memref::LoadOp::create(b, kernel.loc(), inputScales, parameterPlace(at, m)), tile.lanes));
      sums.append(static_cast<size_t>(tile.vectors), start(inputSum.back()));
    }
    sums = overSteps(sums, [&](Value step, ValueRange values) { return addStep(at, height, step, values); });
    SmallVector<Value> next;
    for (int64_t m = 0; m < height; ++m)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        auto number = static_cast<size_t>(m * tile.vectors + v);
        Value scale = kernel.widen(load(scales, v, at), scaleType, {});
        Value both = arith::MulFOp::create(b, kernel.loc(), inputScale[static_cast<size_t>(m)], scale);
        Value sum = withoutZeroPoints(sums[number], inputSum[static_cast<size_t>(m)], at, v);
        Value t = arith::SIToFPOp::create(b, kernel.loc(), vectorOf(b.getF32Type()), sum);
        next.push_back(math::FmaOp::create(b, kernel.loc(), t, both, before[number]));
      }
    return next;
  }

  /// The steps of a block: unrolled, a few at a time where there are many.
  SmallVector<Value> overSteps(SmallVector<Value> sums,
                               llvm::function_ref<SmallVector<Value>(Value, ValueRange)> add) {
    constexpr int64_t kProducts = 32;
    int64_t steps = block / unit, together = kProducts / unit, whole = steps / together;
    sums = kernel.loop(0, whole, 1, sums, [&](Value i, ValueRange values) {
      SmallVector<Value> next(values);
      for (int64_t step = 0; step < together; ++step)
        next = add(kernel.addIndex(kernel.multiplyIndex(i, together), step), next);
      return next;
    });
    for (int64_t step = whole * together; step < steps; ++step)
      sums = add(kernel.constantIndex(step), sums);
    return sums;
  }

  SmallVector<Value> addStep(const Place &at, int64_t height, Value step, ValueRange values) {
    SmallVector<Value> sums(values);
    Value k = arith::AddIOp::create(b, kernel.loc(), kernel.multiplyIndex(at.block, block),
                                    kernel.multiplyIndex(step, unit));
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Index place{at.panel, at.block, step, kernel.constantIndex(v * tile.lanes * 4)};
      Value bytes = vector::LoadOp::create(b, kernel.loc(), instructions.bytes(), packed, place);
      prefetch(place);
      SmallVector<Value> groups{bytes};
      if (nibbles) {
        Value four = kernel.constantLike(bytes.getType(), 4), mask = kernel.constantLike(bytes.getType(), 15);
        groups = {arith::AndIOp::create(b, kernel.loc(), bytes, mask),
                  arith::ShRUIOp::create(b, kernel.loc(), bytes, four)};
      }
      for (auto [group, weights] : llvm::enumerate(groups))
        for (int64_t m = 0; m < height; ++m) {
          Value &sum = sums[static_cast<size_t>(m * tile.vectors + v)];
          Value x = input(at, m, kernel.addIndex(k, 4 * static_cast<int64_t>(group)));
          sum = instructions.dot(sum, weights, x, signedWeights);
        }
    }
    return sums;
  }

  /// Four inputs of one pixel, in every lane.
  Value input(const Place &at, int64_t m, Value k) {
    auto four = VectorType::get({4}, b.getI8Type());
    auto one = VectorType::get({1}, b.getI32Type());
    Index place = problem.inputPlace(at.row, kernel.addIndex(at.pixel, m), kernel.constantIndex(0), k);
    Value word = vector::BitCastOp::create(
        b, kernel.loc(), one, vector::LoadOp::create(b, kernel.loc(), four, problem.buffer, place));
    Value scalar = vector::ExtractOp::create(b, kernel.loc(), word, ArrayRef<int64_t>{0});
    return vector::BitCastOp::create(b, kernel.loc(), instructions.bytes(), kernel.splat(scalar, tile.lanes));
  }

  /// What the weights have moved by would add this much too much.
  Value start(Value inputSum) {
    if (offset == 0)
      return kernel.constantLike(instructions.dwords(), 0);
    Value factor = kernel.constantLike(b.getI32Type(), static_cast<double>(-offset));
    return kernel.splat(arith::MulIOp::create(b, kernel.loc(), inputSum, factor), tile.lanes);
  }
  Value withoutZeroPoints(Value sum, Value inputSum, const Place &at, int64_t v) {
    if (!zeroPoints)
      return sum;
    Value product =
        arith::MulIOp::create(b, kernel.loc(), load(zeroPoints, v, at), kernel.splat(inputSum, tile.lanes));
    return arith::SubIOp::create(b, kernel.loc(), sum, product);
  }

  void prefetch(Index place) {
    constexpr int64_t kBytesAhead = 4096;
    place[2] = kernel.addIndex(place[2], kBytesAhead / (tile.panel() * 4));
    memref::PrefetchOp::create(b, kernel.loc(), packed, place, /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
  }
  /// Scale or sum of the inputs of one pixel: they have the dimensions of the inputs.
  Index parameterPlace(const Place &at, int64_t m) {
    return problem.inputPlace(at.row, kernel.addIndex(at.pixel, m), kernel.constantIndex(0), at.block);
  }
  /// Parameters of one vector of columns.
  Value load(Value table, int64_t v, const Place &at) {
    Type element = cast<MemRefType>(table.getType()).getElementType();
    return vector::LoadOp::create(b, kernel.loc(), vectorOf(element), table,
                                  ValueRange{at.panel, at.block, kernel.constantIndex(v * tile.lanes)});
  }
  VectorType vectorOf(Type element) { return VectorType::get({tile.lanes}, element); }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const TiledProblem &problem;
  Tile tile;
  ByteInstructions instructions;
  bool nibbles, signedWeights;
  int64_t offset;
  int64_t block, unit, blocks, panels; ///< `unit`: products of a step
  Value inputScales, inputSums, packed, scales, zeroPoints;
  TensorType scaleType;
  TileEpilogue epilogue;
};
} // namespace

/// Every vector of columns takes two accumulators a row, that of a block and that of all.
static Tile blockTile(const TiledProblem &problem, const Isa &isa) {
  int64_t height = std::min<int64_t>(problem.width, isa.registers == 32 ? 6 : 2);
  int64_t vectors = height == 1 ? 4 : isa.registers == 32 ? 2 : 1;
  return {height, std::min(vectors, ceilDivide(problem.columns, isa.lanes)), isa.lanes};
}

LogicalResult emitIntegerBlocks(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::MatmulIntegerBlocksOp>(op))
    return failure();
  std::optional<BlockWeights> weights = blockWeights(kernel, op);
  FailureOr<TiledProblem> found = tiledProblem(kernel, op, isa);
  if (!weights || failed(found) || found->width == 0)
    return failure();
  bool dots = ByteInstructions::tileForm(isa, 1, 4, /*room=*/false).has_value();
  int64_t block = lower::attributesOf(op).integer("block_size");
  if (!dots || block % (weights->nibbles() ? 8 : 4) != 0)
    return failure();
  weights->block = block; // inputs and weights are zero behind the last product
  TiledProblem &problem = *found;
  lower::ContractionArithmetic arithmetic(kernel, op, problem.depth, problem.columns);
  problem.buffer = kernel.buffer(op->getOperand(0));
  kernel.countOn(problem.countedDim);
  kernel.setFamily("block dot tile");
  IntegerBlocks(kernel, arithmetic, problem, *weights, blockTile(problem, isa), isa).emit();
  kernel.facts().weightBytes = 0;
  for (const Tensor &tensor : kernel.weightTensors())
    kernel.facts().weightBytes += static_cast<int64_t>(tensor.byteSize());
  return success();
}

} // namespace limbeck::cpu
