// The split reciprocal beside quantize, on floats of every magnitude.
#include "limbeck/Lower/SplitReciprocal.h"
#include "limbeck/Reference/Quantize.h"
#include <bit>
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::lower {
namespace {

Quantization quantizationOf(float scale, int64_t zeroPoint, int64_t lowest, int64_t highest) {
  Quantization quantization;
  quantization.scales = {scale};
  quantization.zeroPoints = {zeroPoint};
  quantization.lowest = lowest;
  quantization.highest = highest;
  return quantization;
}

bool quantizesAlike(const Quantization &q, const SplitReciprocal &split, float x) {
  auto wanted = reference::quantize(x, q.scales[0], q.zeroPoints[0], q.lowest, q.highest);
  float t = std::fma(x, split.head, x * split.tail);
  return reference::clampAndRound(t, q.zeroPoints[0], q.lowest, q.highest) == wanted;
}

TEST(Reciprocal, SplitQuantizesEveryFloatAsTheDivisionDoes) {
  uint32_t state = 1;
  auto next = [&] { return state = state * 1664525U + 1013904223U; };
  int proven = 0;
  for (int i = 0; i < 300; ++i) {
    float scale =
        std::ldexp(1 + static_cast<float>(next() >> 9) * 0x1p-23f, static_cast<int>(next() >> 27) - 24);
    bool isSigned = i % 2 == 0;
    Quantization q = isSigned ? quantizationOf(scale, static_cast<int64_t>(next() >> 24) - 128, -128, 127)
                              : quantizationOf(scale, static_cast<int64_t>(next() >> 24), 0, 255);
    std::optional<SplitReciprocal> split = provenSplitReciprocal(q);
    if (!split)
      continue;
    ++proven;
    for (int k = 0; k < 20'000; ++k)
      ASSERT_TRUE(quantizesAlike(q, *split, std::bit_cast<float>(next()))) << scale;
    // Around the steps, where floats chosen blindly never are.
    for (int64_t step = q.lowest - 1; step <= q.highest + 1; ++step)
      for (float half : {-0.5f, 0.0f, 0.5f}) {
        float x = (static_cast<float>(step - q.zeroPoints[0]) + half) * scale;
        for (int k = 0; k < 8; ++k, x = std::nextafter(x, INFINITY))
          ASSERT_TRUE(quantizesAlike(q, *split, x)) << scale;
      }
    for (float x : {INFINITY, -INFINITY, static_cast<float>(NAN), 0.0f, -0.0f, 1e-45f, 3.4e38f, -3.4e38f})
      ASSERT_TRUE(quantizesAlike(q, *split, x)) << scale << " " << x;
  }
  EXPECT_GT(proven, 290);
}

TEST(Reciprocal, SplitIsForOneScaleOfAtMost256Steps) {
  EXPECT_TRUE(provenSplitReciprocal(quantizationOf(0.3f, 0, -8, 7)));
  EXPECT_FALSE(provenSplitReciprocal(quantizationOf(0.3f, 0, -32768, 32767)));
  Quantization channels = quantizationOf(0.3f, 0, -128, 127);
  channels.axis = 0;
  EXPECT_FALSE(provenSplitReciprocal(channels));
}

TEST(Reciprocal, SplitNeedsScalesWhoseStepsAreOrdinaryFloats) {
  EXPECT_FALSE(provenSplitReciprocal(quantizationOf(0x1.8p-140f, 0, 0, 255)));
  EXPECT_FALSE(provenSplitReciprocal(quantizationOf(0x1.8p+127f, 0, 0, 255)));
}

} // namespace
} // namespace limbeck::lower
