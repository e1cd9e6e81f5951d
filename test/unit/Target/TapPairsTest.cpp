// Taps of depthwise windows dealt into pairs whose sums 16 bits hold.
#include "Target/CPU/Emit/TapPairs.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace limbeck;

static cpu::TapPairs expectExact(const std::vector<int64_t> &weights, int64_t channels) {
  int64_t taps = static_cast<int64_t>(weights.size()) / channels;
  cpu::TapPairs pairs = cpu::TapPairs::of(weights, channels, taps);
  size_t factors = pairs.taps.size();
  EXPECT_EQ(factors % 4, 0u);
  EXPECT_EQ(pairs.weights.size(), factors * static_cast<size_t>(channels));
  for (int64_t channel = 0; channel < channels; ++channel) {
    std::vector<int64_t> sums(static_cast<size_t>(taps));
    for (size_t factor = 0; factor < factors; ++factor) {
      const int8_t *own = pairs.weights.data() + static_cast<size_t>(channel) * factors + factor;
      if (pairs.taps[factor] == cpu::TapPairs::kNone)
        EXPECT_EQ(*own, 0);
      else
        sums[static_cast<size_t>(pairs.taps[factor])] += *own;
      if (factor % 2 == 0) {
        EXPECT_LE((std::max<int64_t>(own[0], 0) + std::max<int64_t>(own[1], 0)) * 255, 32767);
        EXPECT_GE((std::min<int64_t>(own[0], 0) + std::min<int64_t>(own[1], 0)) * 255, -32768);
      }
    }
    EXPECT_EQ(sums,
              std::vector<int64_t>(weights.begin() + channel * taps, weights.begin() + (channel + 1) * taps));
  }
  return pairs;
}

TEST(TapPairs, addUpToTheWeightsWithoutSaturating) {
  std::mt19937 random(1);
  for (int64_t taps : {1, 2, 3, 4, 9, 15, 25})
    for (bool extremes : {false, true}) {
      SCOPED_TRACE(taps);
      std::vector<int64_t> weights(static_cast<size_t>(40 * taps));
      for (int64_t &weight : weights)
        weight = !extremes ? static_cast<int64_t>(random() >> 24) - 128 : random() >> 31 ? 127 : -128;
      expectExact(weights, 40);
    }
}

TEST(TapPairs, takeThreeFoursForNineTaps) {
  // Of 120, 68 stand beside 60, and 52 beside 70.
  cpu::TapPairs pairs = expectExact({60, 120, 70, 1, 2, 3, -128, -128, 0}, 1);
  EXPECT_EQ(pairs.taps, (std::vector<int64_t>{0, 1, 2, 1, 3, 4, 5, 4, 6, 7, 8, 7}));
  EXPECT_EQ(pairs.weights, (std::vector<int8_t>{60, 68, 70, 52, 1, 2, 3, 0, -128, 0, 0, -128}));
}

TEST(TapPairs, exchangeTapsUntilTheTwoPlacesSuffice) {
  // As they come, 54 of the 120 would be left.
  cpu::TapPairs pairs = expectExact({100, 120, 90, 1, 2, 3}, 1);
  EXPECT_EQ(pairs.taps.size(), 8u);
}

TEST(TapPairs, giveWhatTwoPlacesCannotTakeOneMore) {
  cpu::TapPairs pairs = expectExact({100, 120, 90}, 1);
  EXPECT_EQ(pairs.taps, (std::vector<int64_t>{0, 1, 2, 1, 1, -1, -1, -1}));
  EXPECT_EQ(pairs.weights, (std::vector<int8_t>{100, 28, 90, 38, 54, 0, 0, 0}));
}

TEST(TapPairs, giveTheRestsOfTwoTapsOnePairWhereTheyFit) {
  // 54 and 50 are left, in either order of the taps in which no less is.
  cpu::TapPairs pairs = expectExact({100, 120, 90, 100, 120, 86}, 1);
  EXPECT_EQ(pairs.taps.size(), 12u);
  EXPECT_EQ(std::ranges::count(pairs.taps, cpu::TapPairs::kNone), 2);
  // 127 of all but the six that have a place alone are far too much.
  EXPECT_EQ(expectExact(std::vector<int64_t>(9, 127), 1).taps.size(), 20u);
}

TEST(TapPairs, takeFourTapsTogetherWhereThatSavesAStep) {
  EXPECT_EQ(expectExact({1, 2, 3, 4}, 1).taps.size(), 4u);
  EXPECT_EQ(expectExact({127, 1, 127, 1, 127, 1, 127}, 1).taps.size(), 8u);
  EXPECT_EQ(expectExact({1, 2, 3, 4, 5, 6, 7, 8}, 1).taps.size(), 8u);
  EXPECT_EQ(expectExact({127, 127, 127, 127}, 1).taps.size(), 8u) << "no pair holds two of them";
}
