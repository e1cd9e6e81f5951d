// Planes of interleaved inputs: every tap of every result once, and none outside of the input.
#include "Target/CPU/Emit/DepthwiseScheme.h"
#include <gtest/gtest.h>
#include <set>

using namespace limbeck;

namespace {
size_t steps(int64_t window, int64_t stride) {
  cpu::DepthwiseScheme scheme(window, window, stride, stride);
  return scheme.uses[0].size() + scheme.uses[1].size();
}
} // namespace

TEST(DepthwiseScheme, multipliesEveryTapOnce) {
  for (int64_t height = 3; height <= 8; ++height)
    for (int64_t width = 3; width <= 8; ++width)
      for (int64_t vertical : {1, 2})
        for (int64_t horizontal : {1, 2}) {
          cpu::DepthwiseScheme scheme(height, width, vertical, horizontal);
          EXPECT_EQ(scheme.slides, vertical == 2);
          for (int64_t result : {0, 1}) {
            std::set<int64_t> seen;
            for (const cpu::PlaneUse &use : scheme.uses[result]) {
              const cpu::Plane &plane = scheme.planes[static_cast<size_t>(use.plane)];
              EXPECT_LE(use.shift, plane.shifts);
              for (size_t i = 0; i < 4; ++i) {
                if (!use.taps[i])
                  continue;
                ASSERT_TRUE(plane.sources[i]);
                int64_t row = plane.sources[i]->row - result * vertical,
                        column = plane.sources[i]->column + use.shift * horizontal;
                EXPECT_EQ(row * width + column, *use.taps[i]);
                EXPECT_TRUE(seen.insert(*use.taps[i]).second);
              }
            }
            EXPECT_EQ(static_cast<int64_t>(seen.size()), height * width);
          }
        }
}

TEST(DepthwiseScheme, staysInsideTheInputWherePixelsAreOneRun) {
  for (int64_t height = 3; height <= 8; ++height)
    for (int64_t width = 3; width <= 8; ++width)
      for (const cpu::Plane &plane : cpu::DepthwiseScheme(height, width, 1, 1).planes)
        for (const auto &source : plane.sources)
          if (source) {
            EXPECT_LE(source->row, height) << "of two rows of windows";
            EXPECT_LT(source->column + plane.shifts, width);
          }
}

TEST(DepthwiseScheme, takesFewSteps) {
  EXPECT_EQ(steps(3, 1), 2u * 3);
  EXPECT_EQ(steps(5, 1), 2u * 7) << "no more than 25 taps need by themselves";
  EXPECT_EQ(steps(7, 1), 2u * 14);
  EXPECT_EQ(steps(3, 2), 2u * 4);
  EXPECT_EQ(steps(5, 2), 2u * 9);
}
