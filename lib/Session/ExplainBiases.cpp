// A repair of all layers at once: biases that take back what rounding adds to the mean of each channel.
#include "BiasErrors.h"
#include "Explainer.h"
#include "limbeck/Session/Bench.h"
#include <algorithm>

namespace limbeck::session {

/// The statistics that models of this recipe are compiled with: errors of biases are in no file of calibrate. Measured once for all
/// recipes that move the same factors.
Expected<std::string> Explainer::withBiasErrors(const quantize::Recipe &recipe) {
  std::string scaling = quantize::scalingText(recipe);
  if (auto found = corrected.find(scaling); found != corrected.end())
    return found->second;
  LIMBECK_ASSIGN(std::string file, statisticsFor(recipe));
  LIMBECK_ASSIGN(calibration::Statistics withErrors, calibration::readStatistics(file));
  BiasErrorOptions biasOptions;
  biasOptions.model = source;
  biasOptions.recipe = quantize::recipeText(recipe);
  biasOptions.dataSet = options.dataSet;
  biasOptions.skip = [this](int64_t index) { return index >= report.samples; };
  biasOptions.threads = options.threads;
  biasOptions.worker = options.worker;
  LIMBECK_ASSIGN(BiasErrorReport errors, measureBiasErrors(biasOptions, withErrors, progress));
  if ((report.interrupted = errors.interrupted))
    return error(Code::Run, "interrupted");
  if (!withErrors.biasErrors.empty()) { // else there is no layer that a bias could help
    file = folder.file(message("biases-", corrected.size(), ".json"));
    LIMBECK_TRY(calibration::writeStatistics(file, withErrors));
  }
  corrected[scaling] = file;
  return file;
}

bool Explainer::correctsBiases(const quantize::Recipe &recipe) {
  return std::ranges::any_of(recipe.rules, [](const quantize::Rule &rule) {
    auto found = rule.settings.find("correct_bias");
    return found != rule.settings.end() && found->second == "runs";
  });
}

/// Measured in integers: rounding weights and activations is what it makes up for. Biases are fitted to samples that the gain is
/// measured with, as it is where quantize corrects them.
Status Explainer::correctBiases() {
  bool corrected = std::ranges::any_of(options.recipe.rules, [](const quantize::Rule &rule) {
    return rule.settings.contains("correct_bias");
  });
  bool any =
      std::ranges::any_of(model->layers, [](const RoundedLayer &layer) { return !layer.tensors.empty(); });
  if (corrected || !any || options.timed == 0)
    return {};
  quantize::Rule rule;
  rule.settings = {{"correct_bias", "runs"}};
  quantize::Recipe recipe = report.recipe;
  recipe.rules.push_back(rule);

  LIMBECK_ASSIGN(std::string before, statisticsFor(recipe));
  LIMBECK_ASSIGN(std::string after, withBiasErrors(recipe));
  if (before == after)
    return {};
  std::string files[3];
  LIMBECK_ASSIGN(files[0], compiled("bias-float", false, {}));
  LIMBECK_ASSIGN(files[1], compiled("bias-before", true, report.recipe));
  LIMBECK_ASSIGN(files[2], compiled("bias-after", true, recipe));
  std::unique_ptr<runtime::Context> contexts[3];
  for (size_t i = 0; i < 3; ++i) {
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> loaded, runtime::Model::load(files[i], {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(contexts[i], runtime::Context::create(loaded, contextOptions));
  }
  OutputNoise noise[2];
  LIMBECK_TRY(forSamples("corrected biases", 1, [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, contexts[0]->run("", sample.values));
    for (size_t i = 0; i < 2; ++i) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, contexts[i + 1]->run("", sample.values));
      noise[i].add(expected, found);
    }
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return {};
  }));
  BiasRepair repair;
  repair.before = noise[0].decibels();
  repair.after = noise[1].decibels();
  BenchOptions benchOptions;
  benchOptions.model.path = files[1];
  benchOptions.baselines = {files[2]};
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  LIMBECK_ASSIGN(BenchReport times, bench(benchOptions, progress));
  if (times.model.p50Ms > 0 && !times.baselines.empty())
    repair.time = times.baselines.front().p50Ms / times.model.p50Ms;
  // A tenth of the noise is worth the runs that quantize takes for it.
  constexpr double worth = 0.5;
  if (options.apply > 0 && repair.after >= repair.before + worth) {
    repair.applied = true;
    report.recipe = std::move(recipe);
    report.notes.push_back(
        "the recipe corrects biases by runs: quantize takes it with --data, not with --stats");
  }
  report.biases = repair;
  return {};
}

} // namespace limbeck::session
