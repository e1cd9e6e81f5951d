// The search for start, scale and shift.
//
// With S the float that n = 0 becomes, the exact value before rounding is scale * n + d, where d = scale * S + shift - 1.5 * 2^23.
// Each step bounds d from both sides. The shift is an integer, so it is the fraction of scale * S that must lie between the
// bounds, and the scale is an integer over a power of two: of all S that keep the steps inside [2^23, 2^24), the first whose
// product leaves a remainder in a given range is found as by Euclid's algorithm.
#include "limbeck/Lower/FusedRounding.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>

namespace limbeck::lower {

using Wide = __int128;

static constexpr int64_t kLeastFloat = int64_t(1) << 23, kMostFloat = (int64_t(1) << 24) - 1;
static constexpr int32_t kLeastFloatBits = 0x4b000000;

std::optional<int64_t> FusedRounding::at(int64_t n) const {
  int64_t bits = start + n;
  if (bits < 0 || bits >= std::bit_cast<int32_t>(std::numeric_limits<float>::infinity()))
    return std::nullopt;
  float rounded = std::fma(std::bit_cast<float>(static_cast<int32_t>(bits)), scale, shift);
  int64_t value = std::bit_cast<int32_t>(rounded) - kRoundedZeroBits;
  if (value != static_cast<int16_t>(value))
    return std::nullopt;
  return value;
}

/// The least x >= 0 with low <= factor * x mod modulus <= high, where 0 <= low <= high < modulus; nothing where there is none.
static std::optional<Wide> firstWithRemainder(Wide factor, Wide modulus, Wide low, Wide high) {
  if (low == 0)
    return 0;
  factor %= modulus;
  if (factor == 0)
    return std::nullopt;
  if (2 * factor > modulus)
    return firstWithRemainder(modulus - factor, modulus, modulus - high, modulus - low);
  Wide steps = (low + factor - 1) / factor;
  if (steps * factor <= high)
    return steps;
  // Not before the product has passed the modulus y times: y * modulus leaves -high to -low, modulo the factor.
  Wide least = (factor - high % factor) % factor, most = (factor - low % factor) % factor;
  std::optional<Wide> y = firstWithRemainder(modulus % factor, factor, least, most);
  if (!y)
    return std::nullopt;
  return (low + modulus * *y + factor - 1) / factor;
}

static Wide remainderOf(Wide value, Wide modulus) {
  Wide rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

static bool holds(const FusedRounding &rounding, const StepFunction &function) {
  std::optional<int64_t> least = rounding.at(function.least), most = rounding.at(function.most);
  if (!least || !most || (function.lowest && *least < *function.lowest) ||
      (function.highest && *most > *function.highest))
    return false;
  return std::all_of(function.steps.begin(), function.steps.end(), [&](const StepFunction::Step &step) {
    std::optional<int64_t> below = rounding.at(step.below), from = rounding.at(step.from);
    return below && from && *below < step.value && *from >= step.value;
  });
}

static std::optional<FusedRounding> withScale(const StepFunction &function, float scale) {
  constexpr int kMantissa = 24, kLeastExponent = 1, kMostExponent = 48;
  int exponent = 0;
  auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(scale, &exponent), kMantissa));
  exponent = kMantissa - exponent; // scale = mantissa / 2^exponent
  if (exponent < kLeastExponent || exponent > kMostExponent)
    return std::nullopt;
  Wide unit = Wide(1) << exponent, low = std::numeric_limits<int64_t>::min(), high = -low;
  // Half of a step below the value; a tie rounds to the even one.
  auto reachedAt = [&](int64_t value, int64_t n) {
    low = std::max(low, (2 * value - 1) * (unit / 2) - mantissa * n + (value % 2 == 0 ? 0 : 1));
  };
  auto notReachedAt = [&](int64_t value, int64_t n) {
    high = std::min(high, (2 * value - 1) * (unit / 2) - mantissa * n - (value % 2 == 0 ? 1 : 0));
  };
  for (const StepFunction::Step &step : function.steps) {
    reachedAt(step.value, step.from);
    notReachedAt(step.value, step.below);
  }
  if (function.lowest)
    reachedAt(*function.lowest, function.least);
  if (function.highest)
    notReachedAt(*function.highest + 1, function.most);
  if (low > high)
    return std::nullopt;
  int64_t first = kLeastFloat - function.steps.front().below, last = kMostFloat - function.steps.back().from;
  if (first > last)
    return std::nullopt;
  Wide before = mantissa * first; // the product that S = first has
  Wide least = remainderOf(low - before, unit), most = least + (high - low);
  std::optional<Wide> more = most >= unit ? 0 : firstWithRemainder(mantissa, unit, least, most);
  if (!more || *more > last - first)
    return std::nullopt;
  Wide product = before + mantissa * *more;
  Wide inside = low + remainderOf(product - low, unit); // what the fraction of the product makes d
  Wide shift = (inside - product) / unit + 3 * (kLeastFloat / 2);
  if (shift < -kMostFloat || shift > kMostFloat)
    return std::nullopt;
  int64_t start = kLeastFloatBits + (first - kLeastFloat) + static_cast<int64_t>(*more);
  FusedRounding rounding{static_cast<int32_t>(start), scale, static_cast<float>(shift)};
  return holds(rounding, function) ? std::optional(rounding) : std::nullopt;
}

std::optional<FusedRounding> findFusedRounding(const StepFunction &function, double scale) {
  constexpr int kNeighbours = 8;
  auto nearest = static_cast<float>(scale);
  if (function.steps.empty() || !std::isnormal(nearest) || nearest < 0)
    return std::nullopt;
  float up = nearest, down = nearest;
  for (int distance = 0; distance <= kNeighbours; ++distance) {
    if (std::optional<FusedRounding> found = withScale(function, up))
      return found;
    if (std::optional<FusedRounding> found = withScale(function, down))
      return found;
    up = std::nextafter(up, std::numeric_limits<float>::max());
    down = std::nextafter(down, 0.0f);
  }
  return std::nullopt;
}

FusedRounding constantRounding(int64_t value) {
  return {kLeastFloatBits, 0, std::bit_cast<float>(static_cast<int32_t>(kRoundedZeroBits + value))};
}

namespace {
/// Where roundeven(f32(n) * multiplier) reaches each value from `lowest` + 1 to `highest`, for n from `least` to `most`.
struct RoundedProduct {
  float multiplier;
  int64_t lowest, highest, least, most;

  int64_t at(int64_t n) const {
    return static_cast<int64_t>(std::nearbyint(static_cast<float>(n) * multiplier));
  }

  /// The first n that reaches `value`; least where all do, most + 1 where none does.
  int64_t from(int64_t value) const {
    double place = (static_cast<double>(value) - 0.5) / static_cast<double>(multiplier);
    auto n = static_cast<int64_t>(std::clamp(place, static_cast<double>(least), static_cast<double>(most)));
    while (n > least && at(n - 1) >= value)
      --n;
    while (n <= most && at(n) < value)
      ++n;
    return n;
  }

  bool equals(const FusedProduct &form, std::span<const int64_t> steps) const {
    constexpr float kMostRounded = 4194304.0f - 512; // 2^22, less a zero point
    auto product = [&](int64_t n) {
      return std::fma(std::bit_cast<float>(static_cast<int32_t>(form.start + n)), multiplier, form.shift);
    };
    if (form.start + least < 0 ||
        form.start + most >= std::bit_cast<int32_t>(std::numeric_limits<float>::infinity()) ||
        !(product(least) > -kMostRounded && product(most) < kMostRounded))
      return false;
    for (int64_t value = lowest + 1; value <= highest; ++value) {
      int64_t n = steps[static_cast<size_t>(value - lowest - 1)];
      auto bound = static_cast<float>(value);
      if ((n <= most && std::nearbyint(product(n)) < bound) ||
          (n > least && std::nearbyint(product(n - 1)) >= bound))
        return false;
    }
    return true;
  }
};
} // namespace

std::optional<FusedProduct> findFusedProduct(float multiplier, int64_t lowest, int64_t highest, int64_t least,
                                             int64_t most) {
  constexpr int kMantissa = 24;
  if (!std::isnormal(multiplier) || multiplier < 0 || highest <= lowest || least > most)
    return std::nullopt;
  RoundedProduct product{multiplier, lowest, highest, least, most};
  std::vector<int64_t> steps;
  for (int64_t value = lowest + 1; value <= highest; ++value)
    steps.push_back(product.from(value));
  // Of 2^23 itself the product with any float is one.
  FusedProduct positive{kLeastFloatBits, -static_cast<float>(kLeastFloat) * multiplier};
  if (lowest >= 0 && product.equals(positive, steps))
    return positive;
  int64_t first = std::max(kLeastFloat, kLeastFloat - (steps.front() - 1)), last = kMostFloat - steps.back();
  int exponent = 0;
  auto mantissa = static_cast<Wide>(std::ldexp(std::frexp(multiplier, &exponent), kMantissa));
  // Others are to leave next to nothing of it behind the bits of a float.
  Wide unit = Wide(1) << kMantissa;
  for (Wide rest : {1, 16, 256, 4096}) {
    Wide least = remainderOf(-rest - mantissa * first, unit), most = least + 2 * rest;
    std::optional<Wide> more = most >= unit ? 0 : firstWithRemainder(mantissa, unit, least, most);
    if (!more || *more > last - first)
      continue;
    int64_t float23 = first + static_cast<int64_t>(*more);
    FusedProduct form{static_cast<int32_t>(kLeastFloatBits + float23 - kLeastFloat),
                      -static_cast<float>(static_cast<double>(float23) * static_cast<double>(multiplier))};
    if (product.equals(form, steps))
      return form;
  }
  return std::nullopt;
}

} // namespace limbeck::lower
