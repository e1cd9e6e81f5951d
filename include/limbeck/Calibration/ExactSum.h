// A sum of f32 values without any rounding, so that neither the order of adding nor how the values were spread over
// machines changes it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace limbeck::calibration {

/// Holds the sum of up to 2^62 finite f32 values as one long integer in units of 2^-149, the least f32.
class ExactSum {
public:
  /// A finite value.
  void add(float value);
  void add(const ExactSum &other);

  /// The nearest double, ties to even.
  double rounded() const;
  /// The sum as doubles: each is the nearest to what those before it leave. None for zero, mostly one or two.
  std::vector<double> terms() const;
  /// The other way: nothing when these are not the terms of a sum of f32 values.
  static std::optional<ExactSum> fromTerms(std::span<const double> terms);

  bool operator==(const ExactSum &) const = default;

private:
  /// Adds `magnitude` * 2^(position - 149).
  void addScaled(uint64_t magnitude, int position, bool negative);
  bool addTerm(double term);
  void carry();

  // 32 bits each, least first; the last one has the sign. Between calls the others are in [0, 2^32).
  std::array<int64_t, 12> digits = {};
};

} // namespace limbeck::calibration
