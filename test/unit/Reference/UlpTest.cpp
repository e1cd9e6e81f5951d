// The published error of every float algorithm in units in the last place, against libm at higher precision.
//
// f32 is compared with f64 libm over every 1009th bit pattern, or over all of them when LIMBECK_EXHAUSTIVE is
// set. f64 is compared with long double where that is wider.
#include "limbeck/Reference/Elementwise.h"
#include "limbeck/Reference/HostScalar.h"
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

namespace limbeck::reference {
namespace {

/// Distance of `got` from `exact` in units of the last place of T at `exact`; 0 for equal infinities and for
/// two NaNs.
template <class T, class Wide> double ulps(T got, Wide exact) {
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : HUGE_VAL;
  constexpr int digits = std::numeric_limits<T>::digits, lowest = std::numeric_limits<T>::min_exponent;
  Wide limit = std::ldexp(Wide(1), std::numeric_limits<T>::max_exponent);
  if (std::isinf(got)) // infinity stands for the first number past the greatest
    return std::signbit(got) != std::signbit(exact) ? HUGE_VAL
           : std::fabs(exact) >= limit
               ? 0
               : static_cast<double>(
                     std::ldexp(limit - std::fabs(exact), digits - std::numeric_limits<T>::max_exponent));
  if (std::fabs(exact) >= limit * 2)
    return HUGE_VAL;
  int exponent = lowest;
  if (exact != 0)
    std::frexp(exact, &exponent);
  exponent = std::max(exponent, lowest);
  return static_cast<double>(std::ldexp(std::fabs(static_cast<Wide>(got) - exact), digits - exponent));
}

struct Worst {
  double error = 0, at = 0;
  void take(double candidate, double x) {
    if (candidate > error)
      error = candidate, at = x;
  }
};

/// One function: how it is computed here, what it means, where, and the bound that users are told.
struct UlpCase {
  const char *name;
  float (*ours)(HostScalar<float> &, float);
  double (*meant)(double);
  float lowest, highest;
  double bound;
};

double sigmoidMeant(double x) {
  return 1 / (1 + std::exp(-x));
}
double geluMeant(double x) {
  return x * 0.5 * std::erfc(-x * std::sqrt(0.5));
}
double geluTangentMeant(double x) {
  return x / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

const float all = std::numeric_limits<float>::infinity();
const UlpCase ulpCases[] = {
    {"exp", algorithms::exponential, std::exp, -all, all, 1},
    {"log", algorithms::logarithm, std::log, -all, all, 1},
    {"tanh", algorithms::hyperbolicTangent, std::tanh, -all, all, 2},
    {"erf", algorithms::errorFunction, std::erf, -all, all, 2},
    {"sigmoid", algorithms::sigmoid, sigmoidMeant, -all, all, 2},
    {"gelu", algorithms::geluByErrorFunction, geluMeant, -3, 1e30f, 4},
    {"gelu tanh", algorithms::geluByTangent, geluTangentMeant, -3, 1e30f, 4},
};

class Ulp : public testing::TestWithParam<UlpCase> {};

TEST_P(Ulp, F32IsWithinItsBound) {
  const UlpCase &test = GetParam();
  uint64_t step = std::getenv("LIMBECK_EXHAUSTIVE") ? 1 : 1009;
  Worst worst;
  HostScalar<float> l;
  for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += step) {
    float x = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (std::isnan(x) || (x >= test.lowest && x <= test.highest))
      worst.take(ulps(test.ours(l, x), test.meant(x)), x);
  }
  std::printf("%-10s f32 %.3f ulp at %.9g\n", test.name, worst.error, worst.at);
  EXPECT_LE(worst.error, test.bound) << test.name << " at " << worst.at;
}
INSTANTIATE_TEST_SUITE_P(Algorithms, Ulp, testing::ValuesIn(ulpCases), [](const auto &info) {
  return std::string(info.param.name).substr(0, 4) + std::to_string(info.index);
});

TEST(UlpPower, F32RoundsOnce) {
  std::mt19937 random(7);
  std::uniform_int_distribution<uint32_t> word;
  std::uniform_real_distribution<float> exponent(-40, 40);
  HostScalar<float> l;
  Worst worst;
  for (int i = 0; i < 300'000; ++i) {
    float base = std::bit_cast<float>(word(random)),
          y = i % 4 ? exponent(random) : std::round(exponent(random));
    if (!std::isnan(base))
      worst.take(
          ulps(algorithms::power(l, base, y), std::pow(static_cast<double>(base), static_cast<double>(y))),
          base);
  }
  std::printf("%-10s f32 %.3f ulp at %.9g\n", "pow", worst.error, worst.at);
  EXPECT_LE(worst.error, 0.501);
}

/// The double versions, where long double has more digits than double.
struct WideUlpCase {
  const char *name;
  double (*ours)(HostScalar<double> &, double);
  long double (*meant)(long double);
  double lowest, highest, bound;
};
const WideUlpCase wideUlpCases[] = {
    {"exp", algorithms::exponential, std::exp, -746, 710, 1},
    {"log", algorithms::logarithm, std::log, 1e-310, 1e3, 1},
    {"tanh", algorithms::hyperbolicTangent, std::tanh, -22, 22, 2},
    {"erf", algorithms::errorFunction, std::erf, -6, 6, 2},
    {"sigmoid", algorithms::sigmoid, [](long double x) { return 1 / (1 + std::exp(-x)); }, -740, 40, 2},
    {"gelu", algorithms::geluByErrorFunction,
     [](long double x) { return x / 2 * std::erfc(-x * std::sqrt(0.5L)); }, -3, 10, 4},
};

TEST(UlpDouble, IsWithinItsBound) {
  if (std::numeric_limits<long double>::digits <= 53)
    GTEST_SKIP() << "long double is no wider than double";
  std::mt19937_64 random(11);
  HostScalar<double> l;
  for (const WideUlpCase &test : wideUlpCases) {
    std::uniform_real_distribution<double> uniform(test.lowest, test.highest), logarithmic(-30, 1);
    Worst worst;
    for (int i = 0; i < 300'000; ++i) {
      double x =
          i % 2 ? uniform(random) : std::pow(10, logarithmic(random)) * (test.lowest < 0 && i % 4 ? -1 : 1);
      if (x >= test.lowest && x <= test.highest)
        worst.take(ulps<double, long double>(test.ours(l, x), test.meant(x)), x);
    }
    std::printf("%-10s f64 %.3f ulp at %.17g\n", test.name, worst.error, worst.at);
    EXPECT_LE(worst.error, test.bound) << test.name << " at " << worst.at;
  }
}

TEST(UlpDouble, PowerIsWithinItsBound) {
  if (std::numeric_limits<long double>::digits <= 53)
    GTEST_SKIP() << "long double is no wider than double";
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> base(-5, 5), exponent(-100, 100);
  HostScalar<double> l;
  Worst worst;
  for (int i = 0; i < 300'000; ++i) {
    double x = std::exp(base(random)), y = exponent(random);
    worst.take(ulps<double, long double>(algorithms::power(l, x, y),
                                         std::pow(static_cast<long double>(x), static_cast<long double>(y))),
               x);
  }
  std::printf("%-10s f64 %.3f ulp at %.17g\n", "pow", worst.error, worst.at);
  EXPECT_LE(worst.error, 8);
}

TEST(Special, ExactValues) {
  HostScalar<float> l;
  const float infinity = std::numeric_limits<float>::infinity();
  auto bits = [](float x) { return std::bit_cast<uint32_t>(x); };
  for (auto odd :
       {algorithms::hyperbolicTangent<HostScalar<float>>, algorithms::errorFunction<HostScalar<float>>}) {
    EXPECT_EQ(bits(odd(l, -0.0f)), bits(-0.0f));
    EXPECT_EQ(bits(odd(l, 0.0f)), bits(0.0f));
    EXPECT_EQ(odd(l, infinity), 1);
    EXPECT_EQ(odd(l, -infinity), -1);
    EXPECT_EQ(odd(l, -1e-45f), -1e-45f);
  }
  EXPECT_EQ(algorithms::exponential(l, 0.0f), 1);
  EXPECT_EQ(algorithms::exponential(l, -0.0f), 1);
  EXPECT_EQ(algorithms::exponential(l, 88.73f), infinity);
  EXPECT_EQ(bits(algorithms::exponential(l, -infinity)), bits(0.0f));
  EXPECT_EQ(algorithms::exponential(l, -103.0f), std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(bits(algorithms::logarithm(l, 1.0f)), bits(0.0f));
  EXPECT_EQ(algorithms::logarithm(l, -0.0f), -infinity);
  EXPECT_EQ(bits(algorithms::geluByErrorFunction(l, -infinity)), bits(-0.0f));
  EXPECT_EQ(bits(algorithms::geluByTangent(l, -infinity)), bits(-0.0f));
  EXPECT_EQ(algorithms::geluByErrorFunction(l, infinity), infinity);
  EXPECT_TRUE(std::isnan(algorithms::geluByTangent(l, NAN)));
}

TEST(Special, PowerAgreesWithIeee) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float values[] = {0.0f, -0.0f, 1,     -1,     2,       -2,       0.5f,      -0.5f,
                          3,    -3,    1e30f, -1e30f, 0x1p25f, infinity, -infinity, NAN};
  HostScalar<float> l;
  HostScalar<double> wide;
  for (float base : values)
    for (float exponent : values) {
      float got = algorithms::power(l, base, exponent), expected = std::pow(base, exponent);
      double gotWide = algorithms::power<HostScalar<double>>(wide, base, exponent);
      double expectedWide = std::pow(static_cast<double>(base), static_cast<double>(exponent));
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(got) && std::isnan(gotWide)) << base << " " << exponent;
        continue;
      }
      EXPECT_FLOAT_EQ(got, expected) << base << " " << exponent;
      EXPECT_EQ(std::signbit(got), std::signbit(expected)) << base << " " << exponent;
      if (std::isinf(expectedWide) || expectedWide == 0)
        EXPECT_EQ(gotWide, expectedWide) << base << " " << exponent;
      EXPECT_EQ(std::signbit(gotWide), std::signbit(expectedWide)) << base << " " << exponent;
    }
}

} // namespace
} // namespace limbeck::reference
