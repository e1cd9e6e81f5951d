// SmoothQuant: what the factors are, and what they gain where one channel is large.
#include "Quantize/SmoothingFactors.h"
#include "limbeck/Tensor/Random.h"
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::test {
namespace {

using calibration::ChannelMagnitudes;
using quantize::chooseSmoothing;
using quantize::SmoothedReader;
using quantize::SmoothingChoice;

/// A product of `depth` inputs with `columns` outputs.
SmoothedReader product(const Tensor &weights, const ChannelMagnitudes &magnitudes) {
  SmoothedReader reader;
  reader.weights = weights;
  reader.magnitudes = &magnitudes;
  auto columns = static_cast<size_t>(weights.shape()[1]);
  for (size_t i = 0; i < static_cast<size_t>(weights.size()); ++i) {
    reader.inputs.push_back(i / columns);
    reader.outputs.push_back(i % columns);
  }
  for (size_t k = 0; k < static_cast<size_t>(weights.shape()[0]); ++k)
    reader.channels.push_back(k);
  return reader;
}

Tensor uniform(const Shape &shape, uint64_t seed) {
  return *randomTensor({DType::F32, shape, nullptr}, seed, RandomRange{"-1", "1"});
}

/// Channels of size 1, one of which is `large`.
ChannelMagnitudes planted(size_t channels, float large) {
  ChannelMagnitudes magnitudes;
  magnitudes.greatest.assign(channels, 1);
  magnitudes.squares.assign(channels, 1.0 / 16);
  magnitudes.greatest[3] = large;
  magnitudes.squares[3] = static_cast<double>(large) * static_cast<double>(large) / 16;
  return magnitudes;
}

/// The squared error of x w when x is rounded in 255 steps, w in 254 for each column, both divided and multiplied by the factors.
double productError(const Tensor &x, const Tensor &weights, std::span<const double> factors) {
  int64_t rows = x.shape()[0], depth = x.shape()[1], columns = weights.shape()[1];
  double extent = 0;
  for (int64_t i = 0; i < x.size(); ++i)
    extent = std::max(extent, std::fabs(x.asDouble(i)) / factors[static_cast<size_t>(i % depth)]);
  std::vector<double> extents(static_cast<size_t>(columns), 0.0);
  for (int64_t i = 0; i < weights.size(); ++i) {
    double &own = extents[static_cast<size_t>(i % columns)];
    own = std::max(own, std::fabs(weights.asDouble(i)) * factors[static_cast<size_t>(i / columns)]);
  }
  auto rounded = [](double value, double step) { return std::nearbyint(value / step) * step; };
  double error = 0;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      double exact = 0, found = 0;
      for (int64_t k = 0; k < depth; ++k) {
        double factor = factors[static_cast<size_t>(k)], input = x.asDouble(row * depth + k),
               weight = weights.asDouble(k * columns + column);
        exact += input * weight;
        found += rounded(input / factor, 2 * extent / 255) *
                 rounded(weight * factor, extents[static_cast<size_t>(column)] / 127);
      }
      error += (exact - found) * (exact - found);
    }
  return error;
}

TEST(SmoothingFactors, FollowTheFormula) {
  ChannelMagnitudes magnitudes{{16, 1, 0}, {4, 0.25, 0}, 2};
  Tensor weights = *Tensor::zeros(DType::F32, {3, 1});
  weights.mutableValues<float>()[0] = 1;
  weights.mutableValues<float>()[1] = -4;
  weights.mutableValues<float>()[2] = 2;
  SmoothedReader reader = product(weights, magnitudes);
  SmoothingChoice choice = chooseSmoothing({&reader, 1}, 3, 0.5);
  // 4 and 1/2 relative to their geometric mean, sqrt(2); the last channel is always 0.
  EXPECT_NEAR(choice.factors[0], 4 / std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(choice.factors[1], 0.5 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(choice.factors[2], 1);
  EXPECT_EQ(choice.alpha, 0.5);
}

TEST(SmoothingFactors, AChannelThatNoWeightReadsStays) {
  ChannelMagnitudes magnitudes = planted(8, 64);
  Tensor weights = uniform({8, 4}, 1);
  for (size_t column = 0; column < 4; ++column)
    weights.mutableValues<float>()[3 * 4 + column] = 0;
  SmoothedReader reader = product(weights, magnitudes);
  EXPECT_EQ(chooseSmoothing({&reader, 1}, 8, std::nullopt).factors[3], 1);
}

TEST(SmoothingFactors, ReadersOfOneTensorShareThem) {
  ChannelMagnitudes magnitudes = planted(8, 64);
  Tensor left = uniform({8, 4}, 1), right = uniform({8, 6}, 2);
  for (float &value : right.mutableValues<float>())
    value *= 16;
  std::vector<SmoothedReader> readers = {product(left, magnitudes), product(right, magnitudes)};
  SmoothingChoice both = chooseSmoothing(readers, 8, 0.5),
                  alone = chooseSmoothing({readers.data() + 1, 1}, 8, 0.5);
  // The greater weights decide.
  for (size_t i = 0; i < 8; ++i)
    EXPECT_NEAR(both.factors[i], alone.factors[i], 1e-12);
}

TEST(SmoothingFactors, NothingMovesWhereNothingIsGained) {
  ChannelMagnitudes magnitudes = planted(8, 1);
  Tensor weights = *Tensor::zeros(DType::F32, {8, 4});
  std::ranges::fill(weights.mutableValues<float>(), 1.0f);
  SmoothedReader reader = product(weights, magnitudes);
  SmoothingChoice choice = chooseSmoothing({&reader, 1}, 8, std::nullopt);
  EXPECT_EQ(choice.factors, std::vector<double>(8, 1.0));
  EXPECT_EQ(choice.errorBehind, choice.errorBefore);
}

TEST(SmoothingFactors, TheEstimateIsTheError) {
  // What is chosen gains what was estimated, within a quarter.
  for (float large : {8.0f, 100.0f}) {
    constexpr int64_t rows = 256, depth = 32;
    Tensor x = uniform({rows, depth}, 3), weights = uniform({depth, 16}, 4);
    for (int64_t row = 0; row < rows; ++row)
      x.mutableValues<float>()[static_cast<size_t>(row * depth + 3)] *= large;
    ChannelMagnitudes magnitudes;
    for (int64_t k = 0; k < depth; ++k) {
      double greatest = 0, squares = 0;
      for (int64_t row = 0; row < rows; ++row) {
        double value = x.asDouble(row * depth + k);
        greatest = std::max(greatest, std::fabs(value));
        squares += value * value / rows;
      }
      magnitudes.greatest.push_back(static_cast<float>(greatest));
      magnitudes.squares.push_back(squares);
    }
    SmoothedReader reader = product(weights, magnitudes);
    SmoothingChoice choice = chooseSmoothing({&reader, 1}, depth, std::nullopt);
    double before = productError(x, weights, std::vector<double>(depth, 1.0)) / rows,
           behind = productError(x, weights, choice.factors) / rows;
    EXPECT_NEAR(before / choice.errorBefore, 1, 0.25) << large;
    EXPECT_NEAR(behind / choice.errorBehind, 1, 0.25) << large;
    EXPECT_LT(behind, before / (large > 50 ? 10 : 2)) << large;
  }
}

} // namespace
} // namespace limbeck::test
