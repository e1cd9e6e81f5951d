// Sums that no order changes.
#include "limbeck/Calibration/ExactSum.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace limbeck::calibration {

using Limits = std::numeric_limits<float>;

static ExactSum sumOf(const std::vector<float> &values) {
  ExactSum sum;
  for (float value : values)
    sum.add(value);
  return sum;
}

/// Floats with random bits: every exponent, both signs, denormals.
static std::vector<float> anyFloats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values;
  while (values.size() < count) {
    float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(value))
      values.push_back(value);
  }
  return values;
}

TEST(ExactSum, LosesNothing) {
  EXPECT_EQ(ExactSum().rounded(), 0);
  EXPECT_EQ(sumOf({1.5f, -0.25f}).rounded(), 1.25);
  EXPECT_EQ(sumOf({Limits::max(), 1.0f, -Limits::max()}).rounded(), 1.0);
  EXPECT_EQ(sumOf({Limits::max(), Limits::denorm_min(), -Limits::max()}).rounded(), 0x1p-149);
  EXPECT_EQ(sumOf({-Limits::denorm_min()}).rounded(), -0x1p-149);
  EXPECT_EQ(sumOf({Limits::max(), Limits::max()}).rounded(), 2.0 * Limits::max());
  EXPECT_EQ(sumOf({1.0f, -1.0f}), ExactSum());
}

TEST(ExactSum, NoOrderChangesIt) {
  std::vector<float> values = anyFloats(1000, 1);
  ExactSum forward = sumOf(values);
  std::shuffle(values.begin(), values.end(), std::mt19937(2));
  EXPECT_EQ(sumOf(values), forward);
  ExactSum merged = sumOf({values.begin() + 300, values.end()});
  merged.add(sumOf({values.begin(), values.begin() + 300}));
  EXPECT_EQ(merged, forward);
}

TEST(ExactSum, CancelsToNothing) {
  std::vector<float> values = anyFloats(1000, 3);
  ExactSum sum = sumOf(values);
  for (float value : values)
    sum.add(-value);
  EXPECT_EQ(sum, ExactSum());
  EXPECT_TRUE(sum.terms().empty());
}

TEST(ExactSum, RoundsToNearestEven) {
  ExactSum half = sumOf({0x1p53f, 1.0f});
  EXPECT_EQ(half.rounded(), 0x1p53) << "a tie goes to the even one";
  half.add(0x1p-149f);
  EXPECT_EQ(half.rounded(), 0x1p53 + 2) << "the least bit breaks the tie";
  EXPECT_EQ(sumOf({0x1p53f, 1.0f, 2.0f}).rounded(), 0x1p53 + 4);
  EXPECT_EQ(sumOf({-0x1p53f, -1.0f, -0x1p-149f}).rounded(), -0x1p53 - 2);
}

TEST(ExactSum, TermsAreTheSum) {
  EXPECT_EQ(sumOf({1.0f, 0x1p-100f}).terms(), (std::vector<double>{1, 0x1p-100}));
  EXPECT_EQ(sumOf({0.1f}).terms(), std::vector<double>{static_cast<double>(0.1f)});
  for (uint32_t seed = 0; seed < 50; ++seed) {
    ExactSum sum = sumOf(anyFloats(seed, seed));
    auto back = ExactSum::fromTerms(sum.terms());
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, sum);
  }
}

TEST(ExactSum, RefusesWhatIsNoSum) {
  auto refused = [](std::vector<double> terms) { return !ExactSum::fromTerms(terms); };
  EXPECT_TRUE(refused({0x1p-150})) << "half of the least f32";
  EXPECT_TRUE(refused({1 + 0x1p-52, 0x1p-200}));
  EXPECT_TRUE(refused({5e-324}));
  EXPECT_TRUE(refused({std::numeric_limits<double>::infinity()}));
  EXPECT_TRUE(refused({std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_TRUE(refused({1e300}));
  EXPECT_TRUE(refused({1, 1})) << "2 is one term";
  EXPECT_TRUE(refused({0}));
  EXPECT_TRUE(refused(std::vector<double>(100, 1)));
  EXPECT_FALSE(refused({}));
  EXPECT_FALSE(refused({0x1p189}));
}

} // namespace limbeck::calibration
