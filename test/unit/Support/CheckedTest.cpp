// Checked arithmetic at its edges.
#include "limbeck/Support/Checked.h"
#include "limbeck/Support/Limits.h"
#include <gtest/gtest.h>

namespace limbeck {
namespace {

constexpr int64_t least = std::numeric_limits<int64_t>::min(), greatest = std::numeric_limits<int64_t>::max();

TEST(Checked, OverflowIsNothing) {
  EXPECT_EQ(checkedAdd(greatest - 1, 1), greatest);
  EXPECT_EQ(checkedAdd(greatest, 1), std::nullopt);
  EXPECT_EQ(checkedAdd(least, -1), std::nullopt);
  EXPECT_EQ(checkedSubtract(least + 1, 1), least);
  EXPECT_EQ(checkedSubtract(least, 1), std::nullopt);
  EXPECT_EQ(checkedSubtract(0, least), std::nullopt);
  EXPECT_EQ(checkedMultiply(int64_t(1) << 31, int64_t(1) << 31), int64_t(1) << 62);
  EXPECT_EQ(checkedMultiply(int64_t(1) << 32, int64_t(1) << 31), std::nullopt);
  EXPECT_EQ(checkedMultiply(least, -1), std::nullopt);
  EXPECT_EQ(checkedMultiply(least, 1), least);
}

TEST(Checked, DivisionsRoundTowardsMinusAndPlusInfinity) {
  for (int64_t a = -13; a <= 13; ++a)
    for (int64_t b = 1; b <= 5; ++b) {
      int64_t floor = floorDivide(a, b), ceil = ceilDivide(a, b);
      EXPECT_TRUE(floor * b <= a && a < (floor + 1) * b) << a << " / " << b;
      EXPECT_TRUE((ceil - 1) * b < a && a <= ceil * b) << a << " / " << b;
    }
  EXPECT_EQ(floorDivide(least, 1), least);
}

TEST(Checked, ElementCount) {
  auto count = [](std::vector<int64_t> shape, int64_t limit = 1000) { return elementCount(shape, limit); };
  EXPECT_EQ(*count({}), 1);
  EXPECT_EQ(*count({2, 3, 7}), 42);
  EXPECT_EQ(*count({2, kUnknown, 7}), kUnknown);
  EXPECT_EQ(*count({kUnknown, 0}), 0);
  EXPECT_EQ(*count({1000}), 1000);
  EXPECT_EQ(count({1001}).diagnostic().code, Code::SizeOverflow);
  EXPECT_EQ(count({-2}).diagnostic().code, Code::Dim);
  EXPECT_EQ(count({0, -7}).diagnostic().code, Code::Dim);
}

/// A zero does not hide sizes that would overflow: strides are computed from them all the same.
TEST(Checked, ElementCountOfHugeShapes) {
  EXPECT_EQ(
      elementCount(std::vector<int64_t>{int64_t(1) << 40, int64_t(1) << 40}, greatest).diagnostic().code,
      Code::SizeOverflow);
  EXPECT_EQ(
      elementCount(std::vector<int64_t>{int64_t(1) << 40, 0, int64_t(1) << 40}, greatest).diagnostic().code,
      Code::SizeOverflow);
}

} // namespace
} // namespace limbeck
