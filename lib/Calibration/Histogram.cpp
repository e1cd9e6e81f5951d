// Counting, joining of bins, and the check of counts that come from a file.
#include "limbeck/Calibration/Histogram.h"
#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace limbeck::calibration {

static constexpr uint64_t kMostValues = uint64_t(1) << 62;

int64_t binOf(float value, int exponent) {
  constexpr int64_t kFarthest = 2 * kBins;
  double steps = std::ldexp(std::fabs(static_cast<double>(value)), -exponent);
  int64_t whole = steps < kFarthest ? static_cast<int64_t>(steps) : steps >= kFarthest ? kFarthest : 0;
  return value < 0 ? -1 - whole : whole;
}

/// Whether all bins from the first to the last one, and that of 0, are few enough.
static bool fitsGrid(int64_t first, int64_t last) {
  return std::max<int64_t>(last, 0) - std::min<int64_t>(first, 0) < kBins;
}

BinGrid BinGrid::of(float least, float greatest) {
  float lowest = least < 0 ? least : 0, highest = greatest > 0 ? greatest : 0; // NaN is neither
  auto exponent = static_cast<int>(std::bit_cast<uint32_t>(std::max(std::fabs(lowest), highest)) >> 23) - 127;
  BinGrid grid;
  // One sided values of exponent e take at most 2,048 bins of 2^(e - 10), and values of both signs as many of twice that.
  grid.exponent = std::max(exponent - 10, kLeastExponent);
  if (!fitsGrid(binOf(lowest, grid.exponent), binOf(highest, grid.exponent)))
    ++grid.exponent;
  grid.first = binOf(lowest, grid.exponent);
  return grid;
}

/// A bin in a grid of twice the width; shifting rounds down, for negative bins as well.
static int64_t joined(int64_t bin, int times) {
  return bin >> std::min(times, 62);
}

std::optional<Histogram> Histogram::make(int exponent, int64_t first, std::vector<uint64_t> counts) {
  Histogram histogram;
  if (counts.empty())
    return exponent == kLeastExponent && first == 0 ? std::optional(histogram) : std::nullopt;
  if (exponent < kLeastExponent || exponent > kGreatestExponent || counts.front() == 0 ||
      counts.back() == 0 || first < -kBins || first > kBins || counts.size() > static_cast<size_t>(kBins))
    return std::nullopt;
  int64_t last = first + static_cast<int64_t>(counts.size()) - 1;
  // With bins of half the width, each end would lie in one of two bins: both choices must not fit.
  int64_t finerFirst = std::min<int64_t>(first, 0) * 2, finerLast = std::max<int64_t>(last, 0) * 2 + 1;
  if (!fitsGrid(first, last) || (exponent > kLeastExponent && fitsGrid(finerFirst, finerLast)))
    return std::nullopt;
  uint64_t total = 0;
  for (uint64_t count : counts)
    if (count > kMostValues || (total += count) > kMostValues)
      return std::nullopt;
  histogram.width = exponent;
  histogram.start = first;
  histogram.bins = std::move(counts);
  return histogram;
}

void Histogram::add(std::span<const float> values) {
  if (values.empty())
    return;
  auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  BinGrid grid = BinGrid::of(*least, *greatest);
  std::vector<int32_t> counts(kBins);
  for (float value : values)
    ++counts[static_cast<size_t>(binOf(value, grid.exponent) - grid.first)];
  add(grid, counts);
}

void Histogram::add(BinGrid grid, std::span<const int32_t> counts) {
  Histogram other;
  other.width = grid.exponent;
  size_t first = 0, end = counts.size();
  while (first < end && counts[first] == 0)
    ++first;
  while (end > first && counts[end - 1] == 0)
    --end;
  if (first == end)
    return;
  other.start = grid.first + static_cast<int64_t>(first);
  other.bins.assign(counts.begin() + static_cast<ptrdiff_t>(first),
                    counts.begin() + static_cast<ptrdiff_t>(end));
  add(other);
}

void Histogram::add(const Histogram &other) {
  if (other.bins.empty())
    return;
  widen(std::max(width, other.width));
  for (size_t i = 0; i < other.bins.size(); ++i)
    if (other.bins[i] != 0)
      addBin(joined(other.start + static_cast<int64_t>(i), width - other.width), other.bins[i]);
  while (!fits())
    widen(width + 1);
}

/// Counts values in a bin, which may lie outside of those that there are.
void Histogram::addBin(int64_t bin, uint64_t count) {
  if (bins.empty())
    start = bin;
  if (bin < start) {
    bins.insert(bins.begin(), static_cast<size_t>(start - bin), 0);
    start = bin;
  }
  auto at = static_cast<size_t>(bin - start);
  if (at >= bins.size())
    bins.resize(at + 1);
  bins[at] += count;
}

void Histogram::widen(int exponent) {
  if (exponent == width)
    return;
  std::vector<uint64_t> finer = std::exchange(bins, {});
  int64_t finerStart = start;
  int times = exponent - width;
  width = exponent;
  start = 0;
  for (size_t i = 0; i < finer.size(); ++i)
    if (finer[i] != 0)
      addBin(joined(finerStart + static_cast<int64_t>(i), times), finer[i]);
}

bool Histogram::fits() const {
  return bins.empty() || fitsGrid(start, start + static_cast<int64_t>(bins.size()) - 1);
}

double Histogram::binWidth() const {
  return std::ldexp(1.0, width);
}

uint64_t Histogram::total() const {
  uint64_t total = 0;
  for (uint64_t count : bins)
    total += count;
  return total;
}

} // namespace limbeck::calibration
