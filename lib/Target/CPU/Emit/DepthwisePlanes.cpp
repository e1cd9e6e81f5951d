// Depthwise convolutions of bytes, two rows of results at a time, where windows of neighbouring results overlap.
//
// A block of results needs its inputs interleaved in fours of taps; what it interleaves, its neighbours need as well. So the inputs of
// two rows of results are interleaved once, to planes on the stack (DepthwiseScheme.cpp says which), and each product reads its
// operand from there. A plane has four bytes per pixel and channel; to reach another column of the window is to read it so many
// channels further.
//
// Interleaving works inside 128 bits and deals elements over four vectors (ByteInstructions.h). Where pixels are a multiple of 16
// channels apart, the vectors are stored as they come, each to a quarter of the plane: 16 elements further on is 16 bytes further on
// in every quarter, and packing the results brings them back in order. Elsewhere the inputs change their order before.
//
// What is computed at once is a tile: a stretch of pixels with all their channels, or with as many as a block has where little is
// lost by that. Its blocks that begin at the same channel share their weights: those run one after the other, two at a time.
#include "Depthwise.h"
#include "Operands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace limbeck::cpu {

using namespace mlir;
using Order = ByteInstructions::Order;

namespace {
constexpr int64_t kMostPlaneBytes = 24 * 1024; ///< most of a first cache of 32 KiB
constexpr int64_t kRows = 2;                   ///< of results at a time

class PlanesEmitter {
public:
  PlanesEmitter(lower::KernelBuilder &kernel, const DepthwiseProblem &problem)
      : kernel(kernel), b(kernel.builder()), problem(problem), instructions(kernel, problem.isa),
        scheme(problem.height, problem.width, problem.verticalStride, problem.horizontalStride),
        blockSize(problem.blockSize()), height(problem.result[1]), width(problem.result[2]),
        channels(problem.channels) {
    constexpr int64_t kMostWaste = 10; // percent
    bool runs = kernel.storesRuns(2);
    slabs = ceilDivide(channels, blockSize);
    bySlab =
        channels >= blockSize && (!runs || (slabs * blockSize - channels) * 100 <= kMostWaste * channels);
    slabChannels = bySlab ? blockSize : channels;
    if (!bySlab)
      slabs = runs ? 1 : 0;
    order = instructions.dealsEvery(slabChannels) ? Order::Dealt : Order::Natural;
    // In 32 registers of AVX-512. With as many, code for AArch64 reads weights ahead until it runs out of them.
    together = problem.isa.lanes == 16 ? 2 : 1;
    int64_t tiles = 1;
    do {
      tile = ceilDivide(width, tiles++);
    } while (tile > 1 && planeBytes() * slots() > kMostPlaneBytes);
  }

  bool applies() const {
    // The last pixel of few channels is read beyond its end, and with a step between pixels none of those behind it follows.
    bool room = channels >= blockSize || problem.horizontalStride == 1 ||
                kernel.hasRoomBehind(problem.op->getOperand(0));
    return slabs > 0 && instructions.keepsFoursTogether() && fillsRows() && sharesWeights() &&
           tile * slabChannels >= blockSize && room && planeBytes() * slots() <= 2 * kMostPlaneBytes;
  }

  void emit();

private:
  /// Whether a row that is computed twice, since there is no second one for it, is one of many.
  bool fillsRows() const { return height % kRows == 0 || height >= 7; }
  /// Whether enough blocks of a tile begin at the same channel.
  bool sharesWeights() const {
    int64_t blocks = tile * slabChannels / blockSize;
    return bySlab ||
           blocks / std::max<int64_t>(1, BlockPhases(tile * channels, channels, blockSize).period) >=
               together;
  }
  int64_t slots() const { return static_cast<int64_t>(scheme.planes.size()); }
  int64_t entries() const { // of any plane
    int64_t most = 0;
    for (const Plane &plane : scheme.planes)
      most = std::max(most, plane.shifts);
    return tile + most;
  }
  /// Elements of a plane, with room for what the last block of a pixel writes behind it.
  int64_t planeElements() const { return ceilDivide(entries() * slabChannels + blockSize, 64) * 64; }
  int64_t planeBytes() const { return 4 * planeElements(); }

  Value constant(int64_t value) { return kernel.constantIndex(value); }
  Value atMost(Value value, int64_t bound) {
    return arith::MinUIOp::create(b, kernel.loc(), value, constant(bound));
  }
  Value remainder(Value value, int64_t divisor) {
    return divisor == 1 ? constant(0)
                        : Value(arith::RemUIOp::create(b, kernel.loc(), value, constant(divisor)));
  }
  Value quotient(Value value, int64_t divisor) {
    return divisor == 1 ? value : Value(arith::DivUIOp::create(b, kernel.loc(), value, constant(divisor)));
  }
  /// Row of results that step `step` begins with: the last step overlaps the one before it where their number is odd.
  Value rowOf(Value step) {
    Value row = kernel.multiplyIndex(step, kRows);
    return height % kRows ? atMost(row, height - kRows) : row;
  }
  /// Where the vector of accumulator `group` of the block at element `element` of a plane begins.
  Value placeOf(Value base, Value element, int64_t group) {
    Value at = order == Order::Dealt ? kernel.addIndex(element, group * planeElements())
                                     : kernel.addIndex(kernel.multiplyIndex(element, 4), group * blockSize);
    return kernel.addIndex(base, at);
  }

  /// What is the same for all of a tile.
  struct Place {
    Value image, pixel, channel, slab;
  };
  void emitTile(const Place &place, Value firstStep, Value lastStep);
  void interleave(const Place &place, const Plane &plane, Value base, Value inputRow);
  void interleaveBlock(const Place &place, const Plane &plane, Value base, Value inputRow, Value pixel,
                       Value channel, Value element);
  void emitRows(const Place &place, Value row, ArrayRef<Value> bases);
  void emitBlocks(const Place &place, Value row, ArrayRef<Value> bases, Value phase,
                  ArrayRef<Value> elements);

  lower::KernelBuilder &kernel;
  OpBuilder &b;
  const DepthwiseProblem &problem;
  ByteInstructions instructions;
  DepthwiseScheme scheme;
  int64_t blockSize, height, width, channels;
  int64_t slabs, slabChannels, tile, together;
  bool bySlab;
  Order order;
  std::optional<BlockPhases> phases;
  std::optional<DepthwiseTables> tables;
  Value buffer, planes;
};

void PlanesEmitter::emit() {
  constexpr int64_t kLeastShares = 32, kLeastSteps = 4;
  phases.emplace(bySlab ? channels : tile * channels, channels, blockSize);
  std::vector<TapFour> fours;
  for (const auto &uses : scheme.uses)
    for (const PlaneUse &use : uses)
      fours.push_back(use.taps);
  tables.emplace(kernel, instructions, problem, fours, phases->starts, order, /*fuses=*/true);
  buffer = kernel.buffer(problem.op->getOperand(0));
  planes = kernel.scratch(slots() * planeBytes(), b.getI8Type());

  // The last row, where it has no second one, and the last channels, where they do not fill a block, are computed by those who compute
  // what they overlap with.
  int64_t steps = height / kRows, wholeSlabs = bySlab ? channels / blockSize : 1, pieces = 1,
          least = scheme.slides ? kLeastSteps : 1;
  while (problem.result[0] * wholeSlabs * pieces < kLeastShares && steps / (pieces * 2) >= least)
    pieces *= 2;
  kernel.shared(problem.result[0] * pieces * wholeSlabs, [&](Value t) {
    lower::Index at = kernel.delinearize(t, {problem.result[0], pieces, wholeSlabs});
    auto share = [&](Value piece) {
      Value first = quotient(kernel.multiplyIndex(piece, steps), pieces);
      return height % kRows ? kernel.addIndex(first, quotient(piece, pieces)) : first;
    };
    Value first = share(at[1]), last = share(kernel.addIndex(at[1], 1)), next = kernel.addIndex(at[2], 1);
    if (slabs > wholeSlabs)
      next = kernel.addIndex(next, quotient(next, wholeSlabs));
    kernel.loop(at[2], next, 1, {}, [&](Value slab, ValueRange) -> SmallVector<Value> {
      kernel.loop(0, ceilDivide(width, tile), 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
        Value pixel = kernel.multiplyIndex(number, tile), channel = kernel.multiplyIndex(slab, slabChannels);
        if (width % tile)
          pixel = atMost(pixel, width - tile);
        if (bySlab && channels % blockSize)
          channel = atMost(channel, channels - blockSize);
        emitTile({at[0], pixel, channel, slab}, first, last);
        return {};
      });
      return {};
    });
  });
}

void PlanesEmitter::emitTile(const Place &place, Value firstStep, Value lastStep) {
  int64_t ahead = slots() - 1;
  kernel.loop(firstStep, lastStep, 1, ValueRange{rowOf(firstStep)}, [&](Value step, ValueRange carried) {
    Value row = rowOf(step), next = carried[0];
    SmallVector<Value> bases;
    if (scheme.slides) {
      next = kernel.addIndex(row, ahead + 1);
      kernel.loop(carried[0], next, 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
        interleave(place, scheme.planes[0], kernel.multiplyIndex(remainder(number, slots()), planeBytes()),
                   kernel.multiplyIndex(number, problem.verticalStride));
        return {};
      });
    }
    for (int64_t number = 0; number < slots(); ++number) {
      Value slot = scheme.slides ? remainder(kernel.addIndex(row, number), slots()) : constant(number);
      bases.push_back(kernel.multiplyIndex(slot, planeBytes()));
      if (!scheme.slides)
        interleave(place, scheme.planes[static_cast<size_t>(number)], bases.back(), row);
    }
    emitRows(place, row, bases);
    return SmallVector<Value>{next};
  });
}

/// Fills a plane for the pixels of the tile.
void PlanesEmitter::interleave(const Place &place, const Plane &plane, Value base, Value inputRow) {
  int64_t count = tile + plane.shifts, elements = count * slabChannels;
  if (!bySlab && problem.horizontalStride == 1) { // one run
    kernel.loop(0, ceilDivide(elements, blockSize), 1, {},
                [&](Value block, ValueRange) -> SmallVector<Value> {
                  Value element = kernel.multiplyIndex(block, blockSize);
                  if (elements % blockSize)
                    element = atMost(element, elements - blockSize);
                  interleaveBlock(place, plane, base, inputRow, constant(0), element, element);
                  return {};
                });
    return;
  }
  kernel.loop(0, count, 1, {}, [&](Value pixel, ValueRange) -> SmallVector<Value> {
    Value first = kernel.multiplyIndex(pixel, slabChannels);
    // Of fewer channels than a block has, the rest is written over by the next pixel.
    for (int64_t done = 0; done < slabChannels; done += blockSize) {
      int64_t channel = std::max<int64_t>(0, std::min(done, slabChannels - blockSize));
      interleaveBlock(place, plane, base, inputRow, pixel, constant(channel),
                      kernel.addIndex(first, channel));
    }
    return {};
  });
}

void PlanesEmitter::interleaveBlock(const Place &place, const Plane &plane, Value base, Value inputRow,
                                    Value pixel, Value channel, Value element) {
  SmallVector<Value> x;
  for (const auto &source : plane.sources) {
    if (!source) {
      x.push_back(kernel.constantLike(instructions.bytes(), 0));
      continue;
    }
    // Beyond the input there is nothing that a result reads.
    int64_t lastRow = (height - 1) * problem.verticalStride + problem.height - 1,
            lastColumn = (width - 1) * problem.horizontalStride + problem.width - 1;
    Value row = kernel.addIndex(inputRow, source->row);
    if (scheme.slides && source->row > 0)
      row = atMost(row, lastRow);
    Value column = kernel.addIndex(
        kernel.multiplyIndex(kernel.addIndex(place.pixel, pixel), problem.horizontalStride), source->column);
    if ((width - 1 + plane.shifts) * problem.horizontalStride + source->column > lastColumn)
      column = atMost(column, lastColumn);
    Value bytes =
        vector::LoadOp::create(b, kernel.loc(), instructions.bytes(), buffer,
                               ValueRange{place.image, row, column, kernel.addIndex(place.channel, channel)});
    bytes = instructions.shifted(bytes, problem.signedInput());
    x.push_back(order == Order::Dealt ? bytes : instructions.forNaturalOrder(bytes));
  }
  for (auto [group, vector] : llvm::enumerate(instructions.interleaved(x)))
    vector::StoreOp::create(b, kernel.loc(), vector, planes,
                            placeOf(base, element, static_cast<int64_t>(group)));
}

/// Two rows of results of the tile.
void PlanesEmitter::emitRows(const Place &place, Value row, ArrayRef<Value> bases) {
  auto run = [&](Value phase, Value first, Value count, int64_t distance) {
    auto elementAt = [&](Value number) {
      return kernel.addIndex(first, kernel.multiplyIndex(number, distance));
    };
    Value whole = kernel.multiplyIndex(quotient(count, together), together);
    kernel.loop(constant(0), whole, together, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
      SmallVector<Value> elements;
      for (int64_t i = 0; i < together; ++i)
        elements.push_back(kernel.addIndex(elementAt(number), i * distance));
      emitBlocks(place, row, bases, phase, elements);
      return {};
    });
    if (together > 1)
      kernel.loop(whole, count, 1, {}, [&](Value number, ValueRange) -> SmallVector<Value> {
        emitBlocks(place, row, bases, phase, elementAt(number));
        return {};
      });
  };
  if (bySlab)
    return run(place.slab, constant(0), constant(tile), blockSize);
  int64_t elements = tile * channels, blocks = elements / blockSize, period = phases->period,
          count = static_cast<int64_t>(phases->starts.size());
  kernel.loop(0, count, 1, {}, [&](Value phase, ValueRange) -> SmallVector<Value> {
    Value first = kernel.multiplyIndex(phase, blockSize);
    Value number =
        blocks % period == 0
            ? constant(blocks / period)
            : quotient(arith::SubIOp::create(b, kernel.loc(), constant(blocks + period - 1), phase), period);
    if (count > period) { // the last block overlaps the one before it
      Value isLast =
          arith::CmpIOp::create(b, kernel.loc(), arith::CmpIPredicate::eq, phase, constant(period));
      first = arith::SelectOp::create(b, kernel.loc(), isLast, constant(elements - blockSize), first);
      number = arith::SelectOp::create(b, kernel.loc(), isLast, constant(1), number);
    }
    run(phase, first, number, period * blockSize);
    return {};
  });
}

/// Blocks of both rows at `elements` of the tile, which begin at the same channel. One accumulator after the other, so that its weights
/// are at hand for all of them.
void PlanesEmitter::emitBlocks(const Place &place, Value row, ArrayRef<Value> bases, Value phase,
                               ArrayRef<Value> elements) {
  // LLVM would else bring weights out of the loop, more than there are registers for, and read them from copies on the stack in place of
  // their table.
  phase = readAnew(kernel, phase);
  SmallVector<SmallVector<Value>> quarters(kRows * elements.size());
  for (int64_t group = 0; group < kDepthwiseGroups; ++group) {
    SmallVector<Value> sums(quarters.size(), tables->start(phase, group));
    for (auto [number, base] : llvm::enumerate(bases))
      for (int64_t shift = 0; shift <= scheme.planes[number].shifts; ++shift) {
        SmallVector<Value> inputs;
        int64_t four = 0;
        for (int64_t result = 0; result < kRows; ++result)
          for (const PlaneUse &use : scheme.uses[result]) {
            int64_t step = four++;
            if (use.plane != static_cast<int64_t>(number) || use.shift != shift)
              continue;
            if (inputs.empty())
              for (Value element : elements)
                inputs.push_back(vector::LoadOp::create(
                    b, kernel.loc(), instructions.bytes(), planes,
                    placeOf(base, kernel.addIndex(element, shift * slabChannels), group)));
            Value factors = tables->factors(phase, step, group);
            for (auto [i, input] : llvm::enumerate(inputs)) {
              Value &sum = sums[static_cast<size_t>(result) * elements.size() + i];
              sum = instructions.dot(sum, input, factors, problem.signedInput());
            }
          }
      }
    for (auto [i, sum] : llvm::enumerate(sums))
      quarters[i].push_back(tables->requantize(sum, phase, group));
  }
  for (auto [i, quarter] : llvm::enumerate(quarters)) {
    Value element = elements[i % elements.size()],
          resultRow = kernel.addIndex(row, static_cast<int64_t>(i / elements.size()));
    lower::Index index =
        bySlab ? lower::Index{place.image, resultRow,
                              kernel.addIndex(place.pixel, quotient(element, blockSize)), place.channel}
               : lower::Index{place.image, resultRow, place.pixel, element};
    kernel.finishStored(index, blockSize, tables->pack(quarter));
  }
}
} // namespace

bool emitDepthwisePlanes(lower::KernelBuilder &kernel, const DepthwiseProblem &problem) {
  constexpr int64_t kLeastPixels = 8; // of a small window: below, what surrounds the products takes longer
  bool dilated = llvm::any_of(problem.dilations, [](int64_t dilation) { return dilation != 1; });
  if (dilated || problem.height < 3 || problem.width < 3 || problem.horizontalStride > 2 ||
      problem.verticalStride > 2 || (problem.taps() <= 9 && problem.result[2] < kLeastPixels))
    return false;
  // At vertical stride 2, squares need more products than they save: they serve where there are too few channels for a block.
  if (problem.verticalStride == 2 &&
      (problem.channels >= problem.blockSize() || problem.horizontalStride == 1))
    return false;
  // With few registers and one phase, what the other kernel makes of weights outlasts its loop: measured on AVX2, a third faster.
  if (problem.isa.registers < 32 && problem.horizontalStride == 1 &&
      problem.blockSize() % problem.channels == 0)
    return false;
  PlanesEmitter emitter(kernel, problem);
  if (!emitter.applies())
    return false;
  emitter.emit();
  return true;
}

} // namespace limbeck::cpu
