// Errors of biases, for recipes that correct them by runs: they are in no file of calibrate.
#include "BiasErrors.h"
#include "Explainer.h"
#include <algorithm>

namespace limbeck::session {

/// The statistics that a model of this recipe is compiled with. Errors are of one recipe: what one layer leaves, the next ones see.
Expected<std::string> Explainer::withBiasErrors(const quantize::Recipe &recipe) {
  std::string key = quantize::recipeText(recipe);
  if (auto found = corrected.find(key); found != corrected.end())
    return found->second;
  LIMBECK_ASSIGN(std::string file, statisticsFor(recipe));
  LIMBECK_ASSIGN(calibration::Statistics withErrors, calibration::readStatistics(file));
  BiasErrorOptions biasOptions;
  biasOptions.model = options.model;
  biasOptions.recipe = key;
  biasOptions.dataSet = options.dataSet;
  biasOptions.skip = [this](int64_t index) { return !chosen.contains(index); };
  biasOptions.threads = options.threads;
  biasOptions.worker = options.worker;
  LIMBECK_ASSIGN(BiasErrorReport errors, measureBiasErrors(biasOptions, withErrors, progress));
  if ((report.interrupted = errors.interrupted))
    return error(Code::Run, "interrupted");
  if (!withErrors.biasErrors.empty()) { // else there is no layer that a bias could help
    file = folder.file(message("biases-", corrected.size(), ".json"));
    LIMBECK_TRY(calibration::writeStatistics(file, withErrors));
  }
  corrected[key] = file;
  return file;
}

bool Explainer::correctsBiases(const quantize::Recipe &recipe) {
  return std::ranges::any_of(recipe.rules, [](const quantize::Rule &rule) {
    auto found = rule.settings.find("correct_bias");
    return found != rule.settings.end() && found->second == "runs";
  });
}

} // namespace limbeck::session
