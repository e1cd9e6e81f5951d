// Functions of a byte and its channel: the form that is found equals the rounded line for every element, rising or falling.
#include "limbeck/Lower/ChannelForm.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace limbeck::lower;

static std::vector<uint8_t> lines(const std::vector<double> &slopes, double offset, int64_t lowest,
                                  int64_t highest) {
  std::vector<uint8_t> results;
  for (int64_t n = 0; n < kByteValues; ++n)
    for (double slope : slopes) {
      double value = std::nearbyint(slope * static_cast<double>(n) + offset);
      results.push_back(
          static_cast<uint8_t>(std::clamp(value, static_cast<double>(lowest), static_cast<double>(highest))));
    }
  return results;
}

TEST(ChannelForm, equalsTheLineOfEachChannel) {
  std::vector<double> slopes{0.731, -0.4177, 1.93, -2.61, 0.0912};
  for (auto [lowest, highest] : {std::pair{0, 255}, std::pair{20, 131}}) {
    std::vector<uint8_t> results = lines(slopes, 77.3, lowest, highest);
    std::optional<ChannelForm> form = findChannelForm(results, lowest, highest, slopes);
    ASSERT_TRUE(form);
    EXPECT_TRUE(form->mirrors);
    for (size_t channel = 0; channel < slopes.size(); ++channel) {
      FusedRounding rounding{form->start.values<int32_t>()[channel], form->scale.values<float>()[channel],
                             form->shift.values<float>()[channel]};
      uint8_t mirror = form->mirror.values<uint8_t>()[channel];
      EXPECT_EQ(mirror, slopes[channel] < 0 ? 255 : 0);
      for (int64_t n = 0; n < kByteValues; ++n) {
        std::optional<int64_t> value = rounding.at(n ^ mirror);
        ASSERT_TRUE(value);
        EXPECT_EQ(std::clamp<int64_t>(*value, lowest, highest),
                  results[static_cast<size_t>(n) * slopes.size() + channel])
            << n << " in channel " << channel;
      }
    }
  }
}

TEST(ChannelForm, noneWhereAChannelIsNoLine) {
  std::vector<double> slopes{0.5, 0.5};
  std::vector<uint8_t> results = lines(slopes, 3, 0, 255);
  ASSERT_TRUE(findChannelForm(results, 0, 255, slopes));
  for (size_t n = 100; n < 200; ++n) // a step of its own in the second
    results[n * 2 + 1] = static_cast<uint8_t>(results[n * 2 + 1] + 20);
  EXPECT_FALSE(findChannelForm(results, 0, 255, slopes));
}

TEST(ChannelForm, aConstantChannelBesideOthers) {
  std::vector<double> slopes{0.5, 0.0, -0.25};
  for (double offset : {9.0, 0.0, 255.0}) {
    std::vector<uint8_t> results = lines(slopes, offset, 0, 255);
    std::optional<ChannelForm> form = findChannelForm(results, 0, 255, slopes);
    ASSERT_TRUE(form) << offset;
    FusedRounding rounding{form->start.values<int32_t>()[1], form->scale.values<float>()[1],
                           form->shift.values<float>()[1]};
    for (int64_t n = 0; n < kByteValues; ++n)
      EXPECT_EQ(rounding.at(n), static_cast<int64_t>(offset));
  }
  // Whatever its slope: all of it is above the range.
  EXPECT_TRUE(findChannelForm(lines({1.0}, 300, 0, 255), 0, 255, std::vector<double>{1.0}));
}
