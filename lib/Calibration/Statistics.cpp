// What one more sample, or the samples of another machine, add.
#include "limbeck/Calibration/Statistics.h"
#include <algorithm>
#include <cmath>

namespace limbeck::calibration {

namespace {
struct MethodName {
  Method method;
  std::string_view name;
  bool histogram;
};
} // namespace

static constexpr MethodName kMethods[] = {
    {Method::MinMax, "minmax", false},        {Method::AverageMinMax, "avg-minmax", false},
    {Method::Percentile, "percentile", true}, {Method::Entropy, "entropy", true},
    {Method::SquaredError, "mse", true},
};

std::string_view name(Method method) {
  return std::ranges::find(kMethods, method, &MethodName::method)->name;
}

std::optional<Method> methodFromName(std::string_view name) {
  auto found = std::ranges::find(kMethods, name, &MethodName::name);
  return found == std::end(kMethods) ? std::nullopt : std::optional(found->method);
}

bool needsHistogram(Method method) {
  return std::ranges::find(kMethods, method, &MethodName::method)->histogram;
}

/// -0 and 0 are one value, of which the order must not choose one.
static float withoutSignOfZero(float value) {
  return value == 0 ? 0.0f : value;
}

static Status joinChannels(std::vector<float> &all, std::span<const float> more) {
  if (more.empty())
    return {};
  if (all.empty())
    all.assign(more.size(), 0.0f);
  if (all.size() != more.size())
    return error(Code::Calibration, "expected as many channels in all samples, found ", all.size(), " and ",
                 more.size());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = std::max(all[i], more[i]);
  return {};
}

static Status checkGramSize(const std::optional<GramSum> &gram, int64_t size) {
  if (!gram || gram->size() == size)
    return {};
  return error(Code::Calibration, "expected Gram matrices of one size in all samples, found ", gram->size(),
               " and ", size, " rows");
}

Status TensorStatistics::add(const Observation &observation) {
  if (std::isnan(observation.least) || std::isnan(observation.greatest)) {
    ++nanSamples;
    return {};
  }
  if (observation.least > observation.greatest) // no elements
    return {};
  if (std::isinf(observation.least) || std::isinf(observation.greatest)) {
    ++infiniteSamples;
    return {};
  }
  if (!std::ranges::all_of(observation.gram, [](float element) { return std::isfinite(element); }))
    return error(Code::Calibration, "expected a Gram matrix that f32 can hold, found products beyond it")
        .withHint("collect without gram, or scale the model's inputs");
  LIMBECK_TRY(joinChannels(channels, observation.channels));
  if (!observation.gram.empty()) {
    auto size = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(observation.gram.size()))));
    LIMBECK_TRY(checkGramSize(gram, size));
    if (!gram)
      gram.emplace(size);
    gram->add(observation.gram);
  }
  ++samples;
  least = withoutSignOfZero(std::min(least, observation.least));
  greatest = withoutSignOfZero(std::max(greatest, observation.greatest));
  minima.add(observation.least);
  maxima.add(observation.greatest);
  if (!observation.counts.empty()) {
    if (!histogram)
      histogram.emplace();
    histogram->add(observation.grid, observation.counts);
  }
  return {};
}

Status TensorStatistics::merge(const TensorStatistics &other) {
  LIMBECK_TRY(joinChannels(channels, other.channels));
  if (other.gram) {
    LIMBECK_TRY(checkGramSize(gram, other.gram->size()));
    if (!gram)
      gram.emplace(other.gram->size());
    gram->add(*other.gram);
  }
  samples += other.samples;
  nanSamples += other.nanSamples;
  infiniteSamples += other.infiniteSamples;
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  minima.add(other.minima);
  maxima.add(other.maxima);
  if (other.histogram) {
    if (!histogram)
      histogram.emplace();
    histogram->add(*other.histogram);
  }
  return {};
}

} // namespace limbeck::calibration
