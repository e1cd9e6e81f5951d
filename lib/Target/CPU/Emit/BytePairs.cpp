// Deals the products of a block into pairs, lane by lane.
#include "BytePairs.h"
#include <array>

namespace limbeck::cpu {

namespace {
constexpr int64_t kBlock = BytePairs::kBlock, kMostWeight = BytePairs::kMostWeight,
                  kPerStep = BytePairs::kPerStep;

/// What one lane multiplies of one block: the weights of its column in each vector.
class LaneBlock {
public:
  using Weights = std::array<int16_t, kBlock>; ///< of one column, by input
  struct Remainder {
    int64_t input;
    std::vector<int16_t> columns; ///< what is left of its weights
  };

  /// `inputs` of the block are taken; its first `twoSteps` pairs of steps are added before their sums are widened.
  LaneBlock(int64_t inputs, int64_t twoSteps)
      : places(static_cast<size_t>(ceilDivide(inputs, kPerStep) * kPerStep)),
        twoSteps(static_cast<size_t>(twoSteps)) {
    for (size_t place = 0; place < kBlock; ++place)
      order[place] = static_cast<uint8_t>(place);
  }

  std::vector<Weights> columns;
  std::array<uint8_t, kBlock> order; ///< the input in each place; those behind the last have weights of zero
  std::vector<Remainder> remainders;

  /// Neighbours stay together unless their sum is too large: then the first exchange that makes the excess smaller, as long as there is one.
  void deal() {
    for (size_t place = 0; place < places; ++place)
      sums[groupOf(place)].fill(0, columns.size());
    for (size_t place = 0; place < places; ++place)
      sums[groupOf(place)].add(columns, order[place], 1);
    for (bool improved = true; improved;) { // an exchange may let an earlier group find one
      improved = false;
      for (size_t group = 0; group < kGroups; ++group)
        while (sums[group].excess() && improve(group))
          improved = true;
    }
    for (size_t group = 0; group < kGroups; ++group)
      while (sums[group].excess())
        reduce(group);
  }

private:
  static constexpr size_t kGroups = kBlock / 2, kMostVectors = 4;

  /// The products that share 16 bits: sums of their positive weights and of their negative ones, by column.
  struct Sums {
    std::array<int16_t, kMostVectors> positive{}, negative{};
    size_t count = 0;
    void fill(int16_t value, size_t columns) {
      positive.fill(value);
      negative.fill(value);
      count = columns;
    }
    void add(const std::vector<Weights> &columns, size_t input, int sign) {
      for (size_t column = 0; column < count; ++column) {
        int weight = columns[column][input];
        int16_t &sum = weight > 0 ? positive[column] : negative[column];
        sum = static_cast<int16_t>(sum + sign * weight);
      }
    }
    int excess() const {
      int over = 0;
      for (size_t column = 0; column < count; ++column)
        over += std::max<int>(0, positive[column] - kMostWeight) +
                std::max<int>(0, -negative[column] - kMostWeight);
      return over;
    }
  };

  /// The 16 bits that a place is added to: one for the two halves of each step, and the same for both of two steps.
  size_t groupOf(size_t place) const {
    size_t step = place / kPerStep;
    return (step / 2 < twoSteps ? step / 2 * 2 : step) * 2 + place % kPerStep / 2;
  }

  bool improve(size_t group) {
    for (size_t place = 0; place < places; ++place) {
      if (groupOf(place) != group)
        continue;
      for (size_t other = 0; other < places; ++other) {
        size_t partner = groupOf(other);
        if (partner == group)
          continue;
        Sums own = sums[group], its = sums[partner];
        own.add(columns, order[place], -1);
        own.add(columns, order[other], 1);
        its.add(columns, order[other], -1);
        its.add(columns, order[place], 1);
        if (own.excess() + its.excess() >= sums[group].excess() + sums[partner].excess())
          continue;
        sums[group] = own;
        sums[partner] = its;
        std::swap(order[place], order[other]);
        return true;
      }
    }
    return false;
  }

  /// Takes from the weights of one input, that of which most can go, what is too much.
  void reduce(size_t group) {
    auto takenFrom = [&](size_t input, size_t column) -> int {
      int weight = columns[column][input];
      if (weight > 0)
        return std::clamp<int>(sums[group].positive[column] - kMostWeight, 0, weight);
      return -std::clamp<int>(-sums[group].negative[column] - kMostWeight, 0, -weight);
    };
    size_t best = 0;
    int most = -1;
    for (size_t place = 0; place < places; ++place) {
      int taken = 0;
      for (size_t column = 0; groupOf(place) == group && column < columns.size(); ++column)
        taken += std::abs(takenFrom(order[place], column));
      if (taken > most) {
        most = taken;
        best = order[place];
      }
    }
    Remainder remainder{static_cast<int64_t>(best), {}};
    for (size_t column = 0; column < columns.size(); ++column)
      remainder.columns.push_back(static_cast<int16_t>(takenFrom(best, column)));
    sums[group].add(columns, best, -1);
    for (size_t column = 0; column < columns.size(); ++column)
      columns[column][best] = static_cast<int16_t>(columns[column][best] - remainder.columns[column]);
    sums[group].add(columns, best, 1);
    remainders.push_back(std::move(remainder));
  }

  size_t places, twoSteps;
  std::array<Sums, kGroups> sums;
};

/// One step of a panel as it lies in memory.
class StepWriter {
public:
  StepWriter(int8_t *to, const Tile &tile) : to(to), tile(tile) {}
  void place(int64_t lane, int64_t product, int64_t input) {
    at(0, lane, product) = static_cast<int8_t>(input);
  }
  void weight(int64_t vector, int64_t lane, int64_t product, int64_t weight) {
    at(1 + vector, lane, product) = static_cast<int8_t>(weight);
  }

private:
  int8_t &at(int64_t vector, int64_t lane, int64_t product) {
    return to[(vector * tile.lanes + lane) * kPerStep + product];
  }
  int8_t *to;
  Tile tile;
};
} // namespace

BytePairs BytePairs::with(int64_t twoSteps, const WeightMatrix &weights, const Tile &tile) {
  int64_t panels = ceilDivide(weights.columns(), tile.panel()), depth = weights.depth(),
          steps = stepsOf(depth), stepBytes = (1 + tile.vectors) * tile.lanes * kPerStep;
  BytePairs pairs;
  pairs.twoSteps = twoSteps;
  pairs.packed = std::move(*Tensor::zeros(DType::S8, {panels, weights.outer(), steps, stepBytes}));
  std::span<const int8_t> values = weights.values.values<int8_t>();
  int8_t *packed = pairs.packed.mutableValues<int8_t>().data();
  std::vector<int8_t> remainders;
  std::vector<int64_t> places;
  for (int64_t panel = 0; panel < panels; ++panel) {
    pairs.remainderStarts.push_back(static_cast<int64_t>(places.size()) / 2);
    for (int64_t outer = 0; outer < weights.outer(); ++outer)
      for (int64_t block = 0; block < depth; block += kBlock) {
        int64_t first = firstInput(block, depth);
        auto stepsBefore = static_cast<int64_t>(places.size()) / 2;
        for (int64_t lane = 0; lane < tile.lanes; ++lane) {
          int64_t inputs = std::min(kBlock, depth - block);
          LaneBlock own(inputs, twoSteps);
          for (int64_t vector = 0; vector < tile.vectors; ++vector) {
            int64_t column = panel * tile.panel() + vector * tile.lanes + lane;
            own.columns.emplace_back();
            for (int64_t input = 0; column < weights.columns() && input < inputs; ++input)
              own.columns.back()[static_cast<size_t>(input)] =
                  values[static_cast<size_t>((outer * depth + block + input) * weights.columns() + column)];
          }
          own.deal();
          for (int64_t place = 0; place < ceilDivide(inputs, kPerStep) * kPerStep; ++place) {
            int64_t input = own.order[static_cast<size_t>(place)];
            if (input >= inputs)
              continue;
            int64_t step = (panel * weights.outer() + outer) * steps + (block + place) / kPerStep;
            StepWriter writer(packed + step * stepBytes, tile);
            writer.place(lane, place % kPerStep, block - first + input);
            for (int64_t vector = 0; vector < tile.vectors; ++vector)
              writer.weight(vector, lane, place % kPerStep,
                            own.columns[static_cast<size_t>(vector)][static_cast<size_t>(input)]);
          }
          // Two a step: each in a pair of its own, which so holds it.
          for (size_t number = 0; number < own.remainders.size(); ++number) {
            int64_t step = stepsBefore + static_cast<int64_t>(number) / 2;
            while (static_cast<int64_t>(places.size()) / 2 <= step) {
              places.insert(places.end(), {outer, first});
              remainders.resize(remainders.size() + static_cast<size_t>(stepBytes));
            }
            StepWriter writer(remainders.data() + step * stepBytes, tile);
            const LaneBlock::Remainder &remainder = own.remainders[number];
            int64_t product = static_cast<int64_t>(number) % 2 * 2;
            writer.place(lane, product, block - first + remainder.input);
            for (int64_t vector = 0; vector < tile.vectors; ++vector)
              writer.weight(vector, lane, product, remainder.columns[static_cast<size_t>(vector)]);
          }
        }
      }
  }
  auto count = static_cast<int64_t>(places.size()) / 2;
  pairs.remainderStarts.push_back(count);
  pairs.remainders = std::move(*Tensor::zeros(DType::S8, {count, stepBytes}));
  pairs.remainderPlaces = std::move(*Tensor::zeros(DType::S64, {count, 2}));
  std::ranges::copy(remainders, pairs.remainders.mutableValues<int8_t>().begin());
  std::ranges::copy(places, pairs.remainderPlaces.mutableValues<int64_t>().begin());
  return pairs;
}

BytePairs BytePairs::of(const WeightMatrix &weights, const Tile &tile) {
  // Instructions of a row: three for the products of a step with a vector, one less for each two steps that share their widening;
  // a remainder step is one more.
  auto cost = [&](const BytePairs &pairs) {
    const Shape &shape = pairs.packed.shape();
    return shape[0] * shape[1] * ceilDivide(shape[2], 4) * tile.vectors * (12 - pairs.twoSteps) +
           pairs.remainderStarts.back() * (3 * tile.vectors + 5);
  };
  BytePairs best = with(0, weights, tile);
  for (int64_t twoSteps = 1; twoSteps <= kBlock / kPerStep / 2; ++twoSteps) {
    BytePairs pairs = with(twoSteps, weights, tile);
    if (cost(pairs) >= cost(best))
      break;
    best = std::move(pairs);
  }
  return best;
}

} // namespace limbeck::cpu
