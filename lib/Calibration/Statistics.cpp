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

static Status checkChannels(size_t before, size_t more) {
  if (before == 0 || more == 0 || before == more)
    return {};
  return error(Code::Calibration, "expected as many channels in all samples, found ", before, " and ", more);
}

static Status joinChannels(std::vector<float> &all, std::span<const float> more) {
  if (more.empty())
    return {};
  LIMBECK_TRY(checkChannels(all.size(), more.size()));
  all.resize(more.size());
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
  if (!std::ranges::all_of(observation.means, [](float mean) { return std::isfinite(mean); }))
    return error(Code::Calibration, "expected channel means that f32 can hold, found sums beyond it")
        .withHint("collect without means, or scale the model's inputs");
  LIMBECK_TRY(checkChannels(means.size(), observation.means.size()));
  LIMBECK_TRY(joinChannels(channels, observation.channels));
  if (!observation.gram.empty()) {
    auto size = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(observation.gram.size()))));
    LIMBECK_TRY(checkGramSize(gram, size));
    if (!gram)
      gram.emplace(size);
    gram->add(observation.gram);
  }
  means.resize(std::max(means.size(), observation.means.size()));
  for (size_t i = 0; i < observation.means.size(); ++i)
    means[i].add(observation.means[i]);
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
  LIMBECK_TRY(checkChannels(means.size(), other.means.size()));
  LIMBECK_TRY(joinChannels(channels, other.channels));
  if (other.gram) {
    LIMBECK_TRY(checkGramSize(gram, other.gram->size()));
    if (!gram)
      gram.emplace(other.gram->size());
    gram->add(*other.gram);
  }
  means.resize(std::max(means.size(), other.means.size()));
  for (size_t i = 0; i < other.means.size(); ++i)
    means[i].add(other.means[i]);
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

Expected<std::vector<double>> TensorStatistics::channelMeans() const {
  if (means.empty() || samples == 0)
    return error(Code::Calibration, "expected the means of its channels, found none")
        .withHint("limbeck calibrate --collect means, with this recipe");
  std::vector<double> result;
  for (const ExactSum &sum : means)
    result.push_back(sum.rounded() / static_cast<double>(samples));
  return result;
}

} // namespace limbeck::calibration
