// Depthwise convolutions of bytes.
//
// The taps of a window are dealt into fours (into threes where products are added in pairs: TapPairs.h). For a vector of neighbouring elements, the four vectors of a four are interleaved by
// bytes, so that one instruction adds four products to each result. Interleaving works inside 128 bits (punpck, zip), which deals the
// results over four accumulators as 16 * i + 4 * j + k (accumulator j, lane 4 * i + k); packing the results to bytes undoes it.
//
// Where the window does not step along the width, a row of pixels times channels is one run of elements; bias, multipliers and
// weights then repeat with the channels, and are stored for every phase that a block can start at. Otherwise a block stays
// inside a pixel. The last block of a run overlaps the one before it.
#include "Bytes.h"
#include "Contractions.h"
#include "TapPairs.h"
#include "limbeck/Target/CPU/Emitters.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>

namespace limbeck::cpu {

using namespace mlir;

namespace {
constexpr int64_t kGroups = 4, kMostTaps = 64;

/// Element of the block that lane `lane` of accumulator `group` belongs to.
int64_t elementOf(int64_t group, int64_t lane) {
  return 16 * (lane / 4) + 4 * group + lane % 4;
}

/// What a block starts with, for each of `phases` first channels.
struct PhaseTables {
  Tensor weights;               ///< s8 [phases][fours][4 groups * block]
  Tensor bias;                  ///< s32 [phases][block], in the order of the accumulators
  Tensor multipliers;           ///< f32 [phases][block]
  std::optional<Tensor> shifts; ///< the same, where products are fused
};

class DepthwiseEmitter {
public:
  DepthwiseEmitter(lower::KernelBuilder &kernel, Operation *op,
                   const lower::ContractionArithmetic &arithmetic, const Isa &isa)
      : kernel(kernel), b(kernel.builder()), op(op), arithmetic(arithmetic), instructions(kernel, isa),
        isa(isa), lanes(isa.lanes), blockSize(4 * isa.lanes), attributes(lower::attributesOf(op)),
        input(kernel.shapeOf(op->getOperand(0))), result(kernel.shapeOf(op->getResult(0))),
        weights(*kernel.constantOf(op->getOperand(1))) {
    height = weights.shape()[2];
    width = weights.shape()[3];
    taps = height * width;
    if (ByteInstructions::multiplyInPairs(isa))
      pairs = TapPairs::of(weights.asIndices(), weights.shape()[0], taps);
    fours = pairs ? static_cast<int64_t>(pairs->taps.size()) / 4 : ceilDivide(taps, 4);
    channels = result[3];
    bool runs = attributes.integers("strides")[1] == 1 && kernel.storesRuns(2);
    run = runs ? result[2] * channels : channels;
    pixels = runs ? 1 : result[2];
  }

  bool applies() const { return run >= blockSize && taps <= kMostTaps; }

  void emit() {
    for (int64_t block = 0; block < wholeBlocks(); ++block) {
      phaseStarts.push_back(block * blockSize % channels);
      if ((block + 1) * blockSize % channels == 0)
        break;
    }
    period = static_cast<int64_t>(phaseStarts.size());
    if (run % blockSize)
      phaseStarts.push_back((run - blockSize) % channels);
    PhaseTables tables = phaseTables();
    packed = kernel.weights(tables.weights);
    bias = kernel.weights(tables.bias);
    multipliers = kernel.weights(tables.multipliers);
    if (tables.shifts)
      shifts = kernel.weights(*tables.shifts);
    buffer = kernel.buffer(op->getOperand(0));
    // A worker takes whole runs where there are enough of them, else halves, quarters.. of one.
    int64_t rows = result[0] * result[1] * pixels, pieces = 1;
    while (rows * pieces < kLeastShares && wholeBlocks() / (pieces * 2) >= kLeastBlocks)
      pieces *= 2;
    kernel.shared(rows * pieces, [&](Value t) {
      lower::Index at = kernel.delinearize(t, {result[0], result[1], pixels, pieces});
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
  int64_t wholeBlocks() const { return run / blockSize; }

  /// First block of piece `piece` of a run.
  Value share(Value piece, int64_t pieces) {
    Value scaled = kernel.multiplyIndex(piece, wholeBlocks());
    return pieces == 1 ? scaled
                       : Value(arith::DivUIOp::create(b, kernel.loc(), scaled, kernel.constantIndex(pieces)));
  }

  bool signedInput() const { return isSigned(arithmetic.inputType().dtype); }

  PhaseTables phaseTables() {
    auto phases = static_cast<int64_t>(phaseStarts.size());
    PhaseTables tables{std::move(*Tensor::zeros(DType::S8, {phases, fours, kGroups * blockSize})),
                       std::move(*Tensor::zeros(DType::S32, {phases, blockSize})),
                       std::move(*Tensor::zeros(DType::F32, {phases, blockSize})), std::nullopt};
    std::vector<int64_t> w = weights.asIndices();
    std::vector<int64_t> start(static_cast<size_t>(channels), 0);
    if (op->getNumOperands() > 2)
      start = kernel.constantOf(op->getOperand(2))->asIndices();
    std::vector<ColumnReach> reach;
    for (int64_t channel = 0; channel < channels; ++channel) {
      ColumnReach own{start[static_cast<size_t>(channel)], 0};
      for (int64_t tap = 0; tap < taps; ++tap)
        own.weight += std::abs(w[static_cast<size_t>(channel * taps + tap)]);
      reach.push_back(own);
    }
    // One more table to read for every block would cost more than the conversion; that of a single phase stays in registers.
    std::optional<FusedProducts> products;
    if (phases == 1)
      products = fusedProducts(isa, arithmetic, taps, reach);
    if (products)
      tables.shifts = std::move(*Tensor::zeros(DType::F32, {phases, blockSize}));
    int64_t zero = arithmetic.inputZeroPoint() + instructions.inputShift(signedInput());
    const std::vector<float> &m = arithmetic.multipliers();
    for (int64_t channel = 0; channel < channels; ++channel) {
      auto at = static_cast<size_t>(channel);
      bounded &= staysBounded(reach[at], m[m.size() == 1 ? 0 : at]);
      for (int64_t tap = 0; tap < taps; ++tap)
        start[at] -= zero * w[static_cast<size_t>(channel * taps + tap)];
      if (products)
        start[at] += products->starts[at];
    }
    for (int64_t phase = 0; phase < phases; ++phase)
      for (int64_t group = 0; group < kGroups; ++group)
        for (int64_t lane = 0; lane < lanes; ++lane) {
          int64_t channel = (phaseStarts[static_cast<size_t>(phase)] + elementOf(group, lane)) % channels;
          auto at = static_cast<size_t>(phase * blockSize + group * lanes + lane);
          tables.bias.mutableValues<int32_t>()[at] =
              static_cast<int32_t>(static_cast<uint32_t>(start[static_cast<size_t>(channel)]));
          tables.multipliers.mutableValues<float>()[at] = m[m.size() == 1 ? 0 : static_cast<size_t>(channel)];
          if (products)
            tables.shifts->mutableValues<float>()[at] = products->shifts[static_cast<size_t>(channel)];
          for (int64_t factor = 0; factor < (pairs ? 4 * fours : taps); ++factor) {
            int64_t place = ((phase * fours + factor / 4) * kGroups + group) * blockSize +
                            instructions.factorPlace(lane, factor % 4);
            tables.weights.mutableValues<int8_t>()[static_cast<size_t>(place)] =
                pairs ? pairs->weights[static_cast<size_t>(channel * 4 * fours + factor)]
                      : static_cast<int8_t>(w[static_cast<size_t>(channel * taps + factor)]);
          }
        }
    return tables;
  }

  /// The tap that factor `factor` of a lane is, or none.
  int64_t tapOf(int64_t factor) const {
    if (pairs)
      return pairs->taps[static_cast<size_t>(factor)];
    return factor < taps ? factor : TapPairs::kNone;
  }

  Value loadTap(Value image, Value row, Value pixel, Value element, int64_t tap) {
    int64_t kh = tap / width, kw = tap % width;
    auto at = [&](StringRef name, size_t dim) { return attributes.integers(name)[dim]; };
    Value ih = kernel.addIndex(kernel.multiplyIndex(row, at("strides", 0)), kh * at("dilations", 0));
    Value offset = kernel.addIndex(element, kw * at("dilations", 1) * channels);
    Value iw = kernel.multiplyIndex(pixel, at("strides", 1));
    Value bytes = vector::LoadOp::create(b, kernel.loc(), VectorType::get({blockSize}, b.getI8Type()), buffer,
                                         ValueRange{image, ih, iw, offset});
    return instructions.shifted(bytes, signedInput());
  }

  void emitBlock(Value image, Value row, Value pixel, Value element, Value phase) {
    auto wide = VectorType::get({lanes}, b.getI32Type());
    auto bytes = VectorType::get({blockSize}, b.getI8Type());
    SmallVector<Value> sums;
    for (int64_t group = 0; group < kGroups; ++group)
      sums.push_back(vector::LoadOp::create(b, kernel.loc(), wide, bias,
                                            ValueRange{phase, kernel.constantIndex(group * lanes)}));
    Value zero = kernel.constantLike(bytes, 0);
    for (int64_t four = 0; four < fours; ++four) {
      SmallVector<Value> x;
      for (int64_t factor = 4 * four; factor < 4 * four + 4; ++factor) {
        int64_t tap = tapOf(factor);
        x.push_back(tap == TapPairs::kNone ? zero : loadTap(image, row, pixel, element, tap));
      }
      SmallVector<Value> inputs = instructions.interleaved(x);
      for (int64_t group = 0; group < kGroups; ++group) {
        Value w = vector::LoadOp::create(
            b, kernel.loc(), bytes, packed,
            ValueRange{phase, kernel.constantIndex(four), kernel.constantIndex(group * blockSize)});
        auto &sum = sums[static_cast<size_t>(group)];
        Value input = inputs[static_cast<size_t>(group)];
        sum = pairs ? instructions.addWords(sum, instructions.pairProducts(input, w))
                    : instructions.dot(sum, input, w, signedInput());
      }
    }
    Value stored = narrow(sums, phase);
    lower::Index index{image, row, pixel, element};
    kernel.finishStored(index, blockSize, stored);
  }

  /// The sums requantized to bytes, in the order of the elements.
  Value narrow(ArrayRef<Value> sums, Value phase) {
    const TensorType &type = arithmetic.resultType();
    auto f32 = VectorType::get({lanes}, b.getF32Type());
    SmallVector<Value> quarters;
    for (int64_t group = 0; group < kGroups; ++group) {
      auto load = [&](Value table) -> Value {
        return vector::LoadOp::create(b, kernel.loc(), f32, table,
                                      ValueRange{phase, kernel.constantIndex(group * lanes)});
      };
      quarters.push_back(requantizeForPacking(kernel, instructions, type, sums[static_cast<size_t>(group)],
                                              load(multipliers), shifts ? load(shifts) : Value(), bounded));
    }
    return packRequantized(kernel, instructions, type, quarters, ByteInstructions::Order::Dealt);
  }

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  Operation *op;
  const lower::ContractionArithmetic &arithmetic;
  ByteInstructions instructions;
  const Isa &isa;
  int64_t lanes, blockSize; ///< results per accumulator and per block
  reference::Attributes attributes;
  Shape input, result;
  Tensor weights;
  int64_t height, width, taps, fours, channels, run, pixels, period = 0;
  std::optional<TapPairs> pairs; ///< where products are added in pairs of 16 bits
  bool bounded = true;           ///< no result exceeds what rounding takes
  SmallVector<int64_t> phaseStarts;
  Value packed, bias, multipliers, shifts, buffer;
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
  DepthwiseEmitter emitter(kernel, op, arithmetic, isa);
  if (!emitter.applies())
    return failure();
  emitter.emit();
  kernel.setFamily("depthwise");
  if (ByteInstructions::multiplyInPairs(isa))
    kernel.noteForm("pairs");
  return success();
}

} // namespace limbeck::cpu
