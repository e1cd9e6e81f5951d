// A search over one exponent, on what rounding of inputs and weights adds to the results.
#include "SmoothingFactors.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {

namespace {
/// Greatest absolute values by factor, over all readers.
struct Extents {
  std::vector<double> inputs, weights;
};
} // namespace

static Extents extentsOf(std::span<const SmoothedReader> readers, size_t count) {
  Extents extents{std::vector<double>(count, 0.0), std::vector<double>(count, 0.0)};
  for (const SmoothedReader &reader : readers) {
    for (size_t i = 0; i < reader.channels.size(); ++i) {
      double &most = extents.inputs[reader.channels[i]];
      most = std::max(most, static_cast<double>(reader.magnitudes->greatest[i]));
    }
    std::span<const float> values = reader.weights.values<float>();
    for (size_t i = 0; i < values.size(); ++i) {
      double &most = extents.weights[reader.inputs[i / reader.slice]];
      most = std::max(most, static_cast<double>(std::fabs(values[i])));
    }
  }
  return extents;
}

static std::vector<double> factorsFor(const Extents &extents, double alpha) {
  std::vector<double> logarithms(extents.inputs.size(), 0.0);
  double sum = 0;
  size_t live = 0;
  for (size_t j = 0; j < logarithms.size(); ++j) {
    if (extents.inputs[j] <= 0 || extents.weights[j] <= 0)
      continue;
    logarithms[j] = alpha * std::log(extents.inputs[j]) - (1 - alpha) * std::log(extents.weights[j]);
    sum += logarithms[j];
    ++live;
  }
  std::vector<double> factors(logarithms.size(), 1.0);
  for (size_t j = 0; j < factors.size(); ++j)
    if (extents.inputs[j] > 0 && extents.weights[j] > 0)
      factors[j] = std::exp(logarithms[j] - sum / static_cast<double>(live));
  return factors;
}

/// Sum over the results of a reader of what rounding adds, squared. Errors are even over a step, and independent.
static double errorOf(const SmoothedReader &reader, std::span<const double> factors) {
  double extent = 0;
  std::vector<double> power(factors.size(), 0.0); ///< mean squares of the inputs behind the division
  std::vector<size_t> share(factors.size(), 0);
  for (size_t i = 0; i < reader.channels.size(); ++i) {
    size_t j = reader.channels[i];
    extent = std::max(extent, static_cast<double>(reader.magnitudes->greatest[i]) / factors[j]);
    power[j] += reader.magnitudes->squares[i] / (factors[j] * factors[j]);
    ++share[j];
  }
  for (size_t j = 0; j < power.size(); ++j)
    power[j] /= std::max<double>(1, static_cast<double>(share[j]));
  double step = extent * reader.magnitudes->span / 255;
  size_t outputs = reader.outputs.empty() ? 0 : *std::ranges::max_element(reader.outputs) + 1;
  std::vector<double> greatest(outputs, 0.0), met(outputs, 0.0);
  double squares = 0;
  std::span<const float> values = reader.weights.values<float>();
  for (size_t at = 0; at < reader.inputs.size(); ++at) {
    size_t j = reader.inputs[at], output = reader.outputs[at];
    float most = 0, sum = 0;
    for (float value : values.subspan(at * reader.slice, reader.slice)) {
      most = std::max(most, std::fabs(value));
      sum += value * value;
    }
    greatest[output] = std::max(greatest[output], static_cast<double>(most) * factors[j]);
    met[output] += power[j] * static_cast<double>(reader.slice);
    squares += static_cast<double>(sum) * factors[j] * factors[j];
  }
  if (reader.perTensor && outputs)
    std::ranges::fill(greatest, *std::ranges::max_element(greatest));
  double error = step * step / 12 * squares;
  for (size_t output = 0; output < outputs; ++output) {
    double weightStep = greatest[output] / 127;
    error += weightStep * weightStep / 12 * met[output];
  }
  return error;
}

static double errorOf(std::span<const SmoothedReader> readers, std::span<const double> factors) {
  double error = 0;
  for (const SmoothedReader &reader : readers)
    error += errorOf(reader, factors);
  return error;
}

SmoothingChoice chooseSmoothing(std::span<const SmoothedReader> readers, size_t count,
                                std::optional<double> alpha) {
  Extents extents = extentsOf(readers, count);
  SmoothingChoice best;
  best.factors.assign(count, 1.0);
  best.errorBefore = best.errorBehind = errorOf(readers, best.factors);
  auto consider = [&](double candidate) {
    std::vector<double> factors = factorsFor(extents, candidate);
    double error = errorOf(readers, factors);
    if (alpha || error < best.errorBehind) {
      best.factors = std::move(factors);
      best.errorBehind = error;
      best.alpha = candidate;
    }
  };
  constexpr int steps = 20;
  for (int step = 1; !alpha && step < steps; ++step)
    consider(static_cast<double>(step) / steps);
  if (alpha)
    consider(*alpha);
  return best;
}

} // namespace limbeck::quantize
