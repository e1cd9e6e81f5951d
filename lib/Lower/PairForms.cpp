// Both searches turn the function of a pair into one of an integer: the pairs are sorted by their n, and where results never fall
// with it, FusedRounding does the rest.
#include "limbeck/Lower/PairForms.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace limbeck::lower {

/// The results as a function of `number(q0, q1)`; nothing where they fall, or where one number has several.
template <class Number>
static std::optional<StepFunction> asStepFunction(const PairResults &results, Number &&number) {
  constexpr int64_t none = std::numeric_limits<int64_t>::max();
  std::array<int64_t, kByteValues> least, most;
  least.fill(none);
  most.fill(-none);
  for (int64_t q0 = 0; q0 < kByteValues; ++q0)
    for (int64_t q1 = 0; q1 < kByteValues; ++q1) {
      int64_t n = number(q0, q1);
      uint8_t result = results.values[static_cast<size_t>(q0 * kByteValues + q1)];
      least[result] = std::min(least[result], n);
      most[result] = std::max(most[result], n);
    }
  StepFunction function;
  function.least = *std::min_element(least.begin(), least.end());
  function.most = *std::max_element(most.begin(), most.end());
  auto [lowest, highest] = std::minmax_element(results.values.begin(), results.values.end());
  if (*lowest > results.lowest)
    function.lowest = *lowest;
  if (*highest < results.highest)
    function.highest = *highest;
  for (auto value = static_cast<size_t>(kByteValues - 1); value > 0;
       --value) // least argument of this result or a greater one
    least[value - 1] = std::min(least[value - 1], least[value]);
  int64_t below = most[static_cast<size_t>(results.lowest)];
  for (int64_t value = results.lowest + 1; value <= results.highest; ++value) {
    int64_t from = least[static_cast<size_t>(value)];
    if (from == none)
      break;
    if (below != -none) {
      if (below >= from)
        return std::nullopt;
      function.steps.push_back({value, below, from});
    }
    below = std::max(below, most[static_cast<size_t>(value)]);
  }
  return function;
}

std::optional<PairForm> findPairSum(const PairResults &results, std::array<double, 2> slopes) {
  constexpr int64_t kMostFactor = 32767; // 16 bits with sign
  constexpr size_t kTries = 64;
  struct Ratio {
    double error;
    std::array<int32_t, 2> factors;
  };
  std::vector<Ratio> ratios;
  double first = std::fabs(slopes[0]), second = std::fabs(slopes[1]);
  for (int64_t factor = 1; factor <= kMostFactor; ++factor) {
    double other = std::nearbyint(static_cast<double>(factor) * first / second);
    // All results between the bounds lie within 2^23.
    if (!(other >= 1 && other <= kMostFactor && static_cast<double>(factor) / second * kByteValues < 0x1p23))
      continue;
    double error = std::fabs(other * second / (static_cast<double>(factor) * first) - 1);
    auto left = static_cast<int32_t>(other), right = static_cast<int32_t>(factor);
    ratios.push_back({error, {slopes[0] < 0 ? -left : left, slopes[1] < 0 ? -right : right}});
  }
  size_t tries = std::min(ratios.size(), kTries);
  auto closer = [](const Ratio &a, const Ratio &b) {
    return a.error != b.error ? a.error < b.error : std::abs(a.factors[0]) < std::abs(b.factors[0]);
  };
  std::partial_sort(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(tries), ratios.end(),
                    closer);
  for (size_t i = 0; i < tries; ++i) {
    std::array<int32_t, 2> factors = ratios[i].factors;
    std::optional<StepFunction> function =
        asStepFunction(results, [&](int64_t q0, int64_t q1) { return factors[0] * q0 + factors[1] * q1; });
    if (!function)
      continue;
    double scale = (slopes[0] / factors[0] + slopes[1] / factors[1]) / 2;
    if (std::optional<FusedRounding> rounding = findFusedRounding(*function, scale))
      return PairForm{PairForm::Kind::Sum, factors, {}, *rounding};
  }
  return std::nullopt;
}

std::optional<PairForm> findPairProduct(const PairResults &results, double scale,
                                        std::array<int32_t, 2> zeros) {
  std::optional<StepFunction> function =
      asStepFunction(results, [&](int64_t q0, int64_t q1) { return (q0 - zeros[0]) * (q1 - zeros[1]); });
  if (!function)
    return std::nullopt;
  std::optional<FusedRounding> rounding = findFusedRounding(*function, scale);
  return rounding ? std::optional(PairForm{PairForm::Kind::Product, {}, zeros, *rounding}) : std::nullopt;
}

} // namespace limbeck::lower
