// Long addition, and the way to doubles and back.
#include "limbeck/Calibration/ExactSum.h"
#include <algorithm>
#include <bit>
#include <cmath>

namespace limbeck::calibration {

static constexpr int kUnit = -149;      // exponent of the unit
static constexpr int kMagnitude = 190;  // terms stay below 2^190: 2^62 of the greatest f32
static constexpr int kSignificand = 53; // bits of a double
static constexpr int64_t kDigit = int64_t(1) << 32;

void ExactSum::carry() {
  for (size_t i = 0; i + 1 < digits.size(); ++i) {
    digits[i + 1] += digits[i] >> 32; // rounds down, so that what stays is not negative
    digits[i] &= kDigit - 1;
  }
}

void ExactSum::addScaled(uint64_t magnitude, int position, bool negative) {
  auto at = static_cast<size_t>(position / 32);
  for (unsigned __int128 rest = static_cast<unsigned __int128>(magnitude) << (position % 32); rest != 0;
       rest >>= 32, ++at) {
    auto part = static_cast<int64_t>(static_cast<uint64_t>(rest) & (kDigit - 1));
    digits[at] += negative ? -part : part;
  }
  carry();
}

void ExactSum::add(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value), exponent = bits >> 23 & 0xff, fraction = bits & 0x7fffff;
  if (exponent == 0)
    addScaled(fraction, 0, bits >> 31);
  else
    addScaled(fraction | 0x800000, static_cast<int>(exponent) - 1, bits >> 31);
}

void ExactSum::add(const ExactSum &other) {
  for (size_t i = 0; i < digits.size(); ++i)
    digits[i] += other.digits[i];
  carry();
}

double ExactSum::rounded() const {
  ExactSum magnitude = *this;
  bool negative = digits.back() < 0;
  if (negative) {
    for (int64_t &digit : magnitude.digits)
      digit = -digit;
    magnitude.carry();
  }
  auto bit = [&](int position) {
    return static_cast<uint64_t>(magnitude.digits[static_cast<size_t>(position / 32)]) >> (position % 32) & 1;
  };
  int highest = static_cast<int>(magnitude.digits.size()) * 32 - 1;
  while (highest >= 0 && !bit(highest))
    --highest;
  // The 64 highest bits; what is below them can only break a tie.
  int lowest = std::max(highest - 63, 0);
  uint64_t leading = 0;
  for (int position = highest; position >= lowest; --position)
    leading = leading << 1 | bit(position);
  for (int position = 0; position < lowest; ++position)
    leading |= bit(position);
  double value = std::ldexp(static_cast<double>(leading), lowest + kUnit);
  return negative ? -value : value;
}

/// False when the term is not finite, too great, or no multiple of the unit.
bool ExactSum::addTerm(double term) {
  int exponent = 0;
  double significand = std::frexp(std::fabs(term), &exponent);
  if (!std::isfinite(term) || exponent > kMagnitude)
    return false;
  auto magnitude = static_cast<uint64_t>(std::ldexp(significand, kSignificand));
  int position = exponent - kSignificand - kUnit;
  if (position < 0) {
    if (magnitude != 0 && std::countr_zero(magnitude) < -position)
      return false;
    magnitude = position > -64 ? magnitude >> -position : 0;
    position = 0;
  }
  addScaled(magnitude, position, term < 0);
  return true;
}

std::vector<double> ExactSum::terms() const {
  std::vector<double> terms;
  ExactSum rest = *this;
  for (double term = rest.rounded(); term != 0; term = rest.rounded()) {
    terms.push_back(term);
    rest.addTerm(-term);
  }
  return terms;
}

std::optional<ExactSum> ExactSum::fromTerms(std::span<const double> terms) {
  // More cannot be: each takes 53 bits of what there is.
  if (terms.size() > 8)
    return std::nullopt;
  ExactSum sum;
  for (double term : terms)
    if (!sum.addTerm(term))
      return std::nullopt;
  std::vector<double> own = sum.terms();
  bool equal = own.size() == terms.size();
  for (size_t i = 0; equal && i < own.size(); ++i)
    equal = own[i] == terms[i];
  return equal ? std::optional(sum) : std::nullopt;
}

} // namespace limbeck::calibration
