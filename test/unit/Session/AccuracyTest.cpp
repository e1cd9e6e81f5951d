// What counts as noise, and what as no number at all.
#include "limbeck/Session/Accuracy.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

static Tensor row(std::vector<float> values) {
  Tensor tensor = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(values.size())}));
  std::ranges::copy(values, tensor.mutableValues<float>().begin());
  return tensor;
}

static OutputComparison compared(std::vector<float> expected, std::vector<float> found) {
  OutputComparison comparison("y");
  EXPECT_TRUE(comparison.add(row(std::move(expected)), row(std::move(found))).ok());
  return comparison;
}

TEST(AccuracyTest, SignalOverNoise) {
  OutputComparison comparison = compared({3, 4}, {3, 3.5f});
  EXPECT_NEAR(comparison.signalToNoise(), 20, 1e-9);
  EXPECT_EQ(*comparison.sameChoice(), 1);
  EXPECT_EQ(compared({1, 2}, {1, 2}).signalToNoise(), INFINITY);
}

TEST(AccuracyTest, EqualInfinitiesAreNoNoise) {
  OutputComparison comparison = compared({-INFINITY, 4, NAN, 3}, {-INFINITY, 3.5f, NAN, 3});
  EXPECT_NEAR(comparison.signalToNoise(), 20, 1e-9);
  EXPECT_EQ(comparison.notComparable(), 0);
  EXPECT_TRUE(std::isfinite(comparison.cosine()));
}

TEST(AccuracyTest, WhatIsFiniteInOneOnlyPassesNoGate) {
  for (auto [expected, found] : {std::pair(1.f, NAN), {NAN, 1.f}, {INFINITY, 1.f}, {INFINITY, -INFINITY}}) {
    OutputComparison comparison = compared({expected, 2}, {found, 2});
    EXPECT_EQ(comparison.signalToNoise(), -INFINITY) << expected << " " << found;
    EXPECT_EQ(comparison.notComparable(), 1);
  }
}
