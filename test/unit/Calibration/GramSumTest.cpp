// Sums of matrices in fixed point.
#include "limbeck/Calibration/GramSum.h"
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace limbeck::calibration {

static GramSum sumOf(int64_t size, const std::vector<std::vector<float>> &matrices) {
  GramSum sum(size);
  for (const std::vector<float> &matrix : matrices)
    sum.add(matrix);
  return sum;
}

TEST(GramSum, AddsExactly) {
  GramSum sum = sumOf(2, {{1, -2, -2, 4}, {0.25f, 0.5f, 0.5f, 1}});
  EXPECT_EQ(sum.at(0, 0), 1.25);
  EXPECT_EQ(sum.at(0, 1), -1.5);
  EXPECT_EQ(sum.at(1, 1), 5);
  EXPECT_EQ(sum.place(), 0);
}

TEST(GramSum, KeepsThirtyTwoBitsBelowTheGreatest) {
  GramSum sum = sumOf(1, {{1.0f}, {0x1p-32f}});
  EXPECT_EQ(sum.at(0, 0), 1 + 0x1p-32);
  sum = sumOf(1, {{1.0f}, {0x1p-33f}});
  EXPECT_EQ(sum.at(0, 0), 1) << "what lies below both digits is cut off";
  EXPECT_EQ(sumOf(1, {{0x1p-33f}, {1.0f}}), sum) << "in the other order as well";
}

TEST(GramSum, NoOrderChangesIt) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<float>> matrices(1 + random() % 6);
    for (std::vector<float> &matrix : matrices)
      for (int i = 0; i < 9; ++i) {
        float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
        matrix.push_back(std::isfinite(value) ? value : 0.0f);
      }
    GramSum forward = sumOf(3, matrices), first(3), second(3);
    for (size_t i = 0; i < matrices.size(); ++i)
      (i % 2 ? first : second).add(matrices[matrices.size() - 1 - i]);
    first.add(second);
    ASSERT_EQ(first, forward);
    auto copy = GramSum::make(3, forward.place(), {forward.high().begin(), forward.high().end()},
                              {forward.low().begin(), forward.low().end()});
    ASSERT_EQ(copy, forward);
  }
}

TEST(GramSum, ZerosHaveNoPlace) {
  GramSum sum = sumOf(1, {{0.0f}, {0x1p-100f}});
  EXPECT_EQ(sum, sumOf(1, {{0x1p-100f}}));
  EXPECT_EQ(sumOf(1, {{0.0f}}), GramSum(1));
}

TEST(GramSum, RefusesWhatNoSamplesGive) {
  EXPECT_TRUE(GramSum::make(1, 0, {0}, {0}));
  EXPECT_FALSE(GramSum::make(2, 0, {1}, {1}));
  EXPECT_FALSE(GramSum::make(1, 9, {1}, {1}));
  EXPECT_FALSE(GramSum::make(1, 0, {INT64_MIN}, {1}));
  EXPECT_FALSE(GramSum::make(-1, 0, {}, {}));
}

} // namespace limbeck::calibration
