// Bins that grow, and give the same in any order.
#include "limbeck/Calibration/Histogram.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace limbeck::calibration {

using Limits = std::numeric_limits<float>;

static Histogram histogramOf(const std::vector<float> &values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

TEST(Histogram, BinsHaveEdgesAtMultiples) {
  EXPECT_EQ(binOf(0.0f, 0), 0);
  EXPECT_EQ(binOf(-0.0f, 0), 0);
  EXPECT_EQ(binOf(0.99f, 0), 0);
  EXPECT_EQ(binOf(1.0f, 0), 1);
  EXPECT_EQ(binOf(-0.5f, 0), -1);
  EXPECT_EQ(binOf(-1.0f, 0), -2) << "a negative edge belongs to the bin further out";
  EXPECT_EQ(binOf(-Limits::denorm_min(), kGreatestExponent), -1) << "the sign is not lost with the size";
  EXPECT_EQ(binOf(3.0f, -2), 12);
}

TEST(Histogram, TheGridIsTheFinestThatFits) {
  auto grid = [](float least, float greatest) {
    BinGrid grid = BinGrid::of(least, greatest);
    return std::pair(grid.exponent, grid.first);
  };
  EXPECT_EQ(grid(0, 1), (std::pair{-10, int64_t(0)}));
  EXPECT_EQ(grid(0.5f, std::nextafter(1.0f, 0.0f)), (std::pair{-11, int64_t(0)})) << "0 is always inside";
  EXPECT_EQ(grid(-1, 1), (std::pair{-9, int64_t(-513)}));
  EXPECT_EQ(grid(-0.1f, 1.5f), (std::pair{-10, int64_t(-103)})) << "few negative values leave the width";
  EXPECT_EQ(grid(0, 0), (std::pair{-126, int64_t(0)}));
  EXPECT_EQ(grid(0, Limits::denorm_min()), (std::pair{-126, int64_t(0)}));
  EXPECT_EQ(grid(-Limits::max(), Limits::max()), (std::pair{118, int64_t(-1024)}));
}

TEST(Histogram, EveryPairOfEndsFits) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    float a = std::bit_cast<float>(static_cast<uint32_t>(random())),
          b = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (i % 2)
      b = a * static_cast<float>(random() % 4096) / -1024.0f;
    if (!std::isfinite(a) || !std::isfinite(b))
      continue;
    BinGrid grid = BinGrid::of(std::min(a, b), std::max(a, b));
    int64_t last = std::max<int64_t>(binOf(std::max(a, b), grid.exponent), 0);
    ASSERT_LT(last - grid.first, kBins) << a << " " << b;
    ASSERT_LE(grid.first, binOf(std::min(a, b), grid.exponent));
    int64_t finerFirst = std::min<int64_t>(binOf(std::min(a, b), grid.exponent - 1), 0);
    int64_t finerLast = std::max<int64_t>(binOf(std::max(a, b), grid.exponent - 1), 0);
    if (grid.exponent > kLeastExponent)
      ASSERT_GE(finerLast - finerFirst, kBins) << "a finer grid would do: " << a << " " << b;
  }
}

TEST(Histogram, GrowthJoinsPairs) {
  Histogram histogram = histogramOf({0.1f, 0.9f});
  EXPECT_EQ(histogram.exponent(), -11);
  histogram.add(std::vector<float>{100.0f});
  EXPECT_EQ(histogram.exponent(), -4);
  EXPECT_EQ(histogram.first(), 1);
  EXPECT_EQ(histogram.counts()[0], 1u);
  EXPECT_EQ(histogram.counts()[13], 1u) << "0.9 is in bin 14 of 1/16";
  EXPECT_EQ(histogram.counts().back(), 1u);
  EXPECT_EQ(histogram.total(), 3u);
  EXPECT_EQ(histogram, histogramOf({100.0f, 0.9f, 0.1f}));
}

TEST(Histogram, NoOrderChangesIt) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    // Parts of very different magnitude and sign, so that one has to grow for the other.
    std::vector<std::vector<float>> parts(1 + random() % 5);
    std::vector<float> all;
    for (std::vector<float> &part : parts) {
      float scale = std::ldexp(1.0f, static_cast<int>(random() % 60) - 30);
      float shift = static_cast<float>(random() % 3) - 1;
      for (size_t i = 0; i < 1 + random() % 50; ++i)
        part.push_back((static_cast<float>(random()) / 4294967296.0f + shift) * scale);
      all.insert(all.end(), part.begin(), part.end());
    }
    Histogram whole = histogramOf(all), forward, backward;
    for (size_t i = 0; i < parts.size(); ++i) {
      forward.add(histogramOf(parts[i]));
      backward.add(parts[parts.size() - 1 - i]);
    }
    ASSERT_EQ(forward, whole);
    ASSERT_EQ(backward, whole);
    std::vector<uint64_t> counts(whole.counts().begin(), whole.counts().end());
    ASSERT_EQ(Histogram::make(whole.exponent(), whole.first(), counts), whole);
  }
}

TEST(Histogram, RefusesWhatNoValuesGive) {
  auto refused = [](int exponent, int64_t first, std::vector<uint64_t> counts) {
    return !Histogram::make(exponent, first, std::move(counts));
  };
  EXPECT_FALSE(refused(-126, 0, {}));
  EXPECT_FALSE(refused(0, 0, std::vector<uint64_t>(2048, 1)));
  EXPECT_TRUE(refused(0, 0, std::vector<uint64_t>(2049, 1))) << "too many bins";
  EXPECT_TRUE(refused(0, 2000, std::vector<uint64_t>(100, 1))) << "too far from 0";
  EXPECT_TRUE(refused(0, 0, {1, 2})) << "finer bins would have done";
  EXPECT_TRUE(refused(0, 1500, {0, 1}));
  EXPECT_TRUE(refused(0, 1500, {1, 0}));
  EXPECT_TRUE(refused(-127, 0, {1}));
  EXPECT_TRUE(refused(119, 1500, {1}));
  EXPECT_TRUE(refused(0, INT64_MIN, {1}));
  EXPECT_TRUE(refused(0, 1500, {~uint64_t(0)}));
  EXPECT_TRUE(refused(1, 0, {})) << "nothing seen has the finest bins";
}

} // namespace limbeck::calibration
