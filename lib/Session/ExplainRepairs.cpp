// The second and third round of explain: what could help the worst layers, and what the chosen repairs gain.
#include "Explainer.h"
#include "llvm/Support/Regex.h"
#include <algorithm>

namespace limbeck::session {

using quantize::WeightVariant;

/// A way to store what a layer reads: how its ranges are chosen (without a method, as by the recipe), and whether in 16 bits.
struct RangeChoice {
  const char *method, *percentile;
  bool wide = false;
};

namespace {
constexpr RangeChoice kRangeChoices[] = {
    {nullptr, nullptr},     {"minmax", nullptr},  {"avg-minmax", nullptr}, {"percentile", "99.99"},
    {"percentile", "99.9"}, {"entropy", nullptr}, {"mse", nullptr},        {nullptr, nullptr, true}};
/// The last one costs time, as float does.
constexpr size_t kWideChoice = std::size(kRangeChoices) - 1;
constexpr WeightVariant kWeightChoices[] = {WeightVariant::Recipe, WeightVariant::Channels,
                                            WeightVariant::LeastSquares};
} // namespace

std::vector<std::optional<calibration::Range>> Explainer::rangesOf(const RoundedLayer &layer,
                                                                   const RangeChoice &choice) const {
  std::vector<std::optional<calibration::Range>> ranges;
  for (size_t number : layer.tensors) {
    const RoundedTensor &tensor = model->tensors[number];
    const calibration::TensorStatistics *found = statisticsOf(tensor);
    if (choice.wide) {
      bool may = bitWidth(tensor.storage) == 8 && !tensor.names.empty() && !tensor.given;
      ranges.push_back(may ? std::optional(tensor.range) : std::nullopt);
      continue;
    }
    if (!choice.method || !found) {
      ranges.push_back(choice.method ? std::nullopt : std::optional(tensor.range));
      continue;
    }
    auto range = found->range(*calibration::methodFromName(choice.method),
                              choice.percentile ? std::stod(choice.percentile) : 99.999, tensor.storage,
                              tensor.symmetric);
    ranges.push_back(range.ok() && !tensor.names.empty() ? std::optional(*range) : std::nullopt);
  }
  return ranges;
}

static DType storageOf(const RoundedTensor &tensor, const RangeChoice &choice) {
  if (!choice.wide)
    return tensor.storage;
  return isSigned(tensor.storage) ? DType::S16 : DType::U16;
}

/// Whether there is such a range for all that the layer reads, and it differs from the recipe's.
bool Explainer::applyRange(Variant &variant, const RoundedLayer &layer, const RangeChoice &choice) const {
  std::vector<std::optional<calibration::Range>> ranges = rangesOf(layer, choice);
  bool differs = choice.wide;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (!ranges[i])
      return false;
    const RoundedTensor &tensor = model->tensors[layer.tensors[i]];
    differs |= !(*ranges[i] == tensor.range);
    float applied = variant.rounding[layer.tensors[i]][quantize::Applied];
    variant.rounding[layer.tensors[i]] =
        quantize::roundingRow(*ranges[i], storageOf(tensor, choice), tensor.symmetric);
    variant.rounding[layer.tensors[i]][quantize::Applied] = applied;
  }
  return differs;
}

/// Of layers that are rounded when they run, the second choice of a range is one for each row.
static quantize::RunRounding runChoice(size_t range) {
  return range == 0 ? quantize::RunRounding::Recipe : quantize::RunRounding::Rows;
}

/// Changes what a variant that applies the layer does for it. `stored`: what a float layer leaves in integers.
void Explainer::applyRepair(Variant &variant, const RoundedLayer &layer, const RepairChoice &choice,
                            const std::vector<bool> &stored) const {
  if (choice.keepFloat) {
    for (size_t tensor = 0; tensor < stored.size(); ++tensor)
      if (!stored[tensor])
        variant.rounding[tensor][quantize::Applied] = 0;
    if (layer.weights)
      variant.weights[*layer.weights] = WeightVariant::Float;
    if (layer.run)
      variant.run[*layer.run] = quantize::RunRounding::Float;
    return;
  }
  if (layer.run)
    variant.run[*layer.run] = runChoice(choice.range);
  else
    applyRange(variant, layer, kRangeChoices[choice.range]);
  if (layer.weights)
    variant.weights[*layer.weights] = kWeightChoices[choice.weights];
}

/// What is stored when the layers of these places have their repairs.
Expected<std::vector<bool>> Explainer::storedBeside(std::span<const size_t> places) const {
  quantize::Recipe repaired = recipe;
  for (size_t place : places) {
    std::vector<quantize::Rule> rules = rulesOf(model->layers[order[place]], choices[place]);
    repaired.rules.insert(repaired.rules.end(), rules.begin(), rules.end());
  }
  return model->storedWith(repaired);
}

/// 16 bits, with the fewest changes of the weights that leave no more noise than that; nothing where none do. `weights`: the noise
/// of each choice of them.
std::optional<RepairChoice> Explainer::wideChoice(const RoundedLayer &layer, std::span<const double> weights,
                                                  double range, double enough) const {
  for (size_t i = 0; i < weights.size(); ++i)
    if (RepairChoice choice{kWideChoice, i, false}; range + weights[i] <= enough && hasRules(layer, choice))
      return choice;
  return std::nullopt;
}

/// The second round, for the worst layers: ranges and weights, each for itself; their noises add up.
Status Explainer::findRepairs() {
  // What another tool made is only taken apart.
  size_t ranges = isGiven() ? 1 : std::size(kRangeChoices),
         weights = isGiven() ? 1 : std::size(kWeightChoices);
  struct Tried {
    OutputNoise ranges[std::size(kRangeChoices)], weights[std::size(kWeightChoices)], without;
    bool possible[std::size(kRangeChoices)] = {};
  };
  std::vector<Tried> tried(worst());
  Ask questions;
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    for (size_t i = 0; i < ranges && !layer.tensors.empty(); ++i) {
      Variant variant = model->variant(false);
      for (size_t tensor : layer.tensors)
        variant.rounding[tensor][quantize::Applied] = 1;
      tried[place].possible[i] = i == 0 || applyRange(variant, layer, kRangeChoices[i]);
      if (tried[place].possible[i])
        questions.emplace_back(std::move(variant), &tried[place].ranges[i]);
    }
    for (size_t i = 0; i < (layer.mayRoundRows ? 2U : 1U) && layer.run; ++i) {
      Variant variant = model->variant(false);
      variant.run[*layer.run] = runChoice(i);
      tried[place].possible[i] = true;
      questions.emplace_back(std::move(variant), &tried[place].ranges[i]);
    }
    for (size_t i = 0; i < weights && layer.weights; ++i) {
      Variant variant = model->variant(false);
      variant.weights[*layer.weights] = kWeightChoices[i];
      questions.emplace_back(std::move(variant), &tried[place].weights[i]);
    }
    Variant without = model->variant(true);
    without.apply(layer, false);
    questions.emplace_back(std::move(without), &tried[place].without);
  }
  LIMBECK_TRY(answer("repairs of the worst layers", questions));
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    LayerError &found = report.layers[place];
    const Tried &one = tried[place];
    found.activationsOnly = one.ranges[0].decibels();
    if (layer.weights)
      found.weightsOnly = one.weights[0].decibels();
    found.without = one.without.decibels();
    if (isGiven())
      continue;
    double now = one.ranges[0].ratio() + one.weights[0].ratio();
    // The fewest changes that take nine tenths of the noise away; where none do, what takes most, and that may be to stay float:
    // then only what others need stays rounded.
    choices.push_back({0, 0, /*keepFloat=*/true});
    LIMBECK_ASSIGN(std::vector<bool> stored, storedBeside(std::array{place}));
    bool shared = std::ranges::any_of(layer.tensors, [&](size_t tensor) { return stored[tensor]; });
    RepairChoice best{0, 0, /*keepFloat=*/true};
    double enough = now / 10, bestNoise = shared ? one.ranges[0].ratio() : 0;
    for (int changes = 1; changes <= 2 && (changes == 1 || best.keepFloat || bestNoise > enough); ++changes)
      for (size_t i = 0; i < std::min(ranges, kWideChoice); ++i)
        for (size_t j = 0; j < (layer.weights ? weights : 1); ++j) {
          RepairChoice choice{i, j, false};
          if (choice.changes() != changes || (i && !one.possible[i]) || !hasRules(layer, choice))
            continue;
          double noise = one.ranges[i].ratio() + one.weights[j].ratio();
          if (noise <= bestNoise || (best.keepFloat && noise <= enough)) {
            best = choice;
            bestNoise = noise;
          }
        }
    choices.back() = best;
    wide.emplace_back();
    if (!best.keepFloat || !one.possible[kWideChoice])
      continue;
    std::vector<double> noises;
    for (size_t j = 0; j < (layer.weights ? weights : 1); ++j)
      noises.push_back(one.weights[j].ratio());
    wide.back() = wideChoice(layer, noises, one.ranges[kWideChoice].ratio(), std::max(enough, bestNoise));
  }
  return {};
}

/// Whether the recipe can say it.
bool Explainer::hasRules(const RoundedLayer &layer, const RepairChoice &choice) const {
  return !rulesOf(layer, choice).empty();
}

std::vector<quantize::Rule> Explainer::rulesOf(const RoundedLayer &layer, const RepairChoice &choice) const {
  std::vector<quantize::Rule> rules;
  auto addRule = [&](std::string quantize::Rule::*whom, const std::string &name,
                     std::map<std::string, std::string> settings) {
    quantize::Rule rule;
    rule.*whom = "^" + llvm::Regex::escape(name) + "$";
    rule.settings = std::move(settings);
    rules.push_back(std::move(rule));
  };
  if (choice.keepFloat) {
    if (!layer.node.empty())
      addRule(&quantize::Rule::node, layer.node, {{"quantize", "none"}});
    return rules;
  }
  if (layer.run && choice.range != 0 && !layer.node.empty())
    addRule(&quantize::Rule::node, layer.node, {{"activation_granularity", "row"}});
  if (const RangeChoice &range = kRangeChoices[choice.range]; !layer.run && range.method)
    for (size_t number : layer.tensors)
      for (const std::string &tensor : model->tensors[number].names) {
        std::map<std::string, std::string> settings = {{"method", range.method}};
        if (range.percentile)
          settings["percentile"] = range.percentile;
        addRule(&quantize::Rule::tensor, tensor, std::move(settings));
      }
  else if (range.wide)
    for (size_t number : layer.tensors)
      for (const std::string &tensor : model->tensors[number].names)
        addRule(&quantize::Rule::tensor, tensor,
                {{"activations", std::string(name(storageOf(model->tensors[number], range)))}});
  if (const RoundedWeights *weights = layer.weights ? &model->weights[*layer.weights] : nullptr;
      choice.weights != 0 && weights && weights->hasColumns) {
    bool finer = kWeightChoices[choice.weights] == WeightVariant::Channels;
    if (!layer.node.empty() && finer && weights->finerBlock)
      addRule(&quantize::Rule::node, layer.node,
              {{"granularity", "block"},
               {"block", std::to_string(weights->finerBlock)},
               {"weight_method", "minmax"}});
    else if (!layer.node.empty() && !finer)
      addRule(&quantize::Rule::node, layer.node, {{"weight_method", "mse"}});
    else
      rules.clear(); // there is no such choice
  } else if (choice.weights != 0 && !layer.node.empty())
    addRule(&quantize::Rule::node, layer.node,
            {{"granularity", "channel"},
             {"weight_method",
              kWeightChoices[choice.weights] == WeightVariant::LeastSquares ? "mse" : "minmax"}});
  return rules;
}

std::string Explainer::about(const RoundedLayer &layer, const RepairChoice &choice) const {
  if (choice.keepFloat)
    return "float";
  std::string text;
  if (layer.run && choice.range != 0)
    text = "scales per row";
  else if (const RangeChoice &range = kRangeChoices[choice.range]; range.method)
    text = message(range.method, range.percentile ? message(" ", range.percentile) : "", " range");
  else if (range.wide)
    text = "16-bit activations";
  if (const RoundedWeights *weights = layer.weights ? &model->weights[*layer.weights] : nullptr;
      choice.weights != 0 && weights && weights->hasColumns)
    text += message(text.empty() ? "" : ", ", kWeightChoices[choice.weights] == WeightVariant::LeastSquares
                                                  ? "weights by mse"
                                                  : message("blocks of ", weights->finerBlock));
  else if (choice.weights != 0)
    text += message(text.empty() ? "" : ", ", "scales per channel",
                    kWeightChoices[choice.weights] == WeightVariant::LeastSquares ? " by mse" : "");
  return text;
}

/// The third round: the repairs for themselves, one by one in the quantized model, and one after the other.
Status Explainer::judgeRepairs() {
  std::vector<OutputNoise> isolated(worst()), alone(worst());
  Ask questions;
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    const RepairChoice &choice = choices[place];
    Variant only = model->variant(false), repaired = model->variant(true);
    only.apply(layer);
    std::vector<bool> beside;
    if (choice.keepFloat) {
      LIMBECK_ASSIGN(beside, storedBeside(std::array{place}));
    }
    applyRepair(only, layer, choice, beside);
    applyRepair(repaired, layer, choice, beside);
    questions.emplace_back(std::move(only), &isolated[place]);
    questions.emplace_back(std::move(repaired), &alone[place]);
  }
  LIMBECK_TRY(answer("repairs, each alone", questions));
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    // A layer that costs nothing needs none, and a node without a name cannot be spoken of.
    if (!std::isfinite(report.layers[place].isolated) || !hasRules(layer, choices[place]))
      continue;
    Repair repair;
    repair.about = about(layer, choices[place]);
    repair.rules = rulesOf(layer, choices[place]);
    repair.isolated = isolated[place].decibels();
    repair.gain = alone[place].decibels() - report.quantized;
    report.layers[place].repair = std::move(repair);
  }
  return joinRepairs();
}

/// What a repair gains depends on those before it: what it loses beside them, it is left out for. But where a layer alone makes as much
/// noise as the whole model has, errors make up for each other by luck: without its repair no other one could help.
Status Explainer::joinRepairs() {
  Variant all = model->variant(true);
  double now = report.quantized;
  std::vector<size_t> places;
  int64_t leftOut = 0;
  for (size_t place = 0; place < worst(); ++place) {
    std::optional<Repair> &repair = report.layers[place].repair;
    if (!repair)
      continue;
    places.push_back(place);
    std::vector<bool> beside;
    if (choices[place].keepFloat) {
      LIMBECK_ASSIGN(beside, storedBeside(places));
    }
    Variant with = all;
    applyRepair(with, model->layers[order[place]], choices[place], beside);
    OutputNoise noise;
    Ask question;
    question.emplace_back(with, &noise);
    LIMBECK_TRY(answer("repairs together", question));
    repair->together = noise.decibels();
    repair->leftOut = !(repair->together >= now) && report.layers[place].isolated > now;
    if (repair->leftOut) {
      places.pop_back();
      ++leftOut;
      continue;
    }
    now = repair->together;
    all = std::move(with);
  }
  if (leftOut > 0)
    report.notes.push_back(
        message("repairs of ", leftOut, " layers are left out: beside those of worse layers they do harm"));
  return {};
}

} // namespace limbeck::session
