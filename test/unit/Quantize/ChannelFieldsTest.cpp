// Fields of channels under reshapes, transposes and broadcasts.
#include "Quantize/ChannelFields.h"
#include <gtest/gtest.h>

namespace limbeck::test {
namespace {

using quantize::ChannelField;
using quantize::ChannelSets;

TEST(ChannelFields, ReshapeSplitsAndJoins) {
  ChannelSets sets;
  ChannelField field = sets.fresh(3, 2, 6);
  auto heads = quantize::reshaped(field, Shape{1, 4, 6}, Shape{1, 4, 2, 3});
  ASSERT_TRUE(heads);
  EXPECT_EQ(heads->shape, (Shape{1, 1, 2, 3}));
  auto back = quantize::reshaped(*heads, Shape{1, 4, 2, 3}, Shape{1, 4, 6});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->channels, field.channels);
}

TEST(ChannelFields, ReshapeRepeatsWhatIsFlattened) {
  ChannelSets sets;
  auto flat = quantize::reshaped(sets.fresh(4, 1, 3), Shape{1, 3, 2, 1}, Shape{1, 6});
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->shape, (Shape{1, 6}));
  EXPECT_EQ(flat->channels, (std::vector<size_t>{0, 0, 1, 1, 2, 2}));
  auto spread = quantize::reshaped(*flat, Shape{1, 6}, Shape{1, 3, 2, 1});
  ASSERT_TRUE(spread);
  EXPECT_EQ(spread->shape, (Shape{1, 3, 1, 1})) << "dimensions without a difference do not matter";
}

TEST(ChannelFields, UnknownSizesStandForThemselves) {
  ChannelSets sets;
  ChannelField field = sets.fresh(2, 1, 6);
  EXPECT_TRUE(quantize::reshaped(field, Shape{-1, 6}, Shape{-1, 2, 3}));
  EXPECT_FALSE(quantize::reshaped(field, Shape{-1, 6}, Shape{2, -1}));
  EXPECT_FALSE(quantize::reshaped(field, Shape{4, 6}, Shape{-1, 12}));
}

TEST(ChannelFields, UnknownSizesAreTheSameOnlyWhereThatIsKnown) {
  ChannelSets sets;
  ChannelField middle = sets.fresh(3, 1, 6);
  EXPECT_FALSE(quantize::reshaped(middle, Shape{-1, 6, -1}, Shape{-1, 6, -1})) << "2x6x3 may become 3x6x2";
  auto kept = quantize::reshaped(middle, Shape{-1, 6, -1}, Shape{-1, 2, 3, -1}, Shape{0, -1, -1, -1});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->shape, (Shape{1, 2, 3, 1}));
  EXPECT_FALSE(quantize::reshaped(middle, Shape{-1, 6, -1}, Shape{-1, 6, -1}, Shape{2, -1, 0}))
      << "what is kept stands at another place";
  EXPECT_FALSE(quantize::reshaped(middle, Shape{-1, 6, -1}, Shape{-1, 6, 2, -1})) << "none of two is known";
  EXPECT_TRUE(quantize::reshaped(middle, Shape{-1, 6, 4}, Shape{-1, 6, 2, 2}))
      << "as all other sizes are equal";
  EXPECT_FALSE(quantize::reshaped(middle, Shape{-1, 6, 4}, Shape{-1, 6, 2})) << "2x6x4 becomes 4x6x2";
}

TEST(ChannelFields, SizesThatDoNotMatterMayBeUnknown) {
  ChannelSets sets;
  auto ones = quantize::reshaped(sets.fresh(4, 1, 6), Shape{-1, 6, 1, -1}, Shape{-1, 6, -1}, Shape{0, -1, 3});
  ASSERT_TRUE(ones);
  EXPECT_EQ(ones->shape, (Shape{1, 6, 1}));
  EXPECT_TRUE(
      quantize::reshaped(sets.fresh(4, 1, 6), Shape{-1, 6, -1, -1}, Shape{-1, 6, -1}, Shape{0, -1, -1}))
      << "all behind the channels is one run";
  auto last = quantize::reshaped(sets.fresh(3, 2, 6), Shape{-1, -1, 6}, Shape{-1, 2, 3});
  ASSERT_TRUE(last) << "and so is all in front of them";
  EXPECT_EQ(last->shape, (Shape{1, 2, 3}));
}

TEST(ChannelFields, TransposeMovesDimensions) {
  ChannelSets sets;
  ChannelField field = *quantize::reshaped(sets.fresh(2, 1, 6), Shape{4, 6}, Shape{4, 2, 3});
  ChannelField turned = quantize::transposed(field, Shape{2, 0, 1});
  EXPECT_EQ(turned.shape, (Shape{3, 1, 2}));
  EXPECT_EQ(turned.channels, (std::vector<size_t>{0, 3, 1, 4, 2, 5}));
}

TEST(ChannelFields, BroadcastUnitesWhatMeets) {
  ChannelSets sets;
  ChannelField result = sets.fresh(3, 2, 4);
  ChannelField operand = sets.ofOperand(result, Shape{1});
  EXPECT_EQ(operand.shape, (Shape{1}));
  EXPECT_EQ(sets.find(0), sets.find(3)) << "one element meets all channels";
  ChannelField left = sets.fresh(2, 0, 2), right = sets.fresh(2, 1, 3);
  sets.unite(left, right);
  EXPECT_EQ(sets.find(left.channels[0]), sets.find(right.channels[2]));
  sets.fix(right.channels[1]);
  EXPECT_TRUE(sets.isFixed(left.channels[1]));
  EXPECT_FALSE(sets.isFixed(result.channels[0]));
}

TEST(ChannelFields, SlicesAlongOneDimension) {
  ChannelSets sets;
  ChannelField field = *quantize::reshaped(sets.fresh(2, 1, 6), Shape{4, 6}, Shape{4, 2, 3});
  EXPECT_EQ(quantize::sliced(field, 2, 1, 2).channels, (std::vector<size_t>{1, 2, 4, 5}));
  EXPECT_EQ(quantize::sliced(field, 0, 1, 2).channels, field.channels) << "it does not vary there";
}

} // namespace
} // namespace limbeck::test
