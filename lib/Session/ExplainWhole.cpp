// Repairs of all layers at once: rules that move what a simulation of single layers stands on, so that only compiled models can
// say what they gain.
#include "Explainer.h"
#include "llvm/Support/Regex.h"
#include <algorithm>

namespace limbeck::session {

/// A tenth of the noise is worth what quantize has to do for it.
constexpr double kWorthDecibels = 0.5;

/// Weights that are stored alone, which the inputs' Gram matrices can round better.
static bool takesGram(const RoundedLayer &layer, const VariantModel &model) {
  return layer.weights && layer.tensors.empty() && !layer.run && !layer.node.empty() &&
         model.weights[*layer.weights].granularity != "tensor";
}

/// What the recipe does not do already, each to be tried for itself.
std::vector<WholeRepair> Explainer::wholeCandidates() const {
  std::vector<WholeRepair> candidates;
  auto add = [&](const char *about, std::map<std::string, std::string> settings, std::string nodes = "") {
    WholeRepair repair;
    repair.about = about;
    repair.rule.node = std::move(nodes);
    repair.rule.settings = std::move(settings);
    candidates.push_back(std::move(repair));
  };
  bool calibrated = std::ranges::any_of(
      model->layers, [](const RoundedLayer &layer) { return layer.weights && !layer.tensors.empty(); });
  if (calibrated && quantize::scalingText(options.recipe).empty()) {
    add("smooth", {{"smooth", "auto"}});
    add("equalize", {{"equalize", "true"}});
  }
  std::string nodes;
  size_t alone = 0;
  for (const RoundedLayer &layer : model->layers)
    if (takesGram(layer, *model)) {
      nodes += (nodes.empty() ? "^(" : "|") + llvm::Regex::escape(layer.node);
      ++alone;
    }
  if (alone > 0) {
    // Other contractions have no such method.
    nodes = alone == model->layers.size() ? "" : nodes + ")$";
    add("weights by gptq", {{"weight_method", "gptq"}}, nodes);
    add("weights by awq", {{"weight_method", "awq"}}, nodes);
  }
  return candidates;
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
    report.notes.push_back(noteOf(repairs[best]));
  }
  return {};
}

/// Measured in integers, on the samples that factors, Gram matrices and biases are taken from, as quantize takes them from its own.
Status Explainer::repairWhole() {
  if (options.timed == 0)
    return {};
  report.whole = wholeCandidates();
  LIMBECK_TRY(tryWhole("recipes for all layers", report.whole));
  bool corrected = std::ranges::any_of(options.recipe.rules, [](const quantize::Rule &rule) {
    return rule.settings.contains("correct_bias");
  });
  bool calibrated =
      std::ranges::any_of(model->layers, [](const RoundedLayer &layer) { return !layer.tensors.empty(); });
  if (corrected || !calibrated)
    return {};
  // Last, as biases take what all else leaves.
  std::vector<WholeRepair> biases(1);
  biases[0].about = "biases corrected by runs";
  biases[0].rule.settings = {{"correct_bias", "runs"}};
  quantize::Recipe recipe = report.recipe;
  recipe.rules.push_back(biases[0].rule);
  LIMBECK_ASSIGN(std::string before, statisticsFor(recipe));
  LIMBECK_ASSIGN(std::string after, withBiasErrors(recipe));
  if (before == after)
    return {};
  LIMBECK_TRY(tryWhole("corrected biases", biases));
  report.biases = std::move(biases[0]);
  return {};
}

} // namespace limbeck::session
