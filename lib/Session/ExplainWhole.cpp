// Repairs of all layers at once: rules that move what a simulation of single layers stands on, so that only compiled models can
// say what they gain.
#include "Explainer.h"
#include "llvm/Support/Regex.h"
#include <algorithm>

namespace limbeck::session {

/// Weights that are stored alone, which the inputs' Gram matrices can round better.
static bool takesGram(const RoundedLayer &layer, const VariantModel &model) {
  return layer.weights && layer.tensors.empty() && !layer.run && !layer.node.empty() &&
         model.weights[*layer.weights].granularity != "tensor";
}

static WholeRepair wholeRepair(const char *about, std::map<std::string, std::string> settings,
                               std::string nodes = "") {
  WholeRepair repair;
  repair.about = about;
  repair.rule.node = std::move(nodes);
  repair.rule.settings = std::move(settings);
  return repair;
}

/// What moves sizes between channels, where the recipe does not.
std::vector<WholeRepair> Explainer::scalingCandidates() const {
  bool calibrated = std::ranges::any_of(
      model->layers, [](const RoundedLayer &layer) { return layer.weights && !layer.tensors.empty(); });
  if (!calibrated || !quantize::scalingText(recipe).empty())
    return {};
  return {wholeRepair("smooth", {{"smooth", "auto"}}), wholeRepair("equalize", {{"equalize", "true"}})};
}

/// Better rounding of weights that are stored alone.
std::vector<WholeRepair> Explainer::gramCandidates() const {
  std::string nodes;
  size_t alone = 0;
  for (const RoundedLayer &layer : model->layers)
    if (takesGram(layer, *model)) {
      nodes += (nodes.empty() ? "^(" : "|") + llvm::Regex::escape(layer.node);
      ++alone;
    }
  if (alone == 0)
    return {};
  // Other contractions have no such method.
  nodes = alone == model->layers.size() ? "" : nodes + ")$";
  return {wholeRepair("weights by gptq", {{"weight_method", "gptq"}}, nodes),
          wholeRepair("weights by awq", {{"weight_method", "awq"}}, nodes)};
}

/// What the user of the recipe must know of a rule that explain put into it.
static std::string noteOf(const WholeRepair &repair) {
  if (repair.rule.settings.contains("correct_bias"))
    return "the recipe corrects biases by runs: quantize takes it with --data, not with --stats";
  return message("the recipe says '", repair.about,
                 "': quantize takes it with --data, or with statistics of ",
                 repair.rule.settings.contains("weight_method") ? "calibrate --collect gram --recipe"
                                                                : "calibrate --recipe");
}

/// Compiles the recipe so far, and with each of the changes; puts the best into the recipe where that is asked for and pays.
Status Explainer::tryWhole(std::string_view what, std::vector<WholeRepair> &repairs) {
  if (repairs.empty())
    return {};
  std::vector<CompiledRecipe> models = {{report.recipe}};
  for (const WholeRepair &repair : repairs) {
    models.push_back({report.recipe});
    models.back().recipe.rules.push_back(repair.rule);
  }
  LIMBECK_TRY(runCompiled(what, models));
  LIMBECK_TRY(timeCompiled(models).status());
  size_t best = 0;
  for (size_t i = 0; i < repairs.size(); ++i) {
    repairs[i].before = models.front().noise.decibels();
    repairs[i].after = models[i + 1].noise.decibels();
    repairs[i].time = models[i + 1].time;
    best = repairs[i].after > repairs[best].after ? i : best;
  }
  if (options.apply > 0 && repairs[best].after >= repairs[best].before + kWorthDecibels) {
    repairs[best].applied = true;
    report.recipe = models[best + 1].recipe;
    report.reached = repairs[best].after;
    report.notes.push_back(noteOf(repairs[best]));
  }
  return {};
}

/// It costs no time, or little, and leaves all in integers: so it comes before the repairs of single layers, which are then those of
/// the model with it.
Status Explainer::scaleFirst() {
  report.recipe = recipe;
  if (isGiven() || options.timed == 0)
    return {};
  report.whole = scalingCandidates();
  LIMBECK_TRY(tryWhole("recipes for all layers", report.whole));
  auto applied = std::ranges::find(report.whole, true, &WholeRepair::applied);
  if (applied == report.whole.end())
    return {};
  recipe = report.recipe;
  report.notes.push_back(message("layers and repairs are those of the model with '", applied->about,
                                 "'; without --apply explain shows those without"));
  return buildModel();
}

/// Measured in integers, on the samples that factors, Gram matrices and biases are taken from, as quantize takes them from its own.
Status Explainer::repairWhole() {
  if (options.timed == 0)
    return {};
  std::vector<WholeRepair> grams = gramCandidates();
  LIMBECK_TRY(tryWhole("better rounding of weights", grams));
  report.whole.insert(report.whole.end(), grams.begin(), grams.end());
  bool corrected = std::ranges::any_of(
      recipe.rules, [](const quantize::Rule &rule) { return rule.settings.contains("correct_bias"); });
  bool calibrated =
      std::ranges::any_of(model->layers, [](const RoundedLayer &layer) { return !layer.tensors.empty(); });
  if (corrected || !calibrated)
    return {};
  // Last, as biases take what all else leaves.
  std::vector<WholeRepair> biases(1);
  biases[0].about = "biases corrected by runs";
  biases[0].rule.settings = {{"correct_bias", "runs"}};
  quantize::Recipe with = report.recipe;
  with.rules.push_back(biases[0].rule);
  LIMBECK_ASSIGN(std::string before, statisticsFor(with));
  LIMBECK_ASSIGN(std::string after, withBiasErrors(with));
  if (before == after)
    return {};
  LIMBECK_TRY(tryWhole("corrected biases", biases));
  report.biases = std::move(biases[0]);
  return {};
}

} // namespace limbeck::session
