// The last round of explain: models with repairs, compiled to integers, run and timed.
#include "Explainer.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include <algorithm>

namespace limbeck::session {

/// The options' recipe with some repairs behind it, in the order of the layers.
quantize::Recipe Explainer::recipeWith(size_t first, size_t count) const {
  quantize::Recipe recipe = options.recipe;
  size_t number = 0;
  for (const LayerError &layer : report.layers) {
    if (!layer.repair)
      continue;
    if (number >= first && number < first + count)
      for (const quantize::Rule &rule : layer.repair->rules) {
        // Layers that read one tensor say the same of it.
        std::erase_if(recipe.rules, [&](const quantize::Rule &other) {
          return other.node == rule.node && other.tensor == rule.tensor &&
                 other.operators == rule.operators && other.settings == rule.settings;
        });
        recipe.rules.push_back(rule);
      }
    ++number;
  }
  return recipe;
}

Expected<std::string> Explainer::compiled(const std::string &name, bool quantized,
                                          const quantize::Recipe &recipe) {
  CompileOptions what;
  what.model = source;
  what.target = "cpu:native";
  if (quantized) {
    what.quantization.enabled = true;
    LIMBECK_ASSIGN(what.quantization.statistics,
                   correctsBiases(recipe) ? withBiasErrors(recipe) : statisticsFor(recipe));
    what.quantization.recipe = quantize::recipeText(recipe);
  }
  return compiled(name, what);
}

Expected<std::string> Explainer::compiled(const std::string &name, const CompileOptions &what) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes,
                 options.worker ? compileInWorker(what, {}, progress) : compile(what, progress));
  std::string file = folder.file(name + ".lmb");
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return file;
}

/// Integers, no simulation: what a few repairs gain and what they cost in time.
Status Explainer::compileRepairs() {
  size_t repairs = static_cast<size_t>(
      std::ranges::count_if(report.layers, [](const LayerError &layer) { return layer.repair.has_value(); }));
  report.repairs = std::min(options.apply, repairs);
  report.recipe = recipeWith(0, report.repairs);
  struct Built {
    std::string file;
    Repair *repair = nullptr; ///< null: of all that are applied, or none
    OutputNoise noise;
    std::unique_ptr<runtime::Context> context;
  };
  std::vector<Built> built;
  auto add = [&](const std::string &name, bool quantized, const quantize::Recipe &recipe,
                 Repair *repair) -> Status {
    LIMBECK_ASSIGN(std::string file, compiled(name, quantized, recipe));
    built.push_back({std::move(file), repair, {}, nullptr});
    return {};
  };
  if (options.timed == 0 && report.repairs == 0)
    return {};
  LIMBECK_TRY(add("float", false, {}, nullptr));
  LIMBECK_TRY(add("int8", true, options.recipe, nullptr));
  size_t number = 0;
  for (LayerError &layer : report.layers)
    if (layer.repair && number < options.timed) {
      LIMBECK_TRY(add(message("repair-", number), true, recipeWith(number, 1), &*layer.repair));
      ++number;
    }
  if (report.repairs > 0)
    LIMBECK_TRY(add("repaired", true, report.recipe, nullptr));
  for (Built &one : built) {
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> loaded, runtime::Model::load(one.file, {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(one.context, runtime::Context::create(loaded, contextOptions));
  }
  LIMBECK_TRY(forSamples("compiled repairs", 1, [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, built[0].context->run("", sample.values));
    for (size_t i = 1; i < built.size(); ++i) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, built[i].context->run("", sample.values));
      built[i].noise.add(expected, found);
    }
    return {};
  }));
  report.compiled = built[1].noise.decibels();
  if (report.repairs > 0)
    report.compiledRepaired = built.back().noise.decibels();
  BenchOptions benchOptions;
  benchOptions.model.path = built[1].file;
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  std::vector<Repair *> timed;
  for (Built &one : built)
    if (one.repair) {
      one.repair->measuredGain = one.noise.decibels() - *report.compiled;
      benchOptions.baselines.push_back(one.file);
      timed.push_back(one.repair);
    }
  if (options.timed == 0)
    return {};
  LIMBECK_ASSIGN(BenchReport times, bench(benchOptions, progress));
  report.timeMs = times.model.p50Ms;
  for (size_t i = 0; i < timed.size() && i < times.baselines.size(); ++i)
    if (times.model.p50Ms > 0)
      timed[i]->time = times.baselines[i].p50Ms / times.model.p50Ms;
  return {};
}

} // namespace limbeck::session
