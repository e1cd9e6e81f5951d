// Cutting of elements at fixed powers of 2^32, and sums of the parts.
#include "limbeck/Calibration/GramSum.h"
#include <algorithm>
#include <cmath>

namespace limbeck::calibration {

// Exponents of f32 lie in [-149, 127].
static constexpr int kLeastPlace = -5, kGreatestPlace = 3, kDigitBits = 32;
/// Sums of up to 2^29 samples; merging a few more files than that cannot overflow either.
static constexpr int64_t kGreatestDigit = int64_t(1) << 61;

static size_t elementsOf(int64_t size) {
  return static_cast<size_t>(size) * static_cast<size_t>(size);
}

/// The power of 2^32 that the highest bit belongs to.
static int placeOf(float value) {
  return static_cast<int>(std::floor(std::ilogb(value) / static_cast<double>(kDigitBits)));
}

GramSum::GramSum(int64_t size) : rows(size), upper(elementsOf(size)), lower(elementsOf(size)) {}

std::optional<GramSum> GramSum::make(int64_t size, int place, std::vector<int64_t> high,
                                     std::vector<int64_t> low) {
  constexpr int64_t kMostRows = int64_t(1) << 20;
  if (size < 0 || size > kMostRows || high.size() != elementsOf(size) || low.size() != high.size() ||
      place < kLeastPlace || place > kGreatestPlace)
    return std::nullopt;
  auto tooGreat = [](int64_t digit) { return digit > kGreatestDigit || digit < -kGreatestDigit; };
  if (std::ranges::any_of(high, tooGreat) || std::ranges::any_of(low, tooGreat))
    return std::nullopt;
  GramSum sum;
  sum.rows = size;
  sum.top = place;
  sum.upper = std::move(high);
  sum.lower = std::move(low);
  auto isZero = [](int64_t digit) { return digit == 0; };
  sum.empty = place == 0 && std::ranges::all_of(sum.upper, isZero) && std::ranges::all_of(sum.lower, isZero);
  return sum;
}

/// Moves the digits so that `place` is the higher one.
void GramSum::raise(int place) {
  if (empty) {
    top = place;
    empty = false;
  }
  for (; top < place; ++top) {
    lower = std::move(upper);
    upper.assign(lower.size(), 0);
  }
}

void GramSum::add(std::span<const float> matrix) {
  float greatest = 0;
  for (float element : matrix)
    greatest = std::max(greatest, std::fabs(element));
  if (greatest == 0)
    return;
  raise(placeOf(greatest));
  for (size_t i = 0; i < matrix.size(); ++i) {
    auto digits =
        static_cast<uint64_t>(std::ldexp(std::fabs(static_cast<double>(matrix[i])), -kDigitBits * (top - 1)));
    auto high = static_cast<int64_t>(digits >> kDigitBits), low = static_cast<int64_t>(digits & 0xffffffff);
    upper[i] += matrix[i] < 0 ? -high : high;
    lower[i] += matrix[i] < 0 ? -low : low;
  }
}

void GramSum::add(const GramSum &other) {
  if (other.empty)
    return;
  raise(other.top);
  int above = top - other.top; // what of the other lies lower than both digits is cut off
  for (size_t i = 0; i < upper.size() && above < 2; ++i) {
    if (above == 0)
      upper[i] += other.upper[i];
    lower[i] += above == 0 ? other.lower[i] : other.upper[i];
  }
}

double GramSum::at(int64_t row, int64_t column) const {
  auto i = static_cast<size_t>(row * rows + column);
  return std::ldexp(static_cast<double>(upper[i]), kDigitBits * top) +
         std::ldexp(static_cast<double>(lower[i]), kDigitBits * (top - 1));
}

} // namespace limbeck::calibration
