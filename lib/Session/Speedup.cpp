// Ratios of turns that stand side by side, and the order statistics that bound their median.
#include "limbeck/Session/Speedup.h"
#include <algorithm>
#include <cmath>

namespace limbeck::session {

/// Two copies of one artifact differ by as much.
static constexpr double kSameProgram = 0.01;

bool Speedup::isSlower() const {
  return ratio < 1 && greatest < 1 - kSameProgram;
}

/// How many of so many values can be left out at either end, so that the median still lies between the others with 95 % confidence:
/// each value is above it or below it like a coin.
static size_t valuesLeftOut(size_t count) {
  double chance = std::pow(0.5, static_cast<double>(count)), below = chance;
  size_t left = 0;
  for (; left + 1 < count / 2; ++left) {
    chance *= static_cast<double>(count - left) / static_cast<double>(left + 1);
    if (below + chance > 0.025)
      break;
    below += chance;
  }
  return left;
}

/// The block nearest to a turn: a model with long runs skips some.
static double nearestMs(const std::vector<Block> &blocks, size_t turn) {
  auto behind = std::ranges::lower_bound(blocks, turn, {}, &Block::turn);
  if (behind == blocks.end())
    return blocks.back().p50Ms;
  if (behind == blocks.begin())
    return behind->p50Ms;
  auto before = std::prev(behind);
  return turn - before->turn < behind->turn - turn ? before->p50Ms : behind->p50Ms;
}

Speedup speedupOf(const Measurement &model, const Measurement &baseline) {
  Speedup speedup;
  speedup.ratio = speedup.least = speedup.greatest = baseline.p50Ms / model.p50Ms;
  if (model.blocks.empty() || baseline.blocks.empty())
    return speedup;
  const auto &turns = model.blocks.size() < baseline.blocks.size() ? model.blocks : baseline.blocks;
  std::vector<double> ratios;
  for (const Block &block : turns)
    ratios.push_back(nearestMs(baseline.blocks, block.turn) / nearestMs(model.blocks, block.turn));
  std::ranges::sort(ratios);
  size_t left = valuesLeftOut(ratios.size());
  speedup.least = ratios[left];
  speedup.greatest = ratios[ratios.size() - 1 - left];
  return speedup;
}

} // namespace limbeck::session
