// Depthwise convolutions of bytes, each block of results by itself. DepthwisePlanes.cpp has the kernel for neighbouring windows.
//
// The taps of a window are dealt into fours, or into threes where products are added in pairs (TapPairs.h). For a vector of neighbouring
// elements, the four vectors of a step are interleaved by bytes, so that it adds four products to each result. Interleaving works inside 128 bits (punpck, zip), which deals the
// results over four accumulators as 16 * i + 4 * j + k (accumulator j, lane 4 * i + k); packing the results to bytes undoes it.
//
// Where the window does not step along the width, a row of pixels times channels is one run of elements; bias, multipliers and
// weights then repeat with the channels, and are stored for every phase that a block can start at. Otherwise a block stays
// inside a pixel. The last block of a run overlaps the one before it.
//
// Weights of all phases may be more than the first cache keeps while a run passes. Then a worker takes one phase after the other, each
// through rows of pixels: a slab of channels.
#include "Contractions.h"
#include "Depthwise.h"
#include "Operands.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;

namespace {
constexpr int64_t kMostTaps = 64;

class DepthwiseEmitter {
public:
  DepthwiseEmitter(lower::KernelBuilder &kernel, const DepthwiseProblem &problem)
      : kernel(kernel), b(kernel.builder()), problem(problem), instructions(kernel, problem.isa),
        blockSize(problem.blockSize()), channels(problem.channels) {
    bool runs = problem.horizontalStride == 1 && kernel.storesRuns(2);
    if (ByteInstructions::multiplyInPairs(problem.isa))
      pairs = TapPairs::of(problem.weights.asIndices(), channels, problem.taps());
    dealTaps();
    run = runs ? problem.result[2] * channels : channels;
    bySlab = prefersSlabs(runs);
    if (bySlab)
      run = channels;
    pixels = run > channels ? 1 : problem.result[2];
  }

  bool applies() const { return run >= blockSize && problem.taps() <= kMostTaps; }

  void emit() {
    BlockPhases phases(run, channels, blockSize);
    period = phases.period;
    // One more table to read for every block would cost more than the conversion; that of a single phase stays in registers.
    tables.emplace(kernel, instructions, problem, fours, phases.starts, ByteInstructions::Order::Dealt,
                   /*fuses=*/phases.starts.size() == 1, pairs ? &*pairs : nullptr);
    buffer = kernel.buffer(problem.op->getOperand(0));
    if (bySlab)
      return emitSlabs();
    // A worker takes whole runs where there are enough of them, else halves, quarters.. of one.
    int64_t rows = problem.result[0] * problem.result[1] * pixels, pieces = 1;
    while (rows * pieces < kLeastShares && wholeBlocks() / (pieces * 2) >= kLeastBlocks)
      pieces *= 2;
    kernel.shared(rows * pieces, [&](Value t) {
      lower::Index at = kernel.delinearize(t, {problem.result[0], problem.result[1], pixels, pieces});
      Value first = share(at[3], pieces), last = share(kernel.addIndex(at[3], 1), pieces);
      auto blocks = scf::ForOp::create(b, kernel.loc(), first, last, kernel.constantIndex(1));
      {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(blocks.getBody());
        Value block = blocks.getInductionVar();
        Value phase =
            period == 1 ? kernel.constantIndex(0)
                        : Value(arith::RemUIOp::create(b, kernel.loc(), block, kernel.constantIndex(period)));
        emitBlock(at[0], at[1], at[2], kernel.multiplyIndex(block, blockSize), phase);
      }
      if (run % blockSize == 0)
        return;
      auto emitRest = [&] {
        emitBlock(at[0], at[1], at[2], kernel.constantIndex(run - blockSize), kernel.constantIndex(period));
      };
      if (pieces == 1)
        return emitRest();
      Value isLast = arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, at[3],
                                           kernel.constantIndex(pieces - 1));
      auto choice = scf::IfOp::create(b, kernel.loc(), isLast, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(choice.thenBlock());
      emitRest();
    });
  }

private:
  static constexpr int64_t kLeastShares = 32, kLeastBlocks = 4;

  /// Whether the weights of all phases are too many, and blocks that stay inside a pixel compute little twice.
  bool prefersSlabs(bool runs) const {
    constexpr int64_t kMostWeightBytes = 16 * 1024; // half of a first cache of 32 KiB
    constexpr int64_t kMostWaste = 12;              // percent
    constexpr int64_t kTables = 3;                  // of four bytes a result: bias, multipliers, shifts
    if (channels < blockSize)
      return false;
    auto phases = static_cast<int64_t>(BlockPhases(run, channels, blockSize).starts.size());
    int64_t weightBytes = phases * blockSize * 4 * (static_cast<int64_t>(fours.size()) + kTables),
            slabs = ceilDivide(channels, blockSize);
    return weightBytes > kMostWeightBytes &&
           (!runs || (slabs * blockSize - channels) * 100 <= kMostWaste * channels);
  }

  void emitSlabs() {
    int64_t height = problem.result[1], slabs = ceilDivide(channels, blockSize), pieces = 1;
    while (problem.result[0] * slabs * pieces < kLeastShares && pieces * 2 <= height)
      pieces *= 2;
    kernel.shared(problem.result[0] * pieces * slabs, [&](Value t) {
      lower::Index at = kernel.delinearize(t, {problem.result[0], pieces, slabs});
      auto firstRow = [&](Value piece) -> Value {
        Value scaled = kernel.multiplyIndex(piece, height);
        return pieces == 1
                   ? scaled
                   : Value(arith::DivUIOp::create(b, kernel.loc(), scaled, kernel.constantIndex(pieces)));
      };
      Value first = kernel.multiplyIndex(at[2], blockSize);
      if (channels % blockSize)
        first = arith::MinUIOp::create(b, kernel.loc(), first, kernel.constantIndex(channels - blockSize));
      kernel.loop(firstRow(at[1]), firstRow(kernel.addIndex(at[1], 1)), 1, {},
                  [&](Value row, ValueRange) -> SmallVector<Value> {
                    kernel.loop(0, pixels, 1, {}, [&](Value pixel, ValueRange) -> SmallVector<Value> {
                      // LLVM would else bring weights out of the loop, more than there are registers for.
                      emitBlock(at[0], row, pixel, first, readAnew(kernel, at[2]));
                      return {};
                    });
                    return {};
                  });
    });
  }

  int64_t wholeBlocks() const { return run / blockSize; }

  void dealTaps() {
    int64_t count = pairs ? static_cast<int64_t>(pairs->taps.size()) : problem.taps();
    fours.resize(static_cast<size_t>(ceilDivide(count, 4)));
    for (int64_t factor = 0; factor < count; ++factor) {
      int64_t tap = pairs ? pairs->taps[static_cast<size_t>(factor)] : factor;
      if (tap != TapPairs::kNone)
        fours[static_cast<size_t>(factor / 4)][static_cast<size_t>(factor % 4)] = tap;
    }
  }

  /// First block of piece `piece` of a run.
  Value share(Value piece, int64_t pieces) {
    Value scaled = kernel.multiplyIndex(piece, wholeBlocks());
    return pieces == 1 ? scaled
                       : Value(arith::DivUIOp::create(b, kernel.loc(), scaled, kernel.constantIndex(pieces)));
  }

  Value loadTap(Value image, Value row, Value pixel, Value element, int64_t tap) {
    int64_t kh = tap / problem.width, kw = tap % problem.width;
    Value ih = kernel.addIndex(kernel.multiplyIndex(row, problem.verticalStride), kh * problem.dilations[0]);
    Value offset = kernel.addIndex(element, kw * problem.dilations[1] * channels);
    Value iw = kernel.multiplyIndex(pixel, problem.horizontalStride);
    Value bytes = vector::LoadOp::create(b, kernel.loc(), instructions.bytes(), buffer,
                                         ValueRange{image, ih, iw, offset});
    return instructions.shifted(bytes, problem.signedInput());
  }

  void emitBlock(Value image, Value row, Value pixel, Value element, Value phase) {
    SmallVector<Value> sums;
    for (int64_t group = 0; group < kDepthwiseGroups; ++group)
      sums.push_back(tables->start(phase, group));
    Value zero = kernel.constantLike(instructions.bytes(), 0);
    for (auto [number, four] : llvm::enumerate(fours)) {
      SmallVector<Value> x;
      for (std::optional<int64_t> tap : four)
        x.push_back(tap ? loadTap(image, row, pixel, element, *tap) : zero);
      SmallVector<Value> inputs = instructions.interleaved(x);
      for (int64_t group = 0; group < kDepthwiseGroups; ++group) {
        Value &sum = sums[static_cast<size_t>(group)];
        Value input = inputs[static_cast<size_t>(group)];
        Value factors = tables->factors(phase, static_cast<int64_t>(number), group);
        // LLVM would else add the products of several steps first, which takes registers that there are not.
        sum = pairs ? heldInRegister(kernel,
                                     instructions.addWords(sum, instructions.pairProducts(input, factors)))
                    : instructions.dot(sum, input, factors, problem.signedInput());
      }
    }
    SmallVector<Value> quarters;
    for (int64_t group = 0; group < kDepthwiseGroups; ++group)
      quarters.push_back(tables->requantize(sums[static_cast<size_t>(group)], phase, group));
    kernel.finishStored(lower::Index{image, row, pixel, element}, blockSize, tables->pack(quarters));
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const DepthwiseProblem &problem;
  ByteInstructions instructions;
  int64_t blockSize, channels, run, pixels, period = 0;
  bool bySlab;
  std::optional<TapPairs> pairs; ///< where products are added in pairs of 16 bits
  std::vector<TapFour> fours;
  std::optional<DepthwiseTables> tables;
  Value buffer;
};
} // namespace

LogicalResult emitDepthwiseConvolution(lower::KernelBuilder &kernel, const Isa &isa) {
  Operation *op = kernel.core();
  if (!isa_and_nonnull<graph::ConvOp>(op))
    return failure();
  reference::Attributes attributes = lower::attributesOf(op);
  Shape x = kernel.shapeOf(op->getOperand(0)), y = kernel.shapeOf(op->getResult(0));
  std::optional<Tensor> weights = kernel.constantOf(op->getOperand(1));
  bool padded = llvm::any_of(attributes.integers("pads"), [](int64_t pad) { return pad != 0; });
  if (!weights || padded || attributes.text("layout") != "NHWC" || attributes.integer("groups") != x[3] ||
      y[3] != x[3])
    return failure();
  int64_t taps = weights->shape()[2] * weights->shape()[3];
  lower::ContractionArithmetic arithmetic(kernel, op, taps, y[3]);
  if (!integerAtomsApply(arithmetic, kernel) || !ByteInstructions::multiply(isa, *weights) ||
      !packsTo(arithmetic.resultType()) || !allowsRuns(kernel, y))
    return failure();
  DepthwiseProblem problem(kernel, op, arithmetic, isa);
  bool pairs = ByteInstructions::multiplyInPairs(isa);
  if (pairs || !emitDepthwisePlanes(kernel, problem)) {
    DepthwiseEmitter emitter(kernel, problem);
    if (!emitter.applies())
      return failure();
    emitter.emit();
  }
  kernel.setFamily("depthwise");
  if (pairs)
    kernel.noteForm("pairs");
  return success();
}

} // namespace limbeck::cpu
