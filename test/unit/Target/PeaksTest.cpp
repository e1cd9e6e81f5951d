// The loops that measure a machine consist of what they claim to measure.
#include "limbeck/Target/CPU/Peaks.h"
#include <gtest/gtest.h>

using namespace limbeck;

TEST(Peaks, everyInstructionSetHasALoopForEach) {
  for (const cpu::Isa &isa : cpu::allIsas())
    for (cpu::Peak peak : {cpu::Peak::Int8, cpu::Peak::BF16, cpu::Peak::F32, cpu::Peak::Read}) {
      if (peak == cpu::Peak::BF16 && !cpu::multipliesBF16(isa))
        continue;
      auto code = cpu::compilePeak(peak, isa);
      ASSERT_TRUE(code.ok()) << isa.name << ": " << code.diagnostic().message;
      EXPECT_FALSE(code->entry.executable.empty()) << isa.name;
      EXPECT_EQ(code->blockBytes, 8 * isa.lanes * 4) << isa.name;
    }
}

TEST(Peaks, productsFollowTheInstruction) {
  auto products = [](const char *isa, cpu::Peak peak) {
    auto code = cpu::compilePeak(peak, *cpu::findIsa(isa));
    return code.ok() ? code->products : -1;
  };
  // 28 accumulators in 32 registers, 12 in 16; four, two or one product in each 32 bits of them.
  EXPECT_EQ(products("avx512-vnni", cpu::Peak::Int8), 131072 * 28 * 64);
  EXPECT_EQ(products("avx512", cpu::Peak::Int8), 131072 * 28 * 32);
  EXPECT_EQ(products("avx2", cpu::Peak::Int8), 131072 * 12 * 16);
  EXPECT_EQ(products("amx", cpu::Peak::Int8), 131072 * 4 * int64_t(16 * 16 * 64)) << "four tiles of sums";
  EXPECT_EQ(products("amx", cpu::Peak::BF16), 131072 * 4 * int64_t(16 * 16 * 32));
  EXPECT_EQ(products("avx512-bf16", cpu::Peak::BF16), 131072 * 28 * 32);
  EXPECT_EQ(products("avx2", cpu::Peak::F32), 131072 * 12 * 8);
}
