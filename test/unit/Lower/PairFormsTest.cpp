// Sums and products of bytes: the form that is found equals the division in f32 for every pair.
#include "limbeck/Lower/PairForms.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace limbeck::lower;

namespace {
struct Scales {
  float first, second, result;
  int64_t zeros[3];
};
} // namespace

/// As docs/semantics.md has it: f32 operands, one f32 op, division, round to even, zero point, bounds.
static std::vector<uint8_t> resultsOf(const Scales &s, PairForm::Kind kind, int64_t lowest, int64_t highest) {
  std::vector<uint8_t> results;
  for (int64_t q0 = 0; q0 < kByteValues; ++q0)
    for (int64_t q1 = 0; q1 < kByteValues; ++q1) {
      float a = static_cast<float>(q0 - s.zeros[0]) * s.first,
            c = static_cast<float>(q1 - s.zeros[1]) * s.second;
      float x = kind == PairForm::Kind::Sum ? a + c : a * c;
      auto rounded = static_cast<int64_t>(std::nearbyint(x / s.result)) + s.zeros[2];
      results.push_back(static_cast<uint8_t>(std::clamp(rounded, lowest, highest)));
    }
  return results;
}

static std::optional<PairForm> find(const Scales &s, PairForm::Kind kind, const PairResults &results) {
  double first = s.first, second = s.second;
  if (kind == PairForm::Kind::Sum)
    return findPairSum(results, {first / s.result, second / s.result});
  return findPairProduct(results, first * second / s.result,
                         {static_cast<int32_t>(s.zeros[0]), static_cast<int32_t>(s.zeros[1])});
}

static void expectAllPairs(const PairForm &form, const PairResults &results) {
  for (int64_t q0 = 0; q0 < kByteValues; ++q0)
    for (int64_t q1 = 0; q1 < kByteValues; ++q1) {
      int64_t n = form.kind == PairForm::Kind::Sum ? form.factors[0] * q0 + form.factors[1] * q1
                                                   : (q0 - form.zeros[0]) * (q1 - form.zeros[1]);
      std::optional<int64_t> value = form.rounding.at(n);
      ASSERT_TRUE(value) << q0 << ", " << q1;
      ASSERT_EQ(std::clamp(*value, results.lowest, results.highest),
                results.values[static_cast<size_t>(q0 * kByteValues + q1)])
          << q0 << ", " << q1;
    }
}

TEST(PairForms, sumsEqualTheDivisionForAllPairs) {
  for (const Scales &s :
       {Scales{0.0231371f, 0.0417113f, 0.0512739f, {0, 0, 0}},
        Scales{0.0231371f, 0.0031277f, 0.0224519f, {131, 7, 120}}, Scales{0.5f, 0.25f, 0.75f, {3, 0, 9}},
        Scales{0.02f, 0.02f, 0.03f, {128, 128, 128}}})
    for (auto [lowest, highest] : {std::pair{0, 255}, std::pair{9, 140}}) {
      std::vector<uint8_t> values = resultsOf(s, PairForm::Kind::Sum, lowest, highest);
      PairResults results{values, lowest, highest};
      std::optional<PairForm> form = find(s, PairForm::Kind::Sum, results);
      ASSERT_TRUE(form) << s.first;
      expectAllPairs(*form, results);
    }
}

TEST(PairForms, productsEqualTheDivisionForAllPairs) {
  for (const Scales &s :
       {Scales{0.0231f, 0.00392f, 0.0212f, {0, 0, 0}}, Scales{0.041f, 0.0039f, 0.033f, {121, 0, 117}},
        Scales{0.033f, 0.071f, 0.21f, {9, 200, 64}}}) {
    std::vector<uint8_t> values = resultsOf(s, PairForm::Kind::Product, 0, 255);
    PairResults results{values, 0, 255};
    std::optional<PairForm> form = find(s, PairForm::Kind::Product, results);
    ASSERT_TRUE(form) << s.first;
    expectAllPairs(*form, results);
  }
}

// No pair reaches the bounds that what follows clamps to, and a step behind the last result is near: a form that is compared at the
// steps alone gives 7 in place of 8 at (0, 0) of the sum, and 131 in place of 130 at (255, 255) of the product.
TEST(PairForms, takeNoStepBeyondTheLastResult) {
  auto expectForm = [](const Scales &s, PairForm::Kind kind) {
    std::vector<uint8_t> values = resultsOf(s, kind, 0, 255);
    if (std::optional<PairForm> form = find(s, kind, {values, 0, 255}))
      expectAllPairs(*form, {values, 0, 255});
  };
  expectForm({0x1.67fb88p-3f, 0x1.67fb88p-3f, 0x1.477464p+0f, {242, 60, 49}}, PairForm::Kind::Sum);
  expectForm({0x1.14874ep-4f, 0x1.14874ep-4f, 0x1.f62ecep+1f, {77, 93, 97}}, PairForm::Kind::Product);
  std::mt19937 random(11);
  auto below = [&](uint32_t end) { return static_cast<int64_t>(random() % end); };
  for (int repetition = 0; repetition < 100; ++repetition) {
    float first = std::exp2(static_cast<float>(below(600)) / 100.0f - 6.0f);
    float second = first * static_cast<float>(1 + below(3)),
          flat = std::exp2(static_cast<float>(below(900)) / 100.0f);
    Scales s{first, second, first * flat, {below(256), below(256), below(256)}};
    expectForm(s, PairForm::Kind::Sum);
    s.result = first * second * flat * 4;
    expectForm(s, PairForm::Kind::Product);
  }
}

// Halves that are ties in every second sum, and a zero point that turns their rounding around.
TEST(PairForms, tiesThatRoundBothWaysHaveNone) {
  Scales s{0.5f, 0.5f, 1.0f, {0, 0, 7}};
  std::vector<uint8_t> values = resultsOf(s, PairForm::Kind::Sum, 0, 255);
  EXPECT_FALSE(find(s, PairForm::Kind::Sum, {values, 0, 255}));
  s.zeros[2] = 8;
  values = resultsOf(s, PairForm::Kind::Sum, 0, 255);
  EXPECT_TRUE(find(s, PairForm::Kind::Sum, {values, 0, 255}));
}

TEST(PairForms, refusesWhatIsNoSumOrProduct) {
  std::vector<uint8_t> greatest, constant(65536, 7);
  for (int64_t q0 = 0; q0 < kByteValues; ++q0)
    for (int64_t q1 = 0; q1 < kByteValues; ++q1)
      greatest.push_back(static_cast<uint8_t>(std::max(q0, q1)));
  EXPECT_FALSE(findPairSum({greatest, 0, 255}, {0.5, 0.5}));
  EXPECT_FALSE(findPairProduct({greatest, 0, 255}, 0.004, {0, 0}));
  EXPECT_FALSE(findPairSum({constant, 0, 255}, {0.5, 0.5}));
  // One operand next to nothing: its factor would be 0.
  Scales s{1.0f, 1e-6f, 1.0f, {0, 0, 0}};
  std::vector<uint8_t> values = resultsOf(s, PairForm::Kind::Sum, 0, 255);
  EXPECT_FALSE(find(s, PairForm::Kind::Sum, {values, 0, 255}));
}
