// The first round of explain: each layer alone, with all before it, and what rounding does to its tensors.
#include "Explainer.h"
#include <algorithm>

namespace limbeck::session {

/// What calibration saw of a tensor; null where it did not, or there was none.
const calibration::TensorStatistics *Explainer::statisticsOf(const RoundedTensor &tensor) const {
  if (!statistics)
    return nullptr;
  auto found = statistics->tensors.find(tensor.name);
  return found == statistics->tensors.end() ? nullptr : &found->second;
}

/// The first round: each layer alone, and with all before it.
Status Explainer::rank() {
  const std::vector<RoundedLayer> &layers = model->layers;
  std::vector<OutputNoise> isolated(layers.size()), cumulative(layers.size());
  std::vector<MeasuredTensor> measured;
  Ask questions;
  Variant before = model->variant(false);
  for (size_t i = 0; i < layers.size(); ++i) {
    Variant alone = model->variant(false);
    alone.apply(layers[i]);
    before.apply(layers[i]);
    questions.emplace_back(std::move(alone), &isolated[i]);
    questions.emplace_back(before, &cumulative[i]);
  }
  LIMBECK_TRY(answer("layers, each alone", questions));
  LIMBECK_TRY(forSamples("tensors", 1,
                         [&](const Sample &sample) { return model->measure(sample.values, measured); }));
  report.reached = report.quantized = cumulative.back().decibels();
  for (size_t i = 0; i < layers.size(); ++i)
    order.push_back(i);
  std::ranges::sort(order, std::less(), [&](size_t i) { return std::pair(-isolated[i].ratio(), i); });
  for (size_t i : order) {
    LayerError layer;
    layer.node = layers[i].node;
    layer.operatorType = layers[i].operatorType;
    if (auto found = model->floatNodes.find(layer.node); found != model->floatNodes.end())
      layer.floatNode = found->second;
    layer.place = i;
    layer.isolated = isolated[i].decibels();
    layer.cumulative = cumulative[i].decibels();
    for (size_t number : layers[i].tensors) {
      const RoundedTensor &tensor = model->tensors[number];
      TensorError entry{tensor.name, tensor.method, std::string(name(tensor.storage)), INFINITY, 1, 0, {}};
      std::array<double, quantize::kMeasuredParts> sums{};
      int64_t elements = 0;
      for (const MeasuredTensor &one : measured)
        if (one.name == tensor.name) {
          elements += one.elements;
          for (size_t part = 0; part < sums.size(); ++part)
            sums[part] += one.sums[part];
        }
      double product = (sums[quantize::Signal] + sums[quantize::Rounded] - sums[quantize::Noise]) / 2;
      entry.signalToNoise = 10 * std::log10(sums[quantize::Signal] / sums[quantize::Noise]);
      if (double norms = sums[quantize::Signal] * sums[quantize::Rounded]; norms > 0)
        entry.cosine = std::min(1.0, product / std::sqrt(norms));
      if (elements > 0)
        entry.clipped = sums[quantize::Clipped] / static_cast<double>(elements);
      if (const calibration::TensorStatistics *found = statisticsOf(tensor)) {
        auto most = found->range(calibration::Method::Percentile, 99.9, tensor.storage, false);
        double extent = static_cast<double>(tensor.range.greatest) - static_cast<double>(tensor.range.least);
        if (most.ok() && extent > 0)
          entry.used = std::min(
              1.0, (static_cast<double>(most->greatest) - static_cast<double>(most->least)) / extent);
      }
      layer.tensors.push_back(std::move(entry));
    }
    if (layers[i].weights) {
      const RoundedWeights &weights = model->weights[*layers[i].weights];
      layer.weights =
          WeightError{weights.granularity, weights.method, weights.signalToNoise[1], weights.cosine};
    }
    report.layers.push_back(std::move(layer));
  }
  if (report.quantized == -INFINITY)
    report.notes.push_back("there is no number of decibels: an output is NaN or infinite where that of the "
                           "float model is not, or the other way round; or it is 0 there and not here");
  return {};
}

} // namespace limbeck::session
