// How often values fall where. The width of a bin is a power of two and edges are multiples of it, so that two bins join into
// one of twice the width: a histogram depends on the values it has seen, not on their order.
//
//   bin i >= 0 holds [i * w, (i + 1) * w), bin i < 0 holds (i * w, (i + 1) * w] without 0, w = 2^exponent
//   exponent   the least one, from -126 on, with which all bins between those of the least value, 0 and the greatest value
//              are at most 2,048
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace limbeck::calibration {

inline constexpr int64_t kBins = 2048;
inline constexpr int kLeastExponent = -126, kGreatestExponent = 118;

/// What a histogram of values from `least` to `greatest` begins with.
struct BinGrid {
  int exponent = kLeastExponent;
  int64_t first = 0; ///< the bin of the least value, or 0
  static BinGrid of(float least, float greatest);
};
/// The bin of a value, at most 4,096 bins away from 0. NaN is in bin 0.
int64_t binOf(float value, int exponent);

class Histogram {
public:
  Histogram() = default;
  /// Bins from `first` on. Nothing when no values give them: counts at the ends that are 0, an exponent that is not the
  /// least one, or more than 2^62 values.
  static std::optional<Histogram> make(int exponent, int64_t first, std::vector<uint64_t> counts);

  /// Finite values.
  void add(std::span<const float> values);
  /// Counts of bins from `grid.first` on.
  void add(BinGrid grid, std::span<const int32_t> counts);
  void add(const Histogram &other);

  int exponent() const { return width; }
  double binWidth() const;
  /// The first bin with a value, and the counts up to the last one with a value; none before there is one.
  int64_t first() const { return start; }
  std::span<const uint64_t> counts() const { return bins; }
  uint64_t total() const;

  bool operator==(const Histogram &) const = default;

private:
  void addBin(int64_t bin, uint64_t count);
  void widen(int exponent);
  bool fits() const;

  int width = kLeastExponent;
  int64_t start = 0;
  std::vector<uint64_t> bins;
};

} // namespace limbeck::calibration
