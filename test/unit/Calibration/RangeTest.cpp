// The ranges that methods read from statistics.
#include "limbeck/Calibration/RangeError.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

namespace limbeck::calibration {

static TensorStatistics statisticsOf(const std::vector<std::vector<float>> &samples) {
  TensorStatistics tensor;
  for (const std::vector<float> &values : samples) {
    Observation sample;
    std::tie(sample.least, sample.greatest) = std::pair(std::ranges::min(values), std::ranges::max(values));
    sample.grid = BinGrid::of(sample.least, sample.greatest);
    sample.counts.resize(kBins);
    for (float value : values)
      ++sample.counts[static_cast<size_t>(binOf(value, sample.grid.exponent) - sample.grid.first)];
    EXPECT_TRUE(tensor.add(sample).ok());
  }
  return tensor;
}

static std::vector<float> normal(size_t count, float outlier) {
  std::mt19937 random(1);
  std::vector<float> values;
  // Sums of twelve even numbers: the same on every machine.
  for (size_t i = 0; i < count; ++i) {
    float sum = -6;
    for (int k = 0; k < 12; ++k)
      sum += static_cast<float>(random() >> 8) / 16777216.0f;
    values.push_back(sum);
  }
  if (outlier != 0)
    values[0] = outlier;
  return values;
}

static double squaredErrorOf(const std::vector<float> &values, Range range) {
  float step = (range.greatest - range.least) / 255, zero = std::nearbyint(-range.least / step);
  double total = 0;
  for (float value : values) {
    float q = std::clamp(std::nearbyint(value / step) + zero, 0.0f, 255.0f);
    double difference = static_cast<double>((q - zero) * step) - value;
    total += difference * difference;
  }
  return total;
}

TEST(Range, ErrorsAndSharesOfWhatIsBeyond) {
  std::vector<float> values = normal(20000, 12);
  TensorStatistics tensor = statisticsOf({values});
  for (Range range : {Range{-6, 12}, Range{-1, 2}, Range{-4, 4}}) {
    double expected = squaredErrorOf(values, range),
           beyond = static_cast<double>(std::ranges::count_if(
               values, [&](float value) { return value < range.least || value > range.greatest; }));
    EXPECT_NEAR(squaredError(*tensor.histogram, range, DType::U8), expected, 0.05 * expected);
    EXPECT_NEAR(shareBeyond(*tensor.histogram, range), beyond / 20000, 0.002);
  }
  EXPECT_EQ(shareBeyond(Histogram(), Range{0, 1}), 0);
}

TEST(Range, MinMaxAndMeans) {
  TensorStatistics tensor = statisticsOf({{-1, 3}, {-2, 5}, {0.5f, 1}});
  EXPECT_EQ(*tensor.range(Method::MinMax, 0, DType::U8), (Range{-2, 5}));
  EXPECT_EQ(*tensor.range(Method::AverageMinMax, 0, DType::U8), (Range{-2.5f / 3, 3}));
  EXPECT_EQ(*tensor.range(Method::MinMax, 0, DType::S8, /*symmetric=*/true), (Range{-5, 5}));
}

TEST(Range, ZeroIsInside) {
  EXPECT_EQ(*statisticsOf({{2, 3}}).range(Method::MinMax, 0, DType::U8), (Range{0, 3}));
  EXPECT_EQ(*statisticsOf({{-3, -2}}).range(Method::AverageMinMax, 0, DType::U8), (Range{-3, 0}));
  EXPECT_EQ(*statisticsOf({{0, 0}}).range(Method::Entropy, 0, DType::U8), (Range{0, 0}));
  EXPECT_EQ(*statisticsOf({{0, 0}}).range(Method::SquaredError, 0, DType::U8), (Range{0, 0}));
  EXPECT_EQ(*statisticsOf({{0, 0}}).range(Method::Percentile, 99, DType::U8), (Range{0, 0}));
}

TEST(Range, PercentileCutsBothEnds) {
  std::vector<float> values;
  for (int i = 0; i < 10000; ++i)
    values.push_back(static_cast<float>(i - 5000) / 5000.0f);
  TensorStatistics tensor = statisticsOf({values});
  Range range = *tensor.range(Method::Percentile, 90, DType::U8);
  EXPECT_NEAR(range.least, -0.9, 0.002);
  EXPECT_NEAR(range.greatest, 0.9, 0.002);
  EXPECT_EQ(*tensor.range(Method::Percentile, 100, DType::U8), *tensor.range(Method::MinMax, 0, DType::U8));
}

TEST(Range, AnOutlierIsClipped) {
  std::vector<float> values = normal(100000, 60);
  TensorStatistics tensor = statisticsOf({values});
  for (Method method : {Method::Entropy, Method::Percentile}) {
    Range range = *tensor.range(method, 99.9, DType::U8);
    EXPECT_GT(range.greatest, 2) << name(method);
    EXPECT_LT(range.greatest, 12) << name(method);
  }
  // Squared, the error of one value that far out weighs more than that of 100,000 others.
  EXPECT_LT(tensor.range(Method::SquaredError, 0, DType::U8)->greatest, 60);
}

TEST(Range, SquaredErrorIsTheLeastOfAllClips) {
  for (float outlier : {0.0f, 8.0f, 30.0f}) {
    std::vector<float> values = normal(20000, outlier);
    TensorStatistics tensor = statisticsOf({values});
    double found = squaredErrorOf(values, *tensor.range(Method::SquaredError, 0, DType::U8));
    double least = std::numeric_limits<double>::infinity();
    for (int i = 1; i <= 400; ++i) {
      float end = std::max(-tensor.least, tensor.greatest) * static_cast<float>(i) / 400;
      least = std::min(
          least, squaredErrorOf(values, {std::max(tensor.least, -end), std::min(tensor.greatest, end)}));
    }
    EXPECT_LT(found, least * 1.05) << outlier;
  }
}

TEST(Range, SixteenBitsClipLess) {
  TensorStatistics tensor = statisticsOf({normal(100000, 20)});
  EXPECT_GT(tensor.range(Method::SquaredError, 0, DType::S16)->greatest,
            tensor.range(Method::SquaredError, 0, DType::U8)->greatest);
}

TEST(Range, SaysWhyThereIsNone) {
  auto code = [](const TensorStatistics &tensor, Method method, double percentile = 99,
                 DType storage = DType::U8) {
    return tensor.range(method, percentile, storage).diagnostic().code;
  };
  EXPECT_EQ(code({}, Method::MinMax), Code::Calibration);
  TensorStatistics tensor = statisticsOf({{-1, 3}});
  EXPECT_EQ(code(tensor, Method::Percentile, 0), Code::Flag);
  EXPECT_EQ(code(tensor, Method::Percentile, std::numeric_limits<double>::quiet_NaN()), Code::Flag);
  EXPECT_EQ(code(tensor, Method::MinMax, 99, DType::S32), Code::DataType);
  tensor.histogram.reset();
  EXPECT_EQ(code(tensor, Method::Entropy), Code::Calibration);
  tensor.nanSamples = 1;
  EXPECT_EQ(code(tensor, Method::MinMax), Code::Calibration);
}

TEST(Range, MethodsHaveNames) {
  for (Method method :
       {Method::MinMax, Method::AverageMinMax, Method::Percentile, Method::Entropy, Method::SquaredError})
    EXPECT_EQ(methodFromName(name(method)), method);
  EXPECT_FALSE(methodFromName("ema"));
}

} // namespace limbeck::calibration
