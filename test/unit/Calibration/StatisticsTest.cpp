// What samples add, and that shards merge to the same.
#include "limbeck/Calibration/Statistics.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace limbeck::calibration {

constexpr float kInfinity = std::numeric_limits<float>::infinity(),
                kNan = std::numeric_limits<float>::quiet_NaN();

static Observation ends(float least, float greatest) {
  Observation observation;
  observation.least = least;
  observation.greatest = greatest;
  return observation;
}

TEST(Statistics, CountsSamplesThatAreNotFinite) {
  TensorStatistics tensor;
  for (Observation sample :
       {ends(-1, 2), ends(kNan, kNan), ends(-kInfinity, 1), ends(0, kInfinity), ends(kInfinity, -kInfinity)})
    ASSERT_TRUE(tensor.add(sample).ok());
  EXPECT_EQ(tensor.samples, 1) << "a tensor without elements says nothing";
  EXPECT_EQ(tensor.nanSamples, 1);
  EXPECT_EQ(tensor.infiniteSamples, 2);
  EXPECT_EQ(tensor.least, -1);
  EXPECT_EQ(tensor.greatest, 2);
  EXPECT_EQ(tensor.minima.rounded(), -1);
}

TEST(Statistics, TheSignOfZeroIsLost) {
  TensorStatistics tensor;
  ASSERT_TRUE(tensor.add(ends(-0.0f, -0.0f)).ok());
  EXPECT_FALSE(std::signbit(tensor.least) || std::signbit(tensor.greatest));
}

TEST(Statistics, ChannelsAndMatricesKeepTheirNumber) {
  TensorStatistics tensor;
  Observation sample = ends(-1, 2);
  sample.channels = {1, 2};
  sample.gram = {1, 2, 2, 4};
  ASSERT_TRUE(tensor.add(sample).ok());
  sample.channels = {2, 1};
  ASSERT_TRUE(tensor.add(sample).ok());
  EXPECT_EQ(tensor.channels, (std::vector<float>{2, 2}));
  EXPECT_EQ(tensor.gram->at(1, 1), 8);
  Observation other = sample;
  other.channels = {1};
  EXPECT_EQ(tensor.add(other).diagnostic().code, Code::Calibration);
  other = sample;
  other.gram = {1};
  EXPECT_EQ(tensor.add(other).diagnostic().code, Code::Calibration);
  other.gram = {1, kInfinity, kInfinity, 1};
  EXPECT_EQ(tensor.add(other).diagnostic().code, Code::Calibration);
}

TEST(Statistics, MeansOfChannelsAreMeansOverSamples) {
  TensorStatistics tensor;
  EXPECT_EQ(tensor.channelMeans().diagnostic().code, Code::Calibration) << "none were collected";
  Observation sample = ends(-1, 2);
  sample.means = {1, -0.5f};
  ASSERT_TRUE(tensor.add(sample).ok());
  Observation broken = ends(kNan, kNan);
  broken.means = {kNan, kNan};
  ASSERT_TRUE(tensor.add(broken).ok());
  sample.means = {2, 1.5f};
  ASSERT_TRUE(tensor.add(sample).ok());
  EXPECT_EQ(*tensor.channelMeans(), (std::vector<double>{1.5, 0.5}));
  sample.means = {1};
  EXPECT_EQ(tensor.add(sample).diagnostic().code, Code::Calibration) << "another number of channels";
  sample.means = {1, kInfinity};
  EXPECT_EQ(tensor.add(sample).diagnostic().code, Code::Calibration) << "beyond f32";
  TensorStatistics other;
  sample.means = {1, 2, 3};
  ASSERT_TRUE(other.add(sample).ok());
  EXPECT_EQ(other.merge(tensor).diagnostic().code, Code::Calibration);
}

TEST(Statistics, MergeInAnyOrder) {
  std::mt19937 random(5);
  std::vector<Observation> samples;
  for (int i = 0; i < 60; ++i) {
    auto number = [&] {
      return std::ldexp(static_cast<float>(random()) / 1e9f - 2, static_cast<int>(random() % 40) - 20);
    };
    std::vector<float> values = {number(), number(), number(), number()};
    auto [least, greatest] = std::ranges::minmax(values);
    Observation sample = ends(least, greatest);
    sample.grid = BinGrid::of(least, greatest);
    sample.counts.resize(kBins);
    for (float value : values) {
      ++sample.counts[static_cast<size_t>(binOf(value, sample.grid.exponent) - sample.grid.first)];
      sample.channels.push_back(std::fabs(value));
      sample.gram.push_back(value * value);
      sample.means.push_back(value);
    }
    if (i % 17 == 3)
      sample.least = kNan;
    samples.push_back(std::move(sample));
  }
  TensorStatistics whole;
  for (const Observation &sample : samples)
    ASSERT_TRUE(whole.add(sample).ok());
  for (int round = 0; round < 20; ++round) {
    std::shuffle(samples.begin(), samples.end(), random);
    TensorStatistics shards[3], merged;
    for (const Observation &sample : samples)
      ASSERT_TRUE(shards[random() % 3].add(sample).ok());
    for (size_t i : {2, 0, 1})
      ASSERT_TRUE(merged.merge(shards[i]).ok());
    ASSERT_EQ(merged, whole);
  }
}

} // namespace limbeck::calibration
