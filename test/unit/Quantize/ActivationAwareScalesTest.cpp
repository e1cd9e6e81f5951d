// AWQ: what the factors gain where some inputs are large, and that they are all 1 where nothing is to be gained.
#include "Quantize/ActivationAwareScales.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Tensor/Random.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::test {
namespace {

using quantize::BlockRounding;

Tensor uniform(const Shape &shape, uint64_t seed) {
  return *randomTensor({DType::F32, shape, nullptr}, seed, RandomRange{"-1", "1"});
}

/// x^T x over the rows of x.
calibration::GramSum gramOf(const Tensor &x) {
  int64_t rows = x.shape()[0], depth = x.shape()[1];
  std::vector<float> matrix(static_cast<size_t>(depth * depth));
  for (int64_t i = 0; i < depth; ++i)
    for (int64_t j = 0; j < depth; ++j) {
      double sum = 0;
      for (int64_t row = 0; row < rows; ++row)
        sum += x.asDouble(row * depth + i) * x.asDouble(row * depth + j);
      matrix[static_cast<size_t>(i * depth + j)] = static_cast<float>(sum);
    }
  calibration::GramSum gram(depth);
  gram.add(matrix);
  return gram;
}

/// Signal to noise, in dB, of x W with rounded weights.
double productSqnr(const Tensor &x, const Tensor &weights, const BlockRounding &rounding,
                   std::span<const float> factors) {
  auto rounded = quantize::roundBlocks(*quantize::scaledRows(weights, factors), rounding);
  EXPECT_TRUE(rounded.ok());
  int64_t depth = weights.shape()[0], columns = weights.shape()[1];
  double signal = 0, noise = 0;
  for (int64_t row = 0; row < x.shape()[0]; ++row)
    for (int64_t n = 0; n < columns; ++n) {
      double exact = 0, found = 0;
      for (int64_t k = 0; k < depth; ++k) {
        int64_t parameter = k / rounding.block * columns + n;
        float back = reference::dequantize(rounded->stored.asIndices()[static_cast<size_t>(k * columns + n)],
                                           static_cast<float>(rounded->scales.asDouble(parameter)), 0);
        exact += x.asDouble(row * depth + k) * weights.asDouble(k * columns + n);
        found += x.asDouble(row * depth + k) * static_cast<double>(back) /
                 static_cast<double>(factors[static_cast<size_t>(k)]);
      }
      signal += exact * exact;
      noise += (exact - found) * (exact - found);
    }
  return 10 * std::log10(signal / noise);
}

TEST(ActivationAwareScales, FewLargeInputsGainDecibels) {
  constexpr int64_t depth = 64, columns = 8;
  Tensor x = uniform({32, depth}, 1), weights = uniform({depth, columns}, 2);
  for (int64_t row = 0; row < 32; ++row)
    for (int64_t k : {3, 40}) // an input in thirty is twenty times as large
      x.mutableValues<float>()[static_cast<size_t>(row * depth + k)] *= 20;
  BlockRounding rounding{.storage = DType::S4, .block = 32};
  auto factors = quantize::activationAwareScales(weights, rounding, gramOf(x));
  ASSERT_TRUE(factors.ok()) << factors.diagnostic().text();
  EXPECT_GT((*factors)[3], 1.5f * (*factors)[4]);
  std::vector<float> none(depth, 1);
  EXPECT_GT(productSqnr(x, weights, rounding, *factors), productSqnr(x, weights, rounding, none) + 2);
}

TEST(ActivationAwareScales, EqualInputsKeepTheirWeights) {
  constexpr int64_t depth = 32;
  std::vector<float> identity(depth * depth);
  for (size_t k = 0; k < depth; ++k)
    identity[k * depth + k] = 3;
  calibration::GramSum gram(depth);
  gram.add(identity);
  auto factors =
      quantize::activationAwareScales(uniform({depth, 4}, 3), {.storage = DType::S4, .block = 16}, gram);
  ASSERT_TRUE(factors.ok());
  for (float factor : *factors)
    EXPECT_EQ(factor, 1);
}

TEST(ActivationAwareScales, InputsThatAreZeroOrNotThere) {
  constexpr int64_t depth = 16;
  std::vector<float> matrix(depth * depth);
  matrix[0] = 4; // one input, all others are 0
  calibration::GramSum gram(depth);
  gram.add(matrix);
  BlockRounding rounding{.storage = DType::U4, .block = 16};
  auto factors = quantize::activationAwareScales(uniform({depth, 4}, 4), rounding, gram);
  ASSERT_TRUE(factors.ok());
  for (float factor : *factors)
    EXPECT_TRUE(std::isfinite(factor) && factor > 0);
  auto refused = quantize::activationAwareScales(uniform({8, 4}, 4), rounding, gram);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.diagnostic().message, "expected a Gram matrix of 8 inputs, found one of 16");
}

} // namespace
} // namespace limbeck::test
