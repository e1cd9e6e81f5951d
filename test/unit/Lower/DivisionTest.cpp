// The quotient by multiplications beside the division.
//
// What remains of x is at most 25 bits long, and rounding it, and taking the rounded reciprocal, moves the sum before its last rounding by
// less than 8 units of 2^-48 / divisor, for mantissas in [1, 2). So only quotients that are nearer to a tie than that could differ; all
// of them are tried, over all divisors.
#include "limbeck/Lower/Division.h"
#include "limbeck/Reference/HostScalar.h"
#include <bit>
#include <cmath>
#include <gtest/gtest.h>

namespace limbeck::lower {
namespace {

constexpr uint64_t kOne = 1 << 23; // of a mantissa

bool divides(float x, float divisor) {
  reference::HostScalar<float> l;
  return l.bitsOf(quotient(l, x, divisor, 1 / divisor)) == l.bitsOf(x / divisor);
}

/// Mantissas x with x * 2^shift = divisor * tie + distance for an odd `tie` of 25 bits; calls body(x) for each.
template <class F> void forEachNearTie(uint64_t divisor, unsigned shift, int64_t distance, F body) {
  auto zeros = static_cast<unsigned>(std::countr_zero(divisor));
  if (zeros >= shift || distance % (int64_t(1) << zeros) != 0)
    return;
  uint64_t odd = divisor >> zeros, inverse = odd; // modulo 2^64, by Newton's method
  for (int i = 0; i < 5; ++i)
    inverse *= 2 - odd * inverse;
  uint64_t period = uint64_t(1) << (shift - zeros);
  uint64_t tie = static_cast<uint64_t>(-(distance >> zeros)) * inverse & (period - 1);
  if (tie < 2 * kOne)
    tie += (2 * kOne - tie + period - 1) / period * period;
  for (; tie < 4 * kOne; tie += period) {
    uint64_t x = (divisor * tie + static_cast<uint64_t>(distance)) >> shift;
    if (tie % 2 == 1 && x >= kOne && x < 2 * kOne)
      body(x);
  }
}

TEST(Division, GivesTheBitsOfEveryQuotientNearATie) {
  int64_t tried = 0, wrong = 0;
  for (uint64_t divisor = kOne; divisor < 2 * kOne; ++divisor)
    for (unsigned shift : {24U, 25U}) // ties of quotients in [1, 2) and in [1/2, 1)
      for (int64_t distance = -8; distance <= 8; ++distance)
        if (distance != 0)
          forEachNearTie(divisor, shift, distance, [&](uint64_t x) {
            if ((x < divisor) != (shift == 25))
              return;
            ++tried;
            wrong += !divides(static_cast<float>(x) / kOne, static_cast<float>(divisor) / kOne);
          });
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(tried, 40'000'000);
}

TEST(Division, GivesTheBitsAtTheEndsOfItsRange) {
  uint64_t state = 1;
  auto mantissa = [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<float>(kOne | state >> 41) / kOne;
  };
  for (int i = 0; i < 100'000; ++i) {
    float x = mantissa(), divisor = mantissa();
    for (int ofX : {-90, 89})
      for (int ofDivisor : {-30, 0, 29})
        ASSERT_TRUE(divides(std::ldexp(x, ofX), std::ldexp(divisor, ofDivisor)));
    ASSERT_TRUE(divides(-x, divisor));
  }
}

TEST(Division, KeepsZeroAndNaN) {
  reference::HostScalar<float> l;
  EXPECT_TRUE(divides(0, 3));
  EXPECT_TRUE(std::isnan(quotient(l, NAN, 3.0f, 1 / 3.0f)));
  EXPECT_TRUE(std::isnan(quotient(l, 1.0f, static_cast<float>(NAN), static_cast<float>(NAN))));
}

TEST(Division, NeedsItsRange) {
  bool all = true;
  for (float x = 0x1p-126f; x < 0x1.01p-126f; x = std::nextafter(x, 1.0f))
    all &= divides(x, 1.3f);
  EXPECT_FALSE(all) << "what remains of a small dividend is no f32";
}

} // namespace
} // namespace limbeck::lower
