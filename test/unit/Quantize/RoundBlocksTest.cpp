// Rounding of weights in blocks: the ratios of signal to noise that arithmetic predicts, and what GPTQ gains over rounding to nearest.
#include "Quantize/RoundBlocks.h"
#include "limbeck/Reference/Quantize.h"
#include "limbeck/Tensor/Random.h"
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

namespace limbeck::test {
namespace {

using quantize::BlockRounding;
using quantize::RoundedBlocks;

/// Normally distributed, by the Box-Muller transform.
Tensor gaussian(const Shape &shape, uint64_t seed) {
  TensorType type{DType::F64, shape, nullptr};
  Tensor radius = *randomTensor(type, seed, RandomRange{"0", "1"}),
         angle = *randomTensor(type, seed + 1, RandomRange{"0", "1"});
  Tensor result = *Tensor::zeros(DType::F32, shape);
  for (int64_t i = 0; i < result.size(); ++i)
    result.mutableValues<float>()[static_cast<size_t>(i)] =
        static_cast<float>(std::sqrt(-2 * std::log(1 - radius.asDouble(i))) *
                           std::cos(2 * std::numbers::pi * angle.asDouble(i)));
  return result;
}

/// What the integers stand for.
std::vector<double> realWeights(const RoundedBlocks &rounded, int64_t block) {
  std::vector<double> result;
  int64_t columns = rounded.stored.shape()[1];
  std::vector<int64_t> stored = rounded.stored.asIndices(), zeroPoints = rounded.zeroPoints.asIndices();
  for (int64_t i = 0; i < rounded.stored.size(); ++i) {
    int64_t at = i / columns / block * columns + i % columns;
    result.push_back(static_cast<double>(
        reference::dequantize(stored[static_cast<size_t>(i)], static_cast<float>(rounded.scales.asDouble(at)),
                              zeroPoints[static_cast<size_t>(at)])));
  }
  return result;
}

double decibel(double signal, double noise) {
  return 10 * std::log10(signal / noise);
}

double weightSqnr(const Tensor &weights, const BlockRounding &rounding) {
  auto rounded = quantize::roundBlocks(weights, rounding);
  EXPECT_TRUE(rounded.ok());
  std::vector<double> back = realWeights(*rounded, rounding.block);
  double signal = 0, noise = 0;
  for (int64_t i = 0; i < weights.size(); ++i) {
    double value = weights.asDouble(i), error = value - back[static_cast<size_t>(i)];
    signal += value * value;
    noise += error * error;
  }
  return decibel(signal, noise);
}

TEST(RoundBlocks, GaussianWeightsOfFourBits) {
  constexpr int64_t depth = 4096;
  Tensor weights = gaussian({depth, 64}, 7);
  struct Row {
    int64_t block;
    double symmetric, withZeroPoints;
  };
  for (const Row &row :
       {Row{32, 20.3, 21.9}, Row{64, 19.4, 20.8}, Row{128, 18.6, 20.0}, Row{depth, 16.0, 17.1}}) {
    EXPECT_NEAR(weightSqnr(weights, {.storage = DType::S4, .block = row.block}), row.symmetric, 0.3);
    EXPECT_NEAR(weightSqnr(weights, {.storage = DType::U4, .block = row.block}), row.withZeroPoints, 0.3);
  }
}

TEST(RoundBlocks, LeastSquaresIsNoWorse) {
  Tensor weights = gaussian({256, 16}, 3);
  for (DType storage : {DType::S4, DType::U4, DType::S8}) {
    BlockRounding nearest{.storage = storage, .halfScales = false}, squares = nearest;
    squares.leastSquares = true;
    EXPECT_GE(weightSqnr(weights, squares), weightSqnr(weights, nearest));
  }
}

TEST(RoundBlocks, ScalesThatHalfCannotHoldStayF32) {
  Tensor weights = *Tensor::zeros(DType::F32, {32, 1});
  weights.mutableValues<float>()[0] = 7e-6f;
  auto rounded = quantize::roundBlocks(weights, {});
  ASSERT_TRUE(rounded.ok());
  EXPECT_EQ(rounded->scales.dtype(), DType::F32);
  EXPECT_EQ(rounded->stored.asIndices()[0], 7);
  weights.mutableValues<float>()[0] = 7.0f;
  EXPECT_EQ(quantize::roundBlocks(weights, {})->scales.dtype(), DType::F16);
}

TEST(RoundBlocks, InfiniteWeightsAreRefused) {
  Tensor weights = *Tensor::zeros(DType::F32, {32, 1});
  weights.mutableValues<float>()[5] = INFINITY;
  EXPECT_EQ(quantize::roundBlocks(weights, {}).diagnostic().code, Code::DataType);
}

/// Inputs whose neighbours are alike, each `likeness` of the one before it, and their Gram matrix.
struct CorrelatedInputs {
  static constexpr int64_t depth = 128;
  int64_t rows;
  std::vector<float> values, gram;

  explicit CorrelatedInputs(uint64_t seed, int64_t rows = 1024, float likeness = 0.9f) : rows(rows) {
    Tensor noise = gaussian({rows, depth}, seed);
    std::span<const float> fresh = noise.values<float>();
    values.assign(fresh.begin(), fresh.end());
    for (size_t i = 0; i < values.size(); ++i)
      if (i % depth)
        values[i] = likeness * values[i - 1] + std::sqrt(1 - likeness * likeness) * fresh[i];
    gram.assign(static_cast<size_t>(depth * depth), 0);
    for (size_t row = 0; row < static_cast<size_t>(rows); ++row)
      for (size_t i = 0; i < depth; ++i)
        for (size_t j = 0; j < depth; ++j)
          gram[i * depth + j] += values[row * depth + i] * values[row * depth + j];
  }
};

/// Of the products x w.
double resultSqnr(const CorrelatedInputs &inputs, const Tensor &weights, const std::vector<double> &back) {
  double signal = 0, noise = 0;
  auto columns = static_cast<size_t>(weights.shape()[1]), depth = static_cast<size_t>(inputs.depth);
  for (size_t row = 0; row < static_cast<size_t>(inputs.rows); ++row)
    for (size_t column = 0; column < columns; ++column) {
      double exact = 0, error = 0;
      for (size_t k = 0; k < depth; ++k) {
        double w = weights.asDouble(static_cast<int64_t>(k * columns + column)),
               x = static_cast<double>(inputs.values[row * depth + k]);
        exact += x * w;
        error += x * (w - back[k * columns + column]);
      }
      signal += exact * exact;
      noise += error * error;
    }
  return decibel(signal, noise);
}

TEST(RoundBlocks, CompensationGainsTwoDecibelOnInputsItDidNotSee) {
  CorrelatedInputs seen(21), others(99);
  calibration::GramSum gram(CorrelatedInputs::depth);
  gram.add(seen.gram);
  Tensor weights = gaussian({CorrelatedInputs::depth, 32}, 5);
  for (int64_t block : {CorrelatedInputs::depth, int64_t(32)}) {
    BlockRounding nearest{.block = block}, compensated{.block = block, .gram = &gram};
    auto plain = quantize::roundBlocks(weights, nearest),
         better = quantize::roundBlocks(weights, compensated);
    ASSERT_TRUE(plain.ok() && better.ok());
    double before = resultSqnr(others, weights, realWeights(*plain, block)),
           after = resultSqnr(others, weights, realWeights(*better, block));
    EXPECT_GE(after - before, 2) << before << " dB to nearest, " << after << " dB compensated";
    RecordProperty("block" + std::to_string(block), std::to_string(before) + " " + std::to_string(after));
  }
}

TEST(RoundBlocks, FewRowsCostNothingOnInputsTheyDidNotShow) {
  Tensor weights = gaussian({CorrelatedInputs::depth, 32}, 5);
  for (float likeness : {0.0f, 0.5f, 0.9f})
    for (int64_t rows : {1, 24, 64, 127, 200}) {
      CorrelatedInputs seen(21, rows, likeness), others(99, 1024, likeness);
      calibration::GramSum gram(CorrelatedInputs::depth);
      gram.add(seen.gram);
      BlockRounding nearest{.storage = DType::U4, .block = 16}, compensated = nearest;
      compensated.gram = &gram;
      compensated.gramRows = rows;
      auto plain = quantize::roundBlocks(weights, nearest),
           better = quantize::roundBlocks(weights, compensated);
      ASSERT_TRUE(plain.ok() && better.ok());
      double before = resultSqnr(others, weights, realWeights(*plain, 16)),
             after = resultSqnr(others, weights, realWeights(*better, 16));
      EXPECT_GE(after, before - 0.2) << rows << " rows, likeness " << likeness << ": " << before
                                     << " dB to nearest, " << after << " dB compensated";
    }
}

TEST(RoundBlocks, GramMatrixOfAnotherSizeIsRefused) {
  calibration::GramSum gram(4);
  Tensor weights = gaussian({8, 2}, 1);
  EXPECT_EQ(quantize::roundBlocks(weights, {.gram = &gram}).diagnostic().code, Code::Calibration);
}

TEST(RoundBlocks, InputsThatAreAlwaysZeroDoNotMatter) {
  // Nothing is known of the inputs, so there is nothing to compensate by: as to nearest.
  calibration::GramSum gram(64);
  gram.add(std::vector<float>(64 * 64, 0.0f));
  Tensor weights = gaussian({64, 3}, 1);
  auto nearest = quantize::roundBlocks(weights, {}),
       compensated = quantize::roundBlocks(weights, {.gram = &gram});
  ASSERT_TRUE(nearest.ok() && compensated.ok());
  EXPECT_EQ(nearest->stored.asIndices(), compensated->stored.asIndices());
}

} // namespace
} // namespace limbeck::test
