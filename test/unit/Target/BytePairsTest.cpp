// Products dealt into pairs whose sums 16 bits hold.
#include "Target/CPU/Emit/BytePairs.h"
#include <array>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>

using namespace limbeck;

/// 2 window rows of `depth` inputs, 13 columns.
static cpu::WeightMatrix weightsBy(int64_t depth, const std::function<int64_t()> &draw) {
  Tensor values = std::move(*Tensor::zeros(DType::S8, {2, depth, 13}));
  for (int8_t &value : values.mutableValues<int8_t>())
    value = static_cast<int8_t>(draw());
  return {values};
}

using Found = std::map<std::array<int64_t, 3>, int64_t>; ///< weights by (window row, input, column)

/// Adds what steps say that are summed in 16 bits together, and expects that none of these sums overflows.
static void readSteps(std::span<const int8_t> steps, size_t count, const cpu::Tile &tile, int64_t panel,
                      int64_t row, int64_t first, Found &found) {
  size_t stepBytes = steps.size() / count;
  for (int64_t vector = 0; vector < tile.vectors; ++vector)
    for (int64_t lane = 0; lane < tile.lanes; ++lane)
      for (int64_t pair = 0; pair < 4; pair += 2) {
        int64_t positive = 0, negative = 0;
        for (size_t step = 0; step < count; ++step)
          for (int64_t product = pair; product < pair + 2; ++product) {
            const int8_t *own = steps.data() + step * stepBytes + lane * 4 + product;
            int64_t place = own[0], weight = own[(1 + vector) * tile.lanes * 4];
            (weight > 0 ? positive : negative) += weight;
            EXPECT_TRUE(place >= 0 && place < 16) << place;
            found[{row, first + place, panel * tile.panel() + vector * tile.lanes + lane}] += weight;
          }
        EXPECT_LE(positive * 255, 32767);
        EXPECT_GE(negative * 255, -32768);
      }
}

/// Expects that all steps together multiply each input by its weight. Returns the number of remainder steps.
static int64_t expectExact(const cpu::WeightMatrix &weights, const cpu::Tile &tile,
                           const cpu::BytePairs &pairs) {
  const Shape &shape = pairs.packed.shape();
  auto stepBytes = static_cast<size_t>(shape[3]);
  std::span<const int8_t> packed = pairs.packed.values<int8_t>();
  Found found;
  for (int64_t panel = 0; panel < shape[0]; ++panel)
    for (int64_t row = 0; row < shape[1]; ++row)
      for (int64_t step = 0, together = 0; step < shape[2]; step += together) {
        together = cpu::BytePairs::stepsTogether(step % 4, std::min<int64_t>(4, shape[2] - step / 4 * 4),
                                                 pairs.twoSteps);
        auto count = static_cast<size_t>(together),
             at = static_cast<size_t>((panel * shape[1] + row) * shape[2] + step) * stepBytes;
        readSteps(packed.subspan(at, count * stepBytes), count, tile, panel, row,
                  cpu::BytePairs::firstInput(step / 4 * 16, weights.depth()), found);
      }
  std::span<const int64_t> places = pairs.remainderPlaces.values<int64_t>();
  EXPECT_EQ(static_cast<int64_t>(pairs.remainderStarts.size()), shape[0] + 1);
  for (int64_t panel = 0; panel < shape[0]; ++panel)
    for (auto step = static_cast<size_t>(pairs.remainderStarts[static_cast<size_t>(panel)]);
         step < static_cast<size_t>(pairs.remainderStarts[static_cast<size_t>(panel) + 1]); ++step)
      readSteps(pairs.remainders.values<int8_t>().subspan(step * stepBytes, stepBytes), 1, tile, panel,
                places[2 * step], places[2 * step + 1], found);
  std::span<const int8_t> values = weights.values.values<int8_t>();
  for (const auto &[place, weight] : found) {
    auto [row, input, column] = place;
    bool inside = input < weights.depth() && column < weights.columns();
    int64_t expected =
        inside ? values[static_cast<size_t>((row * weights.depth() + input) * weights.columns() + column)]
               : 0;
    EXPECT_EQ(weight, expected) << "row " << row << ", input " << input << ", column " << column;
  }
  EXPECT_GE(static_cast<int64_t>(found.size()), weights.outer() * weights.depth() * weights.columns());
  return pairs.remainderStarts.back();
}

TEST(BytePairs, addUpToTheWeightsWithoutSaturating) {
  std::mt19937 random(1);
  for (int64_t depth : {1, 3, 4, 15, 16, 17, 20, 21, 32, 47, 64})
    for (cpu::Tile tile : {cpu::Tile{4, 1, 8}, cpu::Tile{4, 3, 8}, cpu::Tile{2, 2, 16}})
      for (int64_t twoSteps : {0, 1, 2}) {
        SCOPED_TRACE("depth " + std::to_string(depth) + ", vectors " + std::to_string(tile.vectors));
        cpu::WeightMatrix any = weightsBy(depth, [&] { return static_cast<int64_t>(random() >> 24) - 128; });
        expectExact(any, tile, cpu::BytePairs::with(twoSteps, any, tile));
        cpu::WeightMatrix extreme = weightsBy(depth, [&] { return random() >> 31 ? 127 : -128; });
        expectExact(extreme, tile, cpu::BytePairs::with(twoSteps, extreme, tile));
      }
}

/// Weights of a channel as trained: the largest of 256 is three times the standard deviation.
static cpu::WeightMatrix bellShaped(double deviation) {
  std::mt19937 random(2);
  std::normal_distribution<double> bell(0, deviation);
  return weightsBy(256, [&] { return std::clamp<int64_t>(std::llround(bell(random)), -127, 127); });
}

TEST(BytePairs, findAnOrderForWeightsAsTheyAre) {
  cpu::WeightMatrix weights = bellShaped(40);
  cpu::Tile tile{3, 3, 8};
  EXPECT_EQ(expectExact(weights, tile, cpu::BytePairs::with(0, weights, tile)), 0);
  cpu::BytePairs chosen = cpu::BytePairs::of(weights, tile);
  EXPECT_EQ(chosen.twoSteps, 1) << "two of four steps share their widening";
  EXPECT_EQ(expectExact(weights, tile, chosen), 0);
  EXPECT_EQ(cpu::BytePairs::of(bellShaped(25), tile).twoSteps, 2);
}

TEST(BytePairs, addOneStepAtATimeWhereTwoLeaveTooMuch) {
  EXPECT_EQ(cpu::BytePairs::of(bellShaped(90), {3, 3, 8}).twoSteps, 0);
}

TEST(BytePairs, haveRemaindersWhereEveryPairIsTooHeavy) {
  cpu::Tile tile{4, 1, 8};
  auto remainders = [&](int64_t weight) {
    cpu::WeightMatrix weights = weightsBy(32, [&] { return weight; });
    return expectExact(weights, tile, cpu::BytePairs::with(0, weights, tile));
  };
  // 8 pairs a block, two remainders a step, 2 blocks a window row, 2 window rows, 2 panels.
  EXPECT_EQ(remainders(127), 4 * 2 * 2 * 2);
  EXPECT_EQ(remainders(64), 0) << "128 * 255 is below 2^15";
  EXPECT_EQ(remainders(-64), 0);
}

TEST(BytePairs, readNothingBehindTheLastInput) {
  EXPECT_EQ(cpu::BytePairs::firstInput(0, 7), 0) << "less than a block";
  EXPECT_EQ(cpu::BytePairs::firstInput(16, 32), 16);
  EXPECT_EQ(cpu::BytePairs::firstInput(16, 21), 5);
  EXPECT_EQ(cpu::BytePairs::stepsOf(21), 6);
}
