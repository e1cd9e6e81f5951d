// histogram: which element counts where.
#include "limbeck/Calibration/Histogram.h"
#include "OpTesting.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

namespace limbeck::reference::testing {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity(),
                kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<int32_t> histogram(const std::vector<float> &values, float least, float greatest) {
  Tensor x = std::move(*Tensor::zeros(DType::F32, {static_cast<int64_t>(values.size())}));
  std::ranges::copy(values, x.mutableValues<float>().begin());
  auto results = run("histogram", {},
                     {{x}, {Tensor::scalar(DType::F32, least)}, {Tensor::scalar(DType::F32, greatest)}});
  EXPECT_TRUE(results.ok());
  return listOf<int32_t>((*results)[0]);
}

TEST(Histogram, CountsWhereTheFormulaSays) {
  std::vector<int32_t> counts = histogram({0, 0.5f, 1, 0.25f, 0.25f}, 0, 1); // bins of 2^-10
  ASSERT_EQ(counts.size(), 2048u);
  EXPECT_EQ(counts[0], 1);
  EXPECT_EQ(counts[256], 2);
  EXPECT_EQ(counts[512], 1);
  EXPECT_EQ(counts[1024], 1);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 5);
}

TEST(Histogram, BothSigns) {
  std::vector<int32_t> counts = histogram({-1, -0.001f, -0.0f, 1}, -1, 1); // bins of 2^-9 from -513 on
  EXPECT_EQ(counts[0], 1);
  EXPECT_EQ(counts[512], 1) << "just below 0";
  EXPECT_EQ(counts[513], 1) << "-0 is 0";
  EXPECT_EQ(counts[513 + 512], 1);
}

TEST(Histogram, WhatLiesBeyondCountsAtTheEnds) {
  std::vector<int32_t> counts = histogram({-5, 5, kInfinity, -kInfinity, kNan}, 0, 1);
  EXPECT_EQ(counts[0], 3) << "both negative ones, and NaN in bin 0";
  EXPECT_EQ(counts[2047], 2);
}

TEST(Histogram, EndsOfAnyKind) {
  for (float least : {-kInfinity, kNan, 1.0f, -0.0f, -std::numeric_limits<float>::denorm_min()})
    for (float greatest : {kInfinity, kNan, -1.0f, 0.0f, std::numeric_limits<float>::max()}) {
      std::vector<int32_t> counts = histogram({-3, 0, 3, kNan}, least, greatest);
      EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 4) << least << " " << greatest;
    }
  EXPECT_EQ(histogram({}, kInfinity, -kInfinity), std::vector<int32_t>(2048, 0));
}

TEST(Histogram, IsThatOfCalibration) {
  Random random(9);
  Tensor x = random.floats({1000});
  std::vector<float> values = listOf<float>(x);
  auto [least, greatest] = std::ranges::minmax(values);
  calibration::Histogram direct, counted;
  direct.add(values);
  counted.add(calibration::BinGrid::of(least, greatest), histogram(values, least, greatest));
  EXPECT_EQ(counted, direct);
}

} // namespace
} // namespace limbeck::reference::testing
