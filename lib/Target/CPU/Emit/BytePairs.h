// Which products are added in pairs, so that the 16 bits of vpmaddubsw hold every sum.
#pragma once
#include "Atoms.h"

namespace limbeck::cpu {

/// Products are taken in blocks of up to 16 neighbouring inputs, which one load brings. Inside a block every lane of a vector has an order of its
/// own: its inputs are picked by pshufb. Products of u8 and s8 stay within 16 bits where neither the positive nor the negative weights
/// sum to more than 128 (255 * 128 < 2^15). The order is chosen for that, of pairs or of the four products that two steps add to the same 16
/// bits; what no order brings below is taken from a weight, and a remainder step adds it.
struct BytePairs {
  static constexpr int64_t kBlock = 16, kMostWeight = 128, kPerStep = 4;

  /// s8 [panels][KH][steps][1 + vectors][4 * lanes]: where in its block each lane finds its four inputs, and their weights.
  Tensor packed;
  /// The same for remainder steps, [steps][1 + vectors][4 * lanes]; those of a panel from remainderStarts[panel] on.
  Tensor remainders;
  std::vector<int64_t> remainderStarts;
  /// How many pairs of steps of a block, the first ones, are added before their sums are widened.
  int64_t twoSteps = 0;
  /// s64 [remainder steps][2]: window row and first input of the block that a remainder step reads.
  Tensor remainderPlaces;

  /// What of `weight` has to go for its pair with `partner` to stay in bounds.
  static int64_t excess(int64_t partner, int64_t weight) {
    if (partner > 0 && weight > 0)
      return std::max<int64_t>(0, partner + weight - kMostWeight);
    return partner < 0 && weight < 0 ? std::min<int64_t>(0, partner + weight + kMostWeight) : 0;
  }

  /// With what takes the fewest instructions.
  static BytePairs of(const WeightMatrix &weights, const Tile &tile);
  static BytePairs with(int64_t twoSteps, const WeightMatrix &weights, const Tile &tile);
  /// How many steps, from step `step` of a block on, are added in the same 16 bits, where the block has `count`.
  static int64_t stepsTogether(int64_t step, int64_t count, int64_t twoSteps) {
    return step / 2 < twoSteps && step + 1 < count ? 2 : 1;
  }
  /// Steps of a window row, the last block with as many as it needs.
  static int64_t stepsOf(int64_t depth) { return ceilDivide(depth, kPerStep); }
  /// The first input of a block: the last one reaches back where it is not whole.
  static int64_t firstInput(int64_t block, int64_t depth) {
    return std::max<int64_t>(0, std::min(block, depth - kBlock));
  }
};

} // namespace limbeck::cpu
