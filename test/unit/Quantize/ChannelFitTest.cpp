// Weights that were scaled by channel and rounded are recognized; others are not made to fit.
#include "limbeck/Quantize/ChannelFit.h"
#include "limbeck/Tensor/Random.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::test {
namespace {

using quantize::ChannelFit;
using quantize::ChannelPlaces;
using quantize::fitChannels;

constexpr size_t kInputs = 24, kOutputs = 16;

std::vector<float> floats(uint64_t seed) {
  auto tensor = randomTensor({DType::F32, {kInputs, kOutputs}, nullptr}, seed);
  EXPECT_TRUE(tensor.ok());
  return {tensor->values<float>().begin(), tensor->values<float>().end()};
}

/// A product of `kInputs` with `kOutputs`.
ChannelPlaces product() {
  ChannelPlaces places;
  for (size_t i = 0; i < kInputs * kOutputs; ++i) {
    places.inputs.push_back(i / kOutputs);
    places.outputs.push_back(i % kOutputs);
  }
  return places;
}

/// To 8 bits, with one scale for each output.
std::vector<float> rounded(const std::vector<float> &weights) {
  std::vector<float> result = weights;
  for (size_t output = 0; output < kOutputs; ++output) {
    float most = 0;
    for (size_t i = output; i < weights.size(); i += kOutputs)
      most = std::max(most, std::fabs(weights[i]));
    float scale = most / 127;
    for (size_t i = output; i < weights.size(); i += kOutputs)
      result[i] = std::nearbyint(weights[i] / scale) * scale;
  }
  return result;
}

double inputFactor(size_t i) {
  return std::exp2(static_cast<double>(i % 7) - 3);
}
double outputFactor(size_t i) {
  return 0.3 + 0.2 * static_cast<double>(i);
}

double noiseOf(const std::vector<float> &expected, const std::vector<float> &found) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    signal += std::pow(static_cast<double>(expected[i]), 2);
    noise += std::pow(static_cast<double>(expected[i]) - static_cast<double>(found[i]), 2);
  }
  return noise / signal;
}

TEST(ChannelFitTest, FindsFactorsOfInputs) {
  std::vector<float> exact = floats(1), scaled = exact;
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] *= static_cast<float>(inputFactor(i / kOutputs));
  std::vector<float> weights = rounded(scaled);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  // Nearer to what was rounded than the rounded ones are.
  EXPECT_LT(noiseOf(scaled, fit->weights), noiseOf(scaled, weights) / 4);
  EXPECT_TRUE(std::ranges::all_of(fit->outputs, [](double factor) { return factor == 1; }));
  EXPECT_NEAR(fit->inputs[6] / fit->inputs[3], 8, 0.2);
}

TEST(ChannelFitTest, FindsFactorsOfBoth) {
  std::vector<float> exact = floats(2), scaled = exact;
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] *= static_cast<float>(inputFactor(i / kOutputs) * outputFactor(i % kOutputs));
  std::vector<float> weights = rounded(scaled);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  EXPECT_LT(noiseOf(scaled, fit->weights), noiseOf(scaled, weights) / 3);
  EXPECT_NEAR(fit->outputs[10] / fit->outputs[1], outputFactor(10) / outputFactor(1), 0.1);
}

TEST(ChannelFitTest, ALargeOutputHidesNoOther) {
  std::vector<float> exact = floats(6), scaled = exact;
  for (size_t i = 0; i < exact.size(); ++i) {
    exact[i] *= i % kOutputs == 3 ? 300.0f : 1.0f;
    scaled[i] *= static_cast<float>(inputFactor(i / kOutputs)) * 20;
  }
  std::vector<float> weights = rounded(scaled);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  EXPECT_LT(fit->noise, 1e-3 * fit->plainNoise);
  EXPECT_LT(noiseOf(scaled, fit->weights), noiseOf(scaled, weights) / 3);
}

TEST(ChannelFitTest, GainsNothingWhereNothingWasScaled) {
  std::vector<float> exact = floats(3), weights = rounded(exact);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->noise, 0.8 * fit->plainNoise);
}

TEST(ChannelFitTest, OtherWeightsStayFarAway) {
  std::vector<float> exact = floats(4), weights = floats(5);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  EXPECT_GT(fit->noise, 0.5);
}

TEST(ChannelFitTest, WhatRoundingMadeZeroKeepsItsFactor) {
  std::vector<float> exact = floats(6), weights = exact;
  std::fill_n(weights.begin(), kOutputs, 0.0f);
  auto fit = fitChannels(exact, weights, product());
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->inputs[0], 1);
  EXPECT_GT(fit->noise, 0) << "pruned weights are no scaled ones";
}

TEST(ChannelFitTest, FewElementsTellNothing) {
  std::vector<float> exact(8, 1), weights(8, 2);
  ChannelPlaces places{{0, 0, 1, 1, 2, 2, 3, 3}, {0, 1, 0, 1, 0, 1, 0, 1}, 1};
  EXPECT_FALSE(fitChannels(exact, weights, places));
}

} // namespace
} // namespace limbeck::test
