// Cutting contractions into AMX tiles: what the schedule covers, and where vector instructions stay.
#include "Target/CPU/Emit/AmxSchedule.h"
#include "Target/CPU/Emit/AmxContraction.h"
#include <cstring>
#include <gtest/gtest.h>
#include <set>

using namespace limbeck;

/// A convolution of stride 1 over `channels`, without its border.
static cpu::TiledProblem convolution(int64_t size, int64_t window, int64_t channels, int64_t columns) {
  cpu::TiledProblem problem;
  problem.rows = problem.joinedRows = problem.width = size;
  problem.columns = columns;
  problem.outer = window;
  problem.depth = window * channels;
  problem.pixelStep = channels;
  problem.rowPitch = size + window - 1;
  return problem;
}

/// A matrix product of [rows, depth] by [depth, columns].
static cpu::TiledProblem product(int64_t rows, int64_t depth, int64_t columns) {
  cpu::TiledProblem problem;
  problem.width = problem.rowPitch = rows;
  problem.depth = problem.pixelStep = depth;
  problem.columns = columns;
  return problem;
}

TEST(AmxSchedule, blocksCoverEveryPositionAndStayInside) {
  for (int64_t rows : {1, 3, 4, 15, 16, 17, 31, 32, 33, 49, 196, 3136}) {
    auto schedule = cpu::chooseAmxSchedule(product(rows, 1024, 256));
    if (rows < 4) {
      EXPECT_FALSE(schedule) << rows << ": a tile costs the same for one row as for sixteen";
      continue;
    }
    ASSERT_TRUE(schedule) << rows;
    EXPECT_EQ(schedule->positions, rows);
    EXPECT_LE(schedule->height(), rows);
    EXPECT_LE(schedule->height(), schedule->rowTiles * schedule->tileRows);
    EXPECT_GE(schedule->height(), schedule->tileRows);
    EXPECT_LE(schedule->tileRows, 16);
    EXPECT_GE(schedule->blocks() * schedule->height(), rows);
    EXPECT_LT((schedule->blocks() - 1) * schedule->height(), rows);
  }
}

TEST(AmxSchedule, candidatesHaveNamesOfTheirOwn) {
  cpu::TiledProblem problem = convolution(7, 3, 64, 64);
  std::vector<cpu::AmxSchedule> candidates = cpu::candidateAmxSchedules(problem, 1, /*inPlace=*/true);
  std::set<std::string> names;
  for (const cpu::AmxSchedule &candidate : candidates)
    names.insert(cpu::textOf(candidate));
  EXPECT_EQ(names.size(), candidates.size());
  for (const char *name : {"7x4", "32x1 joined", "32x3 gathered"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(cpu::textOf(candidates.front()), cpu::textOf(*cpu::chooseAmxSchedule(problem)));
  for (const cpu::AmxSchedule &candidate : cpu::candidateAmxSchedules(problem, 1, /*inPlace=*/false))
    EXPECT_TRUE(candidate.gathered);
  EXPECT_TRUE(cpu::candidateAmxSchedules(product(1, 1024, 256), 1, true).empty()) << "vectors cost less";
}

TEST(AmxSchedule, rowsAreJoinedWhereThatSavesTiles) {
  auto narrow = cpu::chooseAmxSchedule(convolution(7, 3, 512, 512)); // 63 positions, not 7 rows of 7
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow->joinedRows, 7);
  EXPECT_EQ(narrow->positions, 6 * 9 + 7);
  EXPECT_EQ(narrow->blocks(), 2);
  auto even = cpu::chooseAmxSchedule(convolution(14, 3, 256, 256)); // two tiles for each two of weights
  ASSERT_TRUE(even);
  EXPECT_EQ(even->joinedRows, 14);
  EXPECT_EQ(even->rowTiles * even->vectors, 8);
  auto wide = cpu::chooseAmxSchedule(convolution(32, 3, 64, 64)); // 32 whole blocks, or 1086 positions
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->joinedRows, 1);
  cpu::TiledProblem unjoinable = convolution(7, 3, 512, 512);
  unjoinable.rowPitch = 0;
  ASSERT_TRUE(cpu::chooseAmxSchedule(unjoinable));
  EXPECT_EQ(cpu::chooseAmxSchedule(unjoinable)->joinedRows, 1);
}

TEST(AmxSchedule, panelsFollowTheColumns) {
  EXPECT_EQ(cpu::chooseAmxSchedule(product(3136, 256, 64))->vectors, 4);
  EXPECT_EQ(cpu::chooseAmxSchedule(product(3136, 256, 24))->vectors, 2);
  EXPECT_EQ(cpu::chooseAmxSchedule(product(3136, 256, 48))->vectors, 3);
}

TEST(AmxSchedule, fewStepsStoreTheirSumsBetweenProducts) {
  for (int64_t depth : {64, 128, 256, 320}) {
    auto schedule = cpu::chooseAmxSchedule(product(3136, depth, 64));
    ASSERT_TRUE(schedule);
    EXPECT_EQ(schedule->shallow, depth <= 256) << depth;
    EXPECT_EQ(schedule->columnTiles(), depth <= 256 ? 1 : 2) << depth;
  }
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(3136, 128, 48))->shallow)
      << "accumulators could not take turns";
}

TEST(AmxSchedule, manyWeightsAreReadOnce) {
  EXPECT_EQ(cpu::chooseAmxSchedule(product(3136, 256, 64))->order, cpu::LoopOrder::PixelsOutermost);
  EXPECT_EQ(cpu::chooseAmxSchedule(product(49, 512, 2048))->order, cpu::LoopOrder::PanelsOutermost);
}

TEST(AmxSchedule, vectorInstructionsKeepShallowAndNarrowProblems) {
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(12544, 16, 96)));
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(12544, 8, 16)));
  EXPECT_FALSE(cpu::chooseAmxSchedule(convolution(112, 3, 3, 32)));
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(1, 2048, 1000)));
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(0, 64, 64))) << "nothing to do";
}

TEST(AmxSchedule, rowsThatCrossLinesAreGatheredWhereManyPanelsReadThem) {
  auto many = cpu::chooseAmxSchedule(product(960, 240, 240));
  ASSERT_TRUE(many);
  EXPECT_TRUE(many->gathered);
  EXPECT_EQ(many->steps(), 4);
  EXPECT_EQ(many->order, cpu::LoopOrder::PixelsOutermost);
  auto one = cpu::chooseAmxSchedule(product(784, 240, 16));
  EXPECT_TRUE(!one || !one->gathered) << "one panel reads a row once";
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(960, 256, 240))->gathered) << "whole lines";
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(960, 4000, 240))->gathered)
      << "more than the first cache holds";
}

TEST(AmxSchedule, whatMayNotBeReadInPlaceIsGathered) {
  auto schedule = cpu::chooseAmxSchedule(product(784, 40, 128), 2, /*inPlace=*/false);
  ASSERT_TRUE(schedule);
  EXPECT_TRUE(schedule->gathered);
}

TEST(AmxSchedule, gatheredRowsOfAWindowShareSteps) {
  // 7 rows of 21 bytes: three fill a step but for a byte, and no row is cut for that.
  auto stem = cpu::chooseAmxSchedule(convolution(112, 7, 3, 64));
  ASSERT_TRUE(stem);
  EXPECT_TRUE(stem->gathered);
  EXPECT_EQ(stem->steps(), 3);
  EXPECT_EQ(stem->pieces.size(), 7u);
  // 3 rows of 40 would need three steps whole: cut, they need two.
  std::vector<cpu::AmxPiece> cut = cpu::piecesOf(3, 40, 64, true);
  EXPECT_EQ(cut.back().step, 1);
  EXPECT_EQ(cut.size(), 4u);
}

TEST(AmxSchedule, piecesCoverEachProductOnce) {
  for (bool gathered : {false, true})
    for (int64_t outer : {1, 3, 7})
      for (int64_t depth : {1, 21, 32, 63, 64, 65, 200}) {
        std::vector<std::vector<bool>> met(static_cast<size_t>(outer),
                                           std::vector<bool>(static_cast<size_t>(depth)));
        int64_t last = -1; // place of the last product of the piece before
        for (const cpu::AmxPiece &piece : cpu::piecesOf(outer, depth, 64, gathered)) {
          int64_t place = piece.step * 64 + piece.offset;
          EXPECT_GT(place, last) << "in order: what is written behind a piece is overwritten";
          EXPECT_LE(piece.offset + piece.count, 64);
          last = place + piece.count - 1;
          for (int64_t k = piece.first; k < piece.first + piece.count; ++k) {
            auto product = met[static_cast<size_t>(piece.outer)].begin() + k;
            EXPECT_FALSE(*product);
            *product = true;
          }
        }
        for (const std::vector<bool> &row : met)
          EXPECT_EQ(std::count(row.begin(), row.end(), true), depth);
      }
}

TEST(AmxSchedule, weightsAreTilesOfFoursInTheOrderOfTheSteps) {
  // 2 window rows of depth 70, 40 columns: two steps a row; panels of 3 tiles, of which 2 go together.
  Tensor values = std::move(*Tensor::zeros(DType::S8, {2, 70, 40}));
  for (size_t i = 0; i < 2 * 70 * 40; ++i)
    values.mutableValues<int8_t>()[i] = static_cast<int8_t>(i * 7 % 251 - 125);
  cpu::AmxSchedule schedule;
  schedule.rowTiles = 2;
  schedule.vectors = 3;
  schedule.pieces = cpu::piecesOf(2, 70, 64, /*gathered=*/false);
  Tensor packed = cpu::packTiles({values}, schedule);
  ASSERT_EQ(packed.size(), 3 * 4 * 1024);
  size_t at = 0;
  for (std::vector<int64_t> group : {std::vector<int64_t>{0, 1}, std::vector<int64_t>{2}})
    for (int64_t step = 0; step < 4; ++step)
      for (int64_t tile : group)
        for (int64_t k4 = 0; k4 < 16; ++k4)
          for (int64_t n = 0; n < 16; ++n)
            for (int64_t j = 0; j < 4; ++j, ++at) {
              int64_t k = step % 2 * 64 + 4 * k4 + j, column = 16 * tile + n;
              int8_t expected = 0;
              if (k < 70 && column < 40)
                expected = values.values<int8_t>()[static_cast<size_t>((step / 2 * 70 + k) * 40 + column)];
              ASSERT_EQ(packed.values<int8_t>()[at], expected) << "byte " << at;
            }
}

TEST(AmxSchedule, weightsOfBF16ArePairs) {
  // Depth 64, 20 columns: two steps of 32 products, a panel of two tiles.
  Tensor values = std::move(*Tensor::zeros(DType::BF16, {1, 64, 20}));
  auto at = [](int64_t k, int64_t column) { return static_cast<uint16_t>(1 + k * 20 + column); };
  std::vector<uint16_t> bits;
  for (int64_t k = 0; k < 64; ++k)
    for (int64_t column = 0; column < 20; ++column)
      bits.push_back(at(k, column));
  std::memcpy(values.mutableBytes(), bits.data(), 2 * bits.size());
  cpu::AmxSchedule schedule;
  schedule.elementBytes = 2;
  schedule.rowTiles = 2;
  schedule.vectors = 2;
  schedule.pieces = cpu::piecesOf(1, 64, 32, /*gathered=*/false);
  Tensor packed = cpu::packTiles({values, {}}, schedule);
  ASSERT_EQ(packed.byteSize(), size_t(2 * 2 * 1024));
  size_t place = 0;
  for (int64_t step = 0; step < 2; ++step)
    for (int64_t tile = 0; tile < 2; ++tile)
      for (int64_t pair = 0; pair < 16; ++pair)
        for (int64_t n = 0; n < 16; ++n)
          for (int64_t j = 0; j < 2; ++j, ++place) {
            int64_t column = 16 * tile + n;
            uint16_t found, expected = column < 20 ? at(32 * step + 2 * pair + j, column) : uint16_t(0);
            std::memcpy(&found, packed.bytes() + 2 * place, 2);
            ASSERT_EQ(found, expected) << "element " << place;
          }
}

TEST(AmxSchedule, countsTheStepsOfBF16) {
  auto schedule = cpu::chooseAmxSchedule(product(3136, 64, 64), 2);
  ASSERT_TRUE(schedule);
  EXPECT_EQ(schedule->stepDepth(), 32);
  EXPECT_TRUE(schedule->shallow) << "two steps";
  EXPECT_FALSE(cpu::chooseAmxSchedule(product(3136, 160, 64), 2)->shallow) << "five steps";
}
