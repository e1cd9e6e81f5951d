// The ranges that can be read from statistics.
#include "limbeck/Calibration/RangeError.h"
#include "limbeck/Support/Counted.h"
#include <algorithm>
#include <cmath>

namespace limbeck::calibration {

namespace {
/// Ends of a range while it is computed.
struct Bounds {
  double least = 0, greatest = 0;
};
/// The integers that a range is mapped to.
struct Levels {
  double lowest = 0, highest = 0;
};
} // namespace

static constexpr int64_t kEdgeStep =
    16; // of the edges t that are tried: under a hundredth of the range apart

/// Where `cut` values are on this side, spread evenly inside each bin. `fromTop` counts from the greatest bin down.
static double edgeBehind(const Histogram &histogram, double cut, bool fromTop) {
  std::span<const uint64_t> counts = histogram.counts();
  double before = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    size_t at = fromTop ? counts.size() - 1 - i : i;
    auto count = static_cast<double>(counts[at]);
    if (before + count > cut) {
      auto edge = static_cast<double>(histogram.first() + static_cast<int64_t>(at) + (fromTop ? 1 : 0));
      double inside = (cut - before) / count;
      return (edge + (fromTop ? -inside : inside)) * histogram.binWidth();
    }
    before += count;
  }
  return 0;
}

static Bounds percentileBounds(const Histogram &histogram, double percentile) {
  double cut = static_cast<double>(histogram.total()) * (100 - percentile) / 200;
  return {edgeBehind(histogram, cut, false), edgeBehind(histogram, cut, true)};
}

/// The counts inside [-edge, edge) bins, and how many lie beyond each end.
struct ClippedCounts {
  std::vector<double> counts;
  double below = 0, above = 0;

  ClippedCounts(const Histogram &histogram, int64_t edge) {
    for (size_t i = 0; i < histogram.counts().size(); ++i) {
      int64_t bin = histogram.first() + static_cast<int64_t>(i);
      auto count = static_cast<double>(histogram.counts()[i]);
      if (bin < -edge)
        below += count;
      else if (bin >= edge)
        above += count;
      else
        counts.push_back(count);
    }
  }
};

/// What is lost when counts are known by 128 levels only: KL(P || Q), P the counts with all that is clipped at their ends, Q
/// the counts of each level spread over its bins that are not empty. An empty bin of Q gets a little of the others.
static double divergence(const ClippedCounts &clipped) {
  constexpr size_t kLevels = 128;
  constexpr double kLittle = 1e-4;
  std::vector<double> p = clipped.counts, q(p.size());
  size_t bins = p.size();
  p.front() += clipped.below;
  p.back() += clipped.above;
  for (size_t level = 0; level < kLevels; ++level) {
    size_t first = level * bins / kLevels, end = (level + 1) * bins / kLevels;
    double sum = 0, filled = 0;
    for (size_t i = first; i < end; ++i) {
      sum += clipped.counts[i];
      filled += p[i] > 0;
    }
    for (size_t i = first; i < end; ++i)
      q[i] = p[i] > 0 ? sum / filled : 0;
  }
  double missing = 0, filled = 0, sumP = 0, sumQ = 0;
  for (size_t i = 0; i < bins; ++i) {
    missing += p[i] > 0 && q[i] == 0;
    filled += q[i] > 0;
  }
  if (filled == 0)
    return std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < bins; ++i) {
    if (p[i] > 0)
      q[i] = q[i] > 0 ? q[i] - kLittle * missing / filled : kLittle;
    sumP += p[i];
    sumQ += q[i];
  }
  double total = 0;
  for (size_t i = 0; i < bins; ++i)
    if (p[i] > 0)
      total += p[i] / sumP * std::log((p[i] / sumP) / (q[i] / sumQ));
  return total;
}

/// Integral of (v - round v)^2 from 0 to u.
static double roundingIntegral(double u) {
  double whole = std::floor(u + 0.5), part = u - whole;
  return whole / 12 + part * part * part / 3;
}

/// Squared error of values spread evenly over [from, to], in steps of quantization, that are clipped to levels around the
/// zero point and rounded; times the length.
static double squaredErrorOver(double from, double to, Levels levels) {
  auto beyond = [](double a, double b) { return (b * b * b - a * a * a) / 3; }; // integral of x^2
  double inFrom = std::clamp(from, levels.lowest, levels.highest),
         inTo = std::clamp(to, levels.lowest, levels.highest);
  double total = roundingIntegral(inTo) - roundingIntegral(inFrom);
  if (from < levels.lowest)
    total += beyond(from - levels.lowest, std::min(to, levels.lowest) - levels.lowest);
  if (to > levels.highest)
    total += beyond(std::max(from, levels.highest) - levels.highest, to - levels.highest);
  return total;
}

/// Squared error of all values when `range` is mapped to the levels of a type.
static double squaredError(const Histogram &histogram, Bounds range, Levels type) {
  double step = (range.greatest - range.least) / (type.highest - type.lowest), width = histogram.binWidth();
  if (step == 0)
    return std::numeric_limits<double>::infinity();
  double zeroPoint = std::clamp(std::nearbyint(type.lowest - range.least / step), type.lowest, type.highest);
  Levels levels = {type.lowest - zeroPoint, type.highest - zeroPoint};
  double total = 0;
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    auto bin = static_cast<double>(histogram.first() + static_cast<int64_t>(i));
    if (auto count = static_cast<double>(histogram.counts()[i]); count > 0)
      total += count * squaredErrorOver(bin * width / step, (bin + 1) * width / step, levels) * step * step *
               step / width;
  }
  return total;
}

double squaredError(const Histogram &histogram, Range range, DType storage) {
  return squaredError(histogram, Bounds{range.least, range.greatest},
                      Levels{static_cast<double>(lowest(storage)), static_cast<double>(highest(storage))});
}

double shareBeyond(const Histogram &histogram, Range range) {
  double inside = 0, width = histogram.binWidth();
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    double from = static_cast<double>(histogram.first() + static_cast<int64_t>(i)) * width;
    double within = std::min(from + width, static_cast<double>(range.greatest)) -
                    std::max(from, static_cast<double>(range.least));
    inside += static_cast<double>(histogram.counts()[i]) * std::clamp(within / width, 0.0, 1.0);
  }
  auto total = static_cast<double>(histogram.total());
  return total > 0 ? 1 - inside / total : 0;
}

static Bounds withZero(Bounds bounds) {
  return {std::min(bounds.least, 0.0), std::max(bounds.greatest, 0.0)};
}

static Bounds symmetricBounds(Bounds bounds) {
  double end = std::max(-bounds.least, bounds.greatest);
  return {-end, end};
}

/// Tries edges t from small to great; of equal ones the greatest is chosen, which clips least.
template <class Cost> static Bounds bestClip(const Histogram &histogram, Bounds all, Cost cost) {
  int64_t last = histogram.first() + static_cast<int64_t>(histogram.counts().size());
  int64_t outermost = std::max(-histogram.first(), last);
  Bounds best = all;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t edge = kEdgeStep; edge < outermost + kEdgeStep; edge += kEdgeStep) {
    double end = static_cast<double>(edge) * histogram.binWidth();
    Bounds bounds = {std::max(all.least, -end), std::min(all.greatest, end)};
    if (double now = cost(edge, bounds); now <= least) {
      least = now;
      best = bounds;
    }
  }
  return best;
}

static Bounds entropyBounds(const Histogram &histogram, Bounds all) {
  constexpr size_t kLeastBins = 128;
  return bestClip(histogram, all, [&](int64_t edge, Bounds) {
    ClippedCounts clipped(histogram, edge);
    return clipped.counts.size() < kLeastBins ? std::numeric_limits<double>::infinity() : divergence(clipped);
  });
}

Expected<Range> TensorStatistics::range(Method method, double percentile, DType storage,
                                        bool symmetric) const {
  if (nanSamples + infiniteSamples > 0)
    return error(Code::Calibration, "expected finite values only, found ",
                 nanSamples > 0 ? "NaN" : "an infinity", " in ",
                 counted(nanSamples > 0 ? nanSamples : infiniteSamples, "sample"))
        .withHint(
            "leave these samples out, or what the tensor is read by in float: a rule with quantize: none");
  if (samples == 0)
    return error(Code::Calibration, "expected at least one sample with values, found none");
  if (needsHistogram(method) && !histogram)
    return error(Code::Calibration, "expected a histogram for the method ", std::string(name(method)),
                 ", found none")
        .withHint("calibrate with --collect histogram");
  if (!isInteger(storage) || bitWidth(storage) > 16)
    return error(Code::DataType, "expected integer storage of at most 16 bits, found ",
                 std::string(limbeck::name(storage)));
  if (method == Method::Percentile && !(percentile > 0 && percentile <= 100))
    return error(Code::Flag, "expected a percentile above 0 and up to 100, found ", percentile);

  Levels levels = {static_cast<double>(lowest(storage)), static_cast<double>(highest(storage))};
  Bounds all = {least, greatest}, bounds = all;
  auto finish = [&](Bounds open) { return symmetric ? symmetricBounds(withZero(open)) : withZero(open); };
  switch (method) {
  case Method::MinMax:
    break;
  case Method::AverageMinMax:
    bounds = {minima.rounded() / static_cast<double>(samples),
              maxima.rounded() / static_cast<double>(samples)};
    break;
  case Method::Percentile:
    bounds = percentileBounds(*histogram, percentile);
    bounds = {std::clamp(bounds.least, all.least, all.greatest),
              std::clamp(bounds.greatest, all.least, all.greatest)};
    break;
  case Method::Entropy:
    bounds = entropyBounds(*histogram, withZero(all));
    break;
  case Method::SquaredError:
    bounds = bestClip(*histogram, withZero(all), [&](int64_t, Bounds clipped) {
      return squaredError(*histogram, finish(clipped), levels);
    });
    break;
  }
  bounds = finish(bounds);
  return Range{static_cast<float>(bounds.least), static_cast<float>(bounds.greatest)};
}

} // namespace limbeck::calibration
