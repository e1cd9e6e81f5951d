// Launches that are too small to share, and those that are not.
#include "Target/CPU/Codegen.h"
#include <gtest/gtest.h>

namespace limbeck::cpu {
namespace {

lower::KernelFacts contraction(const char *arithmetic, int64_t multiplyAdds, int64_t weightBytes) {
  lower::KernelFacts facts;
  facts.arithmetic = arithmetic;
  facts.multiplyAdds = multiplyAdds;
  facts.weightBytes = weightBytes;
  return facts;
}

int32_t usefulFor(const lower::KernelFacts &facts, int64_t elements) {
  return usefulWorkers(nanosecondsOf(facts, elements));
}

// Two workers are useful from 3 microseconds on, by the estimate of WorkShare.cpp.
TEST(WorkShare, SmallLaunchesStayOnTheirThread) {
  EXPECT_EQ(usefulFor({}, 0), 1);
  EXPECT_EQ(usefulFor({}, 17'000), 1);
  EXPECT_EQ(usefulFor(contraction("int8", 200'000, 3500), 26'000), 1) << "1.0 + 0.1 + 1.3 microseconds";
}

TEST(WorkShare, LargeOnesAreShared) {
  EXPECT_EQ(usefulFor({}, 19'000), 2);
  EXPECT_EQ(usefulFor(contraction("int8", 400'000, 3500), 26'000), 2) << "2.0 + 0.1 + 1.3 microseconds";
  EXPECT_EQ(usefulFor({}, 98'000), 10) << "a layer norm of 128 x 384";
  EXPECT_GE(usefulFor(contraction("int8", 18'900'000, 147'800), 98'300), 14);
  EXPECT_GE(usefulFor(contraction("f32", 2'048'000, 8'192'000), 3048), 32) << "weights from memory";
  EXPECT_EQ(usefulFor(contraction("f32", INT64_MAX, 0), 0), kAllWorkers);
}

TEST(WorkShare, AreNoMoreThanThereAreSamples) {
  EXPECT_EQ(usefulWorkers(1e9, 8), 8);
  EXPECT_EQ(usefulWorkers(3000, 8), 2);
  EXPECT_EQ(usefulWorkers(0, 8), 1);
}

TEST(WorkShare, SlowerProductsAreShared) {
  lower::KernelFacts depthwise = contraction("int8", 200'000, 0);
  depthwise.family = "depthwise";
  EXPECT_EQ(usefulFor(depthwise, 0), 2);
  EXPECT_EQ(usefulFor(contraction("int8", 200'000, 0), 0), 1);
  EXPECT_EQ(usefulFor(contraction("f32", 200'000, 0), 0), 2);
}

} // namespace
} // namespace limbeck::cpu
