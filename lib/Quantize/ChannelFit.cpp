// Least squares in turns: with the factors on one side held, each on the other side is a quotient of two sums.
#include "limbeck/Quantize/ChannelFit.h"
#include "ChannelGroups.h"
#include <algorithm>
#include <cmath>

namespace limbeck::quantize {

namespace {
/// Fewer elements of a channel would let its factor follow their rounding.
constexpr size_t kFewestElements = 8;

class Fit {
public:
  Fit(std::span<const float> exact, std::span<const float> rounded, const ChannelPlaces &places)
      : exact(exact), rounded(rounded), places(places), inputs(count(places.inputs), 1.0),
        outputs(count(places.outputs), 1.0), trust(outputs.size()) {
    // Channels have scales, and so rounding, as large as their weights are: each tells as much as any other.
    for (size_t slice = 0; slice < places.outputs.size(); ++slice)
      forSlice(slice, [&](double, double y) { trust[places.outputs[slice]] += y * y; });
    for (double &power : trust)
      power = power > 0 ? 1 / power : 0;
  }

  /// False where a channel has too few elements.
  bool takes(bool ofOutputs) const {
    const std::vector<size_t> &channels = ofOutputs ? places.outputs : places.inputs;
    std::vector<size_t> elements(count(channels));
    for (size_t channel : channels)
      elements[channel] += places.sliceSize;
    return std::ranges::all_of(elements, [](size_t number) { return number >= kFewestElements; });
  }

  void fit(bool ofOutputs) {
    const std::vector<size_t> &channels = ofOutputs ? places.outputs : places.inputs;
    std::vector<double> &factors = ofOutputs ? outputs : inputs;
    const std::vector<double> &others = ofOutputs ? inputs : outputs;
    std::vector<double> products(factors.size()), squares(factors.size());
    for (size_t slice = 0; slice < channels.size(); ++slice) {
      double other = others[ofOutputs ? places.inputs[slice] : places.outputs[slice]],
             weight = trust[places.outputs[slice]];
      forSlice(slice, [&](double x, double y) {
        products[channels[slice]] += weight * other * x * y;
        squares[channels[slice]] += weight * other * other * x * x;
      });
    }
    // What rounding made 0 tells nothing of its factor, and no factor turns weights around.
    for (size_t channel = 0; channel < factors.size(); ++channel)
      if (double factor = products[channel] / squares[channel]; factor > 0 && std::isfinite(factor))
        factors[channel] = factor;
  }

  /// Per output, so that a large one does not hide the others: noise / the rounded weights of the output, the mean of all.
  double noise(size_t chosen) const {
    double sum = 0;
    for (size_t slice = 0; slice < places.inputs.size(); ++slice)
      forSlice(slice, [&](double x, double y) {
        double difference = x * inputs[places.inputs[slice]] * outputs[places.outputs[slice]] - y;
        sum += trust[places.outputs[slice]] * difference * difference;
      });
    auto elements = static_cast<double>(exact.size());
    auto known = static_cast<double>(std::ranges::count_if(trust, [](double one) { return one > 0; }));
    double mean = sum / std::max(1.0, known) * elements / (elements - static_cast<double>(chosen));
    return mean >= 0 ? mean : INFINITY;
  }

  ChannelFit result(size_t chosen) const {
    ChannelFit fit;
    fit.inputs = inputs;
    fit.outputs = outputs;
    fit.noise = noise(chosen);
    fit.weights.reserve(exact.size());
    for (size_t slice = 0; slice < places.inputs.size(); ++slice)
      forSlice(slice, [&](double x, double) {
        fit.weights.push_back(
            static_cast<float>(x * inputs[places.inputs[slice]] * outputs[places.outputs[slice]]));
      });
    return fit;
  }

  size_t inputCount() const { return inputs.size(); }
  size_t outputCount() const { return outputs.size(); }

private:
  static size_t count(const std::vector<size_t> &channels) {
    return channels.empty() ? 0 : *std::ranges::max_element(channels) + 1;
  }
  template <class Use> void forSlice(size_t slice, Use use) const {
    for (size_t i = slice * places.sliceSize; i < (slice + 1) * places.sliceSize; ++i)
      use(static_cast<double>(exact[i]), static_cast<double>(rounded[i]));
  }

  std::span<const float> exact, rounded;
  const ChannelPlaces &places;
  std::vector<double> inputs, outputs;
  std::vector<double> trust; ///< by output
};
} // namespace

std::optional<ChannelFit> fitChannels(std::span<const float> exact, std::span<const float> rounded,
                                      const ChannelPlaces &places) {
  const Fit plain(exact, rounded, places);
  bool takesInputs = plain.takes(false), takesOutputs = plain.takes(true);
  std::optional<ChannelFit> best;
  if (takesInputs) {
    Fit fit = plain;
    fit.fit(false);
    best = fit.result(fit.inputCount());
  }
  if (takesOutputs) {
    Fit fit = plain;
    constexpr int rounds = 16;
    for (int round = 0; round < rounds; ++round) {
      fit.fit(true);
      if (takesInputs)
        fit.fit(false);
    }
    ChannelFit both = fit.result(fit.outputCount() + (takesInputs ? fit.inputCount() : 0));
    constexpr double nearly = 1.4;
    if (!best || both.noise * nearly < best->noise)
      best = std::move(both);
  }
  if (best)
    best->plainNoise = plain.noise(0);
  return best;
}

std::optional<ChannelFit> fitChannels(graph::AnchorOpInterface anchor, const Tensor &exact,
                                      const Tensor &rounded) {
  if (!takesFactors(anchor) || exact.shape() != rounded.shape() || exact.dtype() != DType::F32 ||
      rounded.dtype() != DType::F32)
    return std::nullopt;
  WeightIndex index(anchor);
  ChannelPlaces places;
  places.sliceSize = index.sliceSize();
  for (int64_t i = 0; i < exact.size(); i += static_cast<int64_t>(places.sliceSize)) {
    places.inputs.push_back(index.input(i));
    places.outputs.push_back(index.output(i));
  }
  return fitChannels(exact.values<float>(), rounded.values<float>(), places);
}

} // namespace limbeck::quantize
