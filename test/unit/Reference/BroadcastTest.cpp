// Numpy's rule with unknown dimensions, and the merging of loops.
#include "limbeck/Reference/Broadcast.h"
#include <gtest/gtest.h>

namespace limbeck::reference {
namespace {

Shape broadcast(const Shape &a, const Shape &b) {
  auto forward = broadcastShapes(a, b), backward = broadcastShapes(b, a);
  EXPECT_TRUE(forward.ok() && backward.ok());
  EXPECT_EQ(*forward, *backward);
  return *forward;
}

TEST(BroadcastShapes, KnownDimensions) {
  EXPECT_EQ(broadcast({}, {}), Shape());
  EXPECT_EQ(broadcast({}, {3, 0}), (Shape{3, 0}));
  EXPECT_EQ(broadcast({2, 1, 5}, {7, 1}), (Shape{2, 7, 5}));
  EXPECT_EQ(broadcast({0}, {1}), (Shape{0}));
}

TEST(BroadcastShapes, UnknownDimensions) {
  EXPECT_EQ(broadcast({kUnknown}, {1}), (Shape{kUnknown}));
  EXPECT_EQ(broadcast({kUnknown}, {kUnknown}), (Shape{kUnknown}));
  EXPECT_EQ(broadcast({kUnknown, 4}, {3, 1}), (Shape{3, 4}));
  EXPECT_EQ(broadcast({kUnknown}, {0}), (Shape{0}));
}

TEST(BroadcastShapes, Mismatch) {
  for (const auto &[a, b] :
       std::vector<std::pair<Shape, Shape>>{{{2}, {3}}, {{0}, {2}}, {{4, 3}, {4, 1, 2}}}) {
    auto result = broadcastShapes(a, b);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.diagnostic().code, Code::Shape);
  }
}

/// All offsets of one tensor in order.
std::vector<int64_t> offsetsOf(const StridedLoop &loop, size_t tensor) {
  std::vector<int64_t> all;
  loop.forEachRow([&](std::span<const int64_t> offsets) {
    for (int64_t i = 0; i < loop.rowLength(); ++i)
      all.push_back(offsets[tensor] + i * loop.rowStride(tensor));
  });
  return all;
}

TEST(StridedLoop, MergesWhatAllTensorsWalkEvenly) {
  Shape shape = {2, 3, 4, 5};
  std::vector<int64_t> strides[] = {broadcastStrides(shape, shape), broadcastStrides(Shape{3, 1, 1}, shape)};
  StridedLoop loop(shape, strides);
  EXPECT_EQ(loop.rowLength(), 20);
  EXPECT_EQ(loop.rowStride(0), 1);
  EXPECT_EQ(loop.rowStride(1), 0);
  std::vector<int64_t> first = offsetsOf(loop, 0), second = offsetsOf(loop, 1);
  ASSERT_EQ(first.size(), 120u);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i], static_cast<int64_t>(i));
    EXPECT_EQ(second[i], static_cast<int64_t>(i / 20 % 3));
  }
}

TEST(StridedLoop, WalksTransposedTensorsInOrder) {
  Shape sizes = {2, 3};
  std::vector<int64_t> strides[] = {{1, 2}};
  EXPECT_EQ(offsetsOf(StridedLoop(sizes, strides), 0), (std::vector<int64_t>{0, 2, 4, 1, 3, 5}));
}

TEST(StridedLoop, EmptyAndScalar) {
  std::vector<int64_t> none[] = {{}}, some[] = {{0, 0, 1}};
  EXPECT_EQ(offsetsOf(StridedLoop(Shape{}, none), 0), (std::vector<int64_t>{0}));
  EXPECT_TRUE(offsetsOf(StridedLoop(Shape{2, 0, 3}, some), 0).empty());
}

} // namespace
} // namespace limbeck::reference
