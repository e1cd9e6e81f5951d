// Packing of weights into panels, and the bias that integer accumulators start at.
#include "Target/CPU/Emit/Atoms.h"
#include <gtest/gtest.h>

using namespace limbeck;

/// 2 window rows of depth 4, 3 columns: element (row, k, column) is 100 * row + 10 * k + column - 50.
static cpu::WeightMatrix sampleWeights() {
  Tensor values = std::move(*Tensor::zeros(DType::S8, {2, 4, 3}));
  for (size_t i = 0; i < 24; ++i)
    values.mutableValues<int8_t>()[i] = static_cast<int8_t>(100 * (i / 12) + 10 * (i / 3 % 4) + i % 3 - 50);
  return {values};
}

TEST(Packing, panelsHoldUnitsOfProductsAndZerosBehindTheLastColumn) {
  cpu::WeightMatrix weights = sampleWeights();
  for (int64_t unit : {1, 2, 4}) {
    Tensor packed = cpu::packPanels(weights, {1, 1, 2}, unit);
    ASSERT_EQ(packed.shape(), (Shape{2, 2, 4 / unit, 2 * unit})) << unit;
    std::span<const int8_t> out = packed.values<int8_t>();
    size_t at = 0;
    for (int64_t panel = 0; panel < 2; ++panel)
      for (int64_t row = 0; row < 2; ++row)
        for (int64_t step = 0; step < 4 / unit; ++step)
          for (int64_t column = 0; column < 2; ++column)
            for (int64_t u = 0; u < unit; ++u, ++at) {
              int64_t source = panel * 2 + column;
              int64_t expected = source < 3 ? 100 * row + 10 * (step * unit + u) + source - 50 : 0;
              EXPECT_EQ(out[at], static_cast<int8_t>(expected)) << unit << " at " << at;
            }
  }
}

TEST(Packing, tapsArePanelsOfTheirOwn) {
  Tensor values = std::move(*Tensor::zeros(DType::S8, {1, 2, 6})); // two taps of three channels
  for (size_t i = 0; i < 12; ++i)
    values.mutableValues<int8_t>()[i] = static_cast<int8_t>(i + 1);
  cpu::WeightMatrix weights{values, cpu::FusedProducts{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}}, 2};
  cpu::WeightMatrix padded = weights.inPanels(2);
  EXPECT_EQ(padded.values.shape(), (Shape{1, 2, 8}));
  std::span<const int8_t> out = padded.values.values<int8_t>();
  EXPECT_EQ(std::vector<int8_t>(out.begin(), out.end()),
            (std::vector<int8_t>{1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12, 0}));
  EXPECT_EQ(padded.products->starts, (std::vector<int64_t>{1, 2, 3, 0, 4, 5, 6, 0}));
  EXPECT_EQ(padded.products->shifts, (std::vector<float>{10, 20, 30, 0, 40, 50, 60, 0}));
  EXPECT_EQ(padded.channelOf(6), 2U);
  EXPECT_EQ(weights.channelOf(5), 2U);
  EXPECT_EQ(weights.inPanels(3).columns(), 6) << "whole panels as they are";
  Tensor bias = std::move(*Tensor::zeros(DType::S32, {3}));
  bias.mutableValues<int32_t>()[2] = 1000;
  padded.products.reset();
  Tensor start = cpu::compensatedBias(padded, bias, 0, {1, 1, 2});
  EXPECT_EQ(start.values<int32_t>()[2], 1000);
  EXPECT_EQ(start.values<int32_t>()[6], 1000) << "each tap has the bias of its channels";
}

TEST(Packing, compensatedBiasTakesTheZeroPointOut) {
  cpu::WeightMatrix weights = sampleWeights();
  Tensor bias = std::move(*Tensor::zeros(DType::S32, {3}));
  for (int32_t i = 0; i < 3; ++i)
    bias.mutableValues<int32_t>()[static_cast<size_t>(i)] = 1000 * i;
  Tensor start = cpu::compensatedBias(weights, bias, 7, {1, 1, 2});
  ASSERT_EQ(start.shape(), (Shape{4}));
  for (int64_t column = 0; column < 3; ++column) {
    int64_t sum = 0;
    for (size_t i = static_cast<size_t>(column); i < 24; i += 3)
      sum += weights.values.values<int8_t>()[i];
    EXPECT_EQ(start.values<int32_t>()[static_cast<size_t>(column)], 1000 * column - 7 * sum) << column;
  }
  EXPECT_EQ(start.values<int32_t>()[3], 0);
}
