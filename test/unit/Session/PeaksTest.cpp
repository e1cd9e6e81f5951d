// This machine, measured: rates are those of a machine and not of an optimizer that removed the work.
#include "Session/Peaks.h"
#include <gtest/gtest.h>

using namespace limbeck;
using namespace limbeck::session;

TEST(Peaks, ratesAreThoseOfAMachine) {
  auto pool = runtime::ThreadPool::create({1, 0});
  ASSERT_TRUE(pool.ok());
  const cpu::Isa &isa = cpu::nativeIsa();
  auto peaks = measurePeaks(isa, **pool);
  ASSERT_TRUE(peaks.ok()) << peaks.diagnostic().message;
  // Between a tenth of a product per vector and nanosecond, and as many as eight instructions of four in a cycle of 8 GHz.
  // A tile multiplies 1024 bytes in a cycle.
  double most = 256e9 * static_cast<double>(isa.lanes);
  for (auto [rate, limit] :
       {std::pair{peaks->f32, most}, {peaks->int8, isa.has("amx-int8") ? 2 * most : most}}) {
    EXPECT_GT(rate, 1e8 * static_cast<double>(isa.lanes));
    EXPECT_LT(rate, limit);
  }
  ASSERT_EQ(peaks->read.size(), 8u);
  EXPECT_EQ(peaks->read.front().bytes, 16 << 10);
  EXPECT_EQ(peaks->read.back().bytes, 256 << 20);
  for (const ReadRate &rate : peaks->read) {
    EXPECT_GT(rate.bytesPerSecond, 1e8);
    EXPECT_LT(rate.bytesPerSecond, 4e12);
  }
  EXPECT_GT(peaks->clockMs, 0);
  EXPECT_LT(peaks->dispatchMs, 1);
}

TEST(Peaks, wakingAWorkerIsNoPartOfThem) {
  // What one thread reads in 16 KiB takes a tenth of a microsecond, and waking a second a hundred times that.
  auto alone = runtime::ThreadPool::create({1, 0}), both = runtime::ThreadPool::create({2, 0});
  ASSERT_TRUE(alone.ok() && both.ok());
  auto ofOne = measurePeaks(cpu::nativeIsa(), **alone), ofTwo = measurePeaks(cpu::nativeIsa(), **both);
  ASSERT_TRUE(ofOne.ok() && ofTwo.ok());
  EXPECT_GT(ofTwo->read.front().bytesPerSecond, ofOne->read.front().bytesPerSecond / 4);
  EXPECT_GT(ofTwo->int8, ofOne->int8 / 4);
}
