// Functions of an integer as one fused multiply-add: equal where one is found, none where none can be.
#include "limbeck/Lower/FusedRounding.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>

using namespace limbeck::lower;

/// Steps of clamp(roundeven(slope * n) + zero, 0, 255) for n from -reach to reach.
static StepFunction rounded(double slope, int64_t zero, int64_t reach) {
  auto valueAt = [&](int64_t n) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::nearbyint(slope * static_cast<double>(n))) + zero, 0,
                               255);
  };
  StepFunction function;
  function.least = -reach;
  function.most = reach;
  for (int64_t n = -reach + 1; n <= reach; ++n)
    for (int64_t value = valueAt(n - 1) + 1; value <= valueAt(n); ++value)
      function.steps.push_back({value, n - 1, n});
  return function;
}

TEST(FusedRounding, equalsTheFunctionEverywhereAndNotOnlyAtItsSteps) {
  for (double slope : {0.0371, 0.0123, 0.3137, 1.3137}) {
    StepFunction function = rounded(slope, 19, 20000);
    std::optional<FusedRounding> found = findFusedRounding(function, slope);
    ASSERT_TRUE(found) << slope;
    auto step = function.steps.begin();
    int64_t expected = step->value - 1;
    for (int64_t n = function.least; n <= function.most; ++n) {
      for (; step != function.steps.end() && step->from <= n; ++step)
        expected = step->value;
      ASSERT_EQ(std::clamp<int64_t>(found->at(n).value_or(-1), 0, 255), expected) << slope << " at " << n;
    }
  }
}

TEST(FusedRounding, keepsTiesThatRoundToEvenAndRefusesThoseThatDoNot) {
  // 0.5 n is a tie for every odd n. With an odd zero point, even results come from odd ones.
  EXPECT_TRUE(findFusedRounding(rounded(0.5, 10, 1000), 0.5));
  EXPECT_FALSE(findFusedRounding(rounded(0.5, 11, 1000), 0.5));
}

TEST(FusedRounding, refusesWhatDoesNotFit) {
  EXPECT_FALSE(findFusedRounding({{}, 0, 10}, 1.0)) << "a constant";
  EXPECT_FALSE(findFusedRounding(
      {{{1, 0, 1}, {2, int64_t(1) << 23, (int64_t(1) << 23) + 1}}, 0, int64_t(1) << 24}, 1e-7))
      << "steps farther apart than the floats from 2^23 to 2^24";
  EXPECT_FALSE(findFusedRounding({{{1, 0, 1}, {2, 1, 2}}, -100000, 100000}, 1.0))
      << "values of more than 16 bits";
  EXPECT_FALSE(findFusedRounding({{{1, 0, 1}, {2, 10, 11}, {3, 11, 12}}, 0, 12}, 0.2)) << "steps on no line";
  EXPECT_FALSE(findFusedRounding({{{1, 0, 1}}, 0, 1}, NAN));
  EXPECT_FALSE(findFusedRounding({{{1, 0, 1}}, 0, 1}, -1.0));
}

TEST(FusedRounding, saysWhereBitsAreNoFiniteFloat) {
  FusedRounding rounding{0x4b000000, 1.0f, 4194304.0f};
  EXPECT_EQ(rounding.at(0), 0);
  EXPECT_EQ(rounding.at(3), 3);
  EXPECT_FALSE(rounding.at(-int64_t(0x4b000001)));
  EXPECT_FALSE(rounding.at(0x40000000));
}

/// What requantize rounds and clamps, in f32.
static int64_t requantized(float product, int64_t lowest, int64_t highest) {
  return std::clamp(static_cast<int64_t>(std::nearbyint(product)), lowest, highest);
}

TEST(FusedProduct, roundsAsTheProductOfTheConvertedInteger) {
  for (float multiplier : {0.00041237f, 0.0013371f, 0.00971f, 0.125f, 0.513f})
    for (int64_t zero : {0, 1, 113, 255}) {
      auto reach = static_cast<int64_t>(900 / multiplier);
      std::optional<FusedProduct> found = findFusedProduct(multiplier, -zero, 255 - zero, -reach, reach);
      ASSERT_TRUE(found) << multiplier << ", " << zero;
      for (int64_t n = -reach; n <= reach; ++n) {
        float fused =
            std::fma(std::bit_cast<float>(static_cast<int32_t>(found->start + n)), multiplier, found->shift);
        ASSERT_EQ(requantized(fused, -zero, 255 - zero),
                  requantized(static_cast<float>(n) * multiplier, -zero, 255 - zero))
            << multiplier << ", " << zero << " at " << n;
      }
    }
}

TEST(FusedProduct, refusesWhatDoesNotFit) {
  EXPECT_FALSE(findFusedProduct(0.00001f, -128, 127, -100000000, 100000000)) << "steps of 25 million";
  EXPECT_FALSE(findFusedProduct(100.0f, 0, 255, -100000, 100000)) << "products that rounding does not take";
  EXPECT_FALSE(findFusedProduct(0.01f, 0, 255, -2000000000, 2000000000)) << "sums whose bits are no float";
  EXPECT_FALSE(findFusedProduct(0.0f, 0, 255, -10, 10));
  EXPECT_FALSE(findFusedProduct(1e-40f, 0, 255, -10, 10));
}
