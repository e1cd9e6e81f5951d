// Noise is not slowness, and slowness is not noise.
#include "limbeck/Session/Speedup.h"
#include <algorithm>
#include <gtest/gtest.h>

using namespace limbeck::session;

/// A model whose turns have these medians.
static Measurement measured(const std::vector<double> &turns) {
  Measurement result;
  for (size_t i = 0; i < turns.size(); ++i)
    result.blocks.push_back({i, turns[i]});
  std::vector<double> sorted = turns;
  std::ranges::sort(sorted);
  result.p50Ms = sorted[(sorted.size() - 1) / 2];
  return result;
}

TEST(Speedup, LeavesOutWhatConfidenceAllows) {
  // Of ten values one at either end: 1 - 2 * 11/1024 is above 95 %, and 1 - 2 * 56/1024 is not.
  Speedup ten = speedupOf(measured(std::vector<double>(10, 1.0)), measured({10, 2, 3, 4, 5, 6, 7, 8, 9, 1}));
  EXPECT_EQ(ten.least, 2);
  EXPECT_EQ(ten.greatest, 9);
  EXPECT_EQ(ten.ratio, 5);
  // Of five none, and of twenty five: 1 - 2 * 0.0207.
  Speedup five = speedupOf(measured(std::vector<double>(5, 1.0)), measured({3, 1, 2, 5, 4}));
  EXPECT_EQ(five.least, 1);
  EXPECT_EQ(five.greatest, 5);
  std::vector<double> twenty;
  for (int i = 1; i <= 20; ++i)
    twenty.push_back(i);
  EXPECT_EQ(speedupOf(measured(std::vector<double>(20, 1.0)), measured(twenty)).least, 6);
  EXPECT_EQ(speedupOf(measured(std::vector<double>(20, 1.0)), measured(twenty)).greatest, 15);
  EXPECT_EQ(speedupOf(measured({2}), measured({3})).least, 1.5);
}

TEST(Speedup, ACopyIsNotSlower) {
  // As a machine measured two copies of one artifact: 0.9994 times as fast.
  EXPECT_FALSE(speedupOf(measured({1.0006, 1.01, 0.99, 1.0006, 1, 1.002, 0.998, 1.0006, 1.01, 1.0006}),
                         measured(std::vector<double>(10, 1.0)))
                   .isSlower());
  // A copy in a worse place, by a little in all turns.
  EXPECT_FALSE(
      speedupOf(measured(std::vector<double>(10, 1.008)), measured(std::vector<double>(10, 1.0))).isSlower());
  // Noise of a third, the median below 1.
  Speedup noisy = speedupOf(measured({1.3, 0.8, 1.2, 1.1, 0.9, 1.2, 0.7, 1.3, 1.1, 0.9}),
                            measured(std::vector<double>(10, 1.0)));
  EXPECT_LT(noisy.ratio, 1);
  EXPECT_FALSE(noisy.isSlower());
}

TEST(Speedup, WhatIsSlowerIsSlower) {
  EXPECT_TRUE(
      speedupOf(measured(std::vector<double>(10, 1.03)), measured(std::vector<double>(10, 1.0))).isSlower());
  // One turn in ten may say otherwise, two may not.
  std::vector<double> turns(10, 1.1);
  turns[4] = 0.5;
  EXPECT_TRUE(speedupOf(measured(turns), measured(std::vector<double>(10, 1.0))).isSlower());
  turns[7] = 0.5;
  EXPECT_FALSE(speedupOf(measured(turns), measured(std::vector<double>(10, 1.0))).isSlower());
  // A single run of each, as of a large model.
  EXPECT_TRUE(speedupOf(measured({3000}), measured({1000})).isSlower());
  EXPECT_FALSE(speedupOf(measured({1000}), measured({3000})).isSlower());
}

TEST(Speedup, PairsTurnsThatAreNear) {
  // The model's runs take three turns each; in the middle the machine was slow for both.
  Measurement model, baseline = measured({1, 1, 1, 1, 4, 4, 1, 1, 1, 1});
  model.blocks = {{0, 2}, {4, 8}, {7, 2}};
  model.p50Ms = 2;
  Speedup speedup = speedupOf(model, baseline);
  EXPECT_EQ(speedup.least, 0.5);
  EXPECT_EQ(speedup.greatest, 0.5);
  EXPECT_TRUE(speedup.isSlower());
}
