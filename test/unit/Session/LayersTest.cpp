// The bound of a kernel, and which are the worst, from times and peaks that are made up.
#include "limbeck/Session/Layers.h"
#include <gtest/gtest.h>

using namespace limbeck::session;

namespace {
LayerTime layer(double milliseconds, const char *arithmetic, int64_t multiplyAdds, int64_t weights,
                int64_t activations) {
  return {"k", "conv", {"n"}, milliseconds, arithmetic, multiplyAdds, weights, activations};
}

/// A million products of bytes take a millisecond, of floats four; small buffers are read at 1 MB/ms, larger ones at half of that.
Peaks peaks() {
  Peaks peaks;
  peaks.int8 = 1e9;
  peaks.bf16 = 0.5e9;
  peaks.f32 = 0.25e9;
  peaks.read = {{1000, 1e9}, {2000, 0.5e9}};
  return peaks;
}
} // namespace

TEST(Layers, theLargerShareIsTheBound) {
  LayerReport report;
  report.peaks = peaks();
  report.layers = {layer(1.5, "int8", 1000000, 0, 1000), layer(1.5, "f32", 250000, 500000, 0),
                   layer(3, "int8", 1000000, 0, 0), layer(1, "", 0, 0, 1000)};
  findBounds(report, 1500);
  EXPECT_STREQ(report.layers[0].bound(), "compute");
  EXPECT_DOUBLE_EQ(report.layers[0].computeMs, 1);
  EXPECT_DOUBLE_EQ(report.layers[0].memoryMs, 0.001);
  EXPECT_DOUBLE_EQ(report.layers[1].computeMs, 1);
  EXPECT_DOUBLE_EQ(report.layers[1].memoryMs, 1) << "weights are read from where the whole working set lies";
  EXPECT_STREQ(report.layers[2].bound(), "epilogue") << "a third of the time is explained";
  EXPECT_STREQ(report.layers[3].bound(), "epilogue");
}

TEST(Layers, unknownArithmeticHasNoPeak) {
  LayerReport report;
  report.peaks = peaks();
  report.layers = {layer(1, "f64", 1000, 0, 0), layer(0.01, "f16", 1000, 0, 0),
                   layer(0.01, "bf16", 1000, 0, 0)};
  findBounds(report, 0);
  EXPECT_EQ(report.layers[0].computeMs, 0);
  EXPECT_DOUBLE_EQ(report.layers[1].computeMs, 0.004) << "widened to f32";
  EXPECT_DOUBLE_EQ(report.layers[2].computeMs, 0.002);
}

TEST(Layers, activationsCountAtTheRateOfTheirSize) {
  EXPECT_EQ(peaks().readRate(1), 1e9);
  EXPECT_EQ(peaks().readRate(1001), 0.5e9);
  EXPECT_EQ(peaks().readRate(100000), 0.5e9) << "beyond what was measured: the last";
  EXPECT_EQ(Peaks().readRate(1), 0);
}

TEST(Layers, theWorstHaveTheMostTimeAboveTheirBound) {
  LayerReport report;
  report.peaks = peaks();
  for (int i = 0; i < 12; ++i)
    report.layers.push_back(layer(1 + i % 4, "int8", 1000000 * (i % 2), 0, 0));
  findBounds(report, 0);
  ASSERT_EQ(report.worst.size(), 10u);
  // Above the bound: 1, 1, 3, 3 and so on; equal ones in the order of the calls.
  EXPECT_EQ(std::vector<size_t>(report.worst.begin(), report.worst.begin() + 7),
            (std::vector<size_t>{2, 3, 6, 7, 10, 11, 0}));
}
