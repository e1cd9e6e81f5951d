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
