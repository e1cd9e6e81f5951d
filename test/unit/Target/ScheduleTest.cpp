// The tile chooser: tiles fit the registers and the problem.
#include "Target/CPU/Emit/Schedule.h"
#include <gtest/gtest.h>

using namespace limbeck;

TEST(Schedule, tilesFitTheRegisterFileAndTheWidth) {
  for (const cpu::Isa &isa : cpu::allIsas())
    for (int64_t width : {1, 2, 7, 13, 14, 49, 56, 196, 3136})
      for (int64_t columns : {1, 3, 16, 24, 33, 64, 512})
        for (int64_t depth : {3, 27, 64, 1152}) {
          cpu::Tile tile = cpu::chooseTile({4, width, columns, depth}, isa, isa.lanes);
          EXPECT_GE(tile.height, 1);
          EXPECT_GE(tile.vectors, 1);
          EXPECT_LE(tile.height, width);
          EXPECT_LE(tile.height * tile.vectors + tile.vectors + 1, isa.registers)
              << isa.name << " " << width << "x" << columns << "x" << depth;
        }
}

TEST(Schedule, narrowResultsTakeOneVector) {
  const cpu::Isa &isa = *cpu::findIsa("avx512");
  EXPECT_EQ(cpu::chooseTile({1, 100, 16, 64}, isa, 16).vectors, 1);
  EXPECT_GT(cpu::chooseTile({1, 100, 64, 64}, isa, 16).vectors, 1);
}
