// The tile chooser: tiles fit the registers and the problem.
#include "Target/CPU/Emit/Schedule.h"
#include "Target/CPU/Emit/ByteInstructions.h"
#include <gtest/gtest.h>

using namespace limbeck;

TEST(Schedule, tilesFitTheRegisterFileAndTheWidth) {
  for (const cpu::Isa &isa : cpu::allIsas())
    for (int64_t width : {1, 2, 7, 13, 14, 49, 56, 196, 3136})
      for (int64_t columns : {1, 3, 16, 24, 33, 64, 512})
        for (int64_t depth : {3, 27, 64, 1152}) {
          cpu::Tile tile = cpu::chooseTile({4, width, columns, depth, 1, depth}, isa, isa.lanes);
          EXPECT_GE(tile.height, 1);
          EXPECT_GE(tile.vectors, 1);
          EXPECT_LE(tile.height, width);
          EXPECT_LE(tile.height * tile.vectors + tile.vectors + 1, isa.registers)
              << isa.name << " " << width << "x" << columns << "x" << depth;
        }
}

TEST(Schedule, narrowResultsTakeOneVector) {
  const cpu::Isa &isa = *cpu::findIsa("avx512");
  EXPECT_EQ(cpu::chooseTile({1, 100, 16, 64, 1, 64}, isa, 16).vectors, 1);
  EXPECT_GT(cpu::chooseTile({1, 100, 64, 64, 1, 64}, isa, 16).vectors, 1);
}

TEST(Schedule, halfAVectorHoldsTheLastColumnsOfOnePanel) {
  auto lastLanes = [](int64_t columns, cpu::Tile tile) {
    return cpu::withoutIdleHalf(tile, columns).lastLanes;
  };
  EXPECT_EQ(lastLanes(24, {14, 2, 16}), 8);
  EXPECT_EQ(lastLanes(17, {14, 2, 16}), 8);
  EXPECT_EQ(lastLanes(4, {16, 1, 16}), 8);
  EXPECT_EQ(lastLanes(25, {14, 2, 16}), 16) << "nine lanes are more than half";
  EXPECT_EQ(lastLanes(32, {14, 2, 16}), 16);
  EXPECT_EQ(lastLanes(40, {14, 2, 16}), 16) << "the first of two panels is full";
  EXPECT_EQ(lastLanes(8, {4, 2, 16}), 16) << "a whole vector is idle, not half of one";
  EXPECT_EQ(lastLanes(12, {4, 2, 8}), 8) << "shorter vectors are computed at once";
  cpu::Tile half = cpu::withoutIdleHalf({14, 2, 16}, 24);
  EXPECT_EQ(half.panel(), 24);
  EXPECT_EQ(half.lanesOf(0), 16);
  EXPECT_EQ(half.lanesOf(1), 8);
}

TEST(Schedule, pixelsOfOneCacheSetShareATileNoMoreThanItsWaysHold) {
  const cpu::Isa &isa = *cpu::findIsa("avx512");
  cpu::ContractionExtent extent{1, 196, 256, 1024, 4, 1024 * 4};
  EXPECT_LE(cpu::chooseTile(extent, isa, 16).height, 7) << "pixels 4 KiB apart";
  extent.pixelBytes += 64;
  EXPECT_GT(cpu::chooseTile(extent, isa, 16).height, 7) << "pixels in different sets";
}

TEST(Schedule, panelsStayInTheSecondCache) {
  const cpu::Isa &isa = *cpu::findIsa("avx512");
  cpu::ContractionExtent extent{7, 7, 512, 9 * 512, 4, 512 * 4};
  EXPECT_LE(cpu::chooseTile(extent, isa, 16).vectors, 2) << "four vectors of 4608 weights are 1.1 MiB";
}

TEST(Schedule, panelsBehindTheFirstCacheAreReadNoFasterThanTheSecondDelivers) {
  const cpu::Isa &isa = *cpu::findIsa("avx2");
  cpu::ContractionExtent extent{14, 14, 256, 9 * 256, 4, 256 * 4};
  EXPECT_EQ(cpu::chooseTile(extent, isa, 8, {.fromSecondCache = 24, .lastRowsAsWhole = false}).vectors, 2)
      << "2x4 would read 128 bytes of weights in the 4 cycles of its products";
}

TEST(Schedule, weightsInCacheLetPixelsBeOutermost) {
  EXPECT_EQ(cpu::chooseOrder({1, 3136, 256, 64, 1, 64}), cpu::LoopOrder::PixelsOutermost);
  EXPECT_EQ(cpu::chooseOrder({7, 7, 512, 9 * 512, 1, 512}), cpu::LoopOrder::PanelsOutermost);
}

TEST(Schedule, workersKeepTheirPixelsWhereThoseAreMoreThanTheWeights) {
  // 3x3 over 28x28x128 in f32: 576 KiB of weights, 784 KiB of pixels and results.
  EXPECT_EQ(cpu::chooseOrder({28, 28, 128, 9 * 128, 4, 128 * 4}), cpu::LoopOrder::PanelsOfOwnPixels);
  EXPECT_EQ(cpu::chooseOrder({14, 14, 256, 9 * 256, 4, 256 * 4}), cpu::LoopOrder::PanelsOutermost)
      << "2.25 MiB of weights, 392 KiB of pixels and results";
  EXPECT_EQ(cpu::chooseOrder({1, 15360, 480, 480, 4, 480 * 4}), cpu::LoopOrder::PanelsOutermost)
      << "28 MiB of pixels come from memory, once for all workers that read them together";
}

TEST(Schedule, candidatesAreAllTilesThatFitFromTheChosenOneOn) {
  const cpu::Isa &isa = *cpu::findIsa("avx512-vnni");
  cpu::ContractionExtent extent{1, 56, 64, 64, 1, 64};
  std::vector<cpu::Tile> tiles = cpu::candidateTiles(extent, isa, 16);
  ASSERT_FALSE(tiles.empty());
  EXPECT_EQ(tiles.front(), cpu::chooseTile(extent, isa, 16));
  for (size_t i = 0; i < tiles.size(); ++i) {
    EXPECT_LE(tiles[i].height * tiles[i].vectors + tiles[i].vectors + 2, isa.registers);
    for (size_t j = 0; j < i; ++j)
      EXPECT_NE(tiles[i], tiles[j]);
  }
  // 14 heights of one vector, 14 of two, 9 of three, 6 of four.
  EXPECT_EQ(tiles.size(), 43u);
}

TEST(Schedule, formsOfProductsFollowTheInstructionsAndTheDepth) {
  auto form = [](std::string_view isa, int64_t width, int64_t depth, bool room) {
    return cpu::ByteInstructions::tileForm(*cpu::findIsa(isa), width, depth, room);
  };
  EXPECT_EQ(form("avx512-vnni", 8, 64, false)->family, "vnni tile");
  EXPECT_EQ(form("avx-vnni", 8, 64, false)->family, "vnni tile");
  EXPECT_EQ(form("avx2", 8, 64, false)->family, "dot tile");
  EXPECT_FALSE(form("avx512-vnni", 8, 63, false)) << "a load would reach over the end";
  EXPECT_TRUE(form("avx512-vnni", 8, 63, true));
  EXPECT_FALSE(form("arm64", 8, 64, true)) << "NEON alone has no such products";
  EXPECT_EQ(form("arm64-dotprod", 8, 64, false)->stepsPerLoad, 4);
  EXPECT_EQ(form("arm64-dotprod", 8, 24, false)->stepsPerLoad, 1);
  EXPECT_EQ(form("arm64-i8mm", 8, 64, false)->rowsTogether, 2);
  EXPECT_EQ(form("arm64-i8mm", 8, 24, false)->unit, 8);
  EXPECT_EQ(form("arm64-i8mm", 8, 12, false)->unit, 4) << "eight inputs would reach over the end";
  EXPECT_EQ(form("arm64-i8mm", 1, 64, false)->rowsTogether, 1) << "there is no second row";
}

TEST(Schedule, rowsComputedTogetherStayTogether) {
  const cpu::Isa &isa = *cpu::findIsa("arm64-i8mm");
  for (int64_t width : {2, 3, 7, 49, 196})
    for (int64_t columns : {1, 8, 24, 512}) {
      cpu::StepCost cost = cpu::ByteInstructions::tileForm(isa, width, 64, false)->cost;
      cpu::Tile tile = cpu::chooseTile({1, width, columns, 64, 1, 64}, isa, isa.lanes, cost);
      EXPECT_EQ(tile.height % 2, 0);
      EXPECT_LE(tile.height * (tile.vectors + cost.rowRegisters) + tile.vectors * cost.weightRegisters,
                isa.registers);
    }
}
