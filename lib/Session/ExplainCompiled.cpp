// The last rounds of explain: models with repairs, compiled to integers, run and timed.
#include "Explainer.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include <algorithm>

namespace limbeck::session {

/// The first repairs that are not left out, in the order of the layers.
std::vector<const Repair *> Explainer::repairs(size_t most) const {
  std::vector<const Repair *> found;
  for (const LayerError &layer : report.layers)
    if (layer.repair && !layer.repair->leftOut && found.size() < most)
      found.push_back(&*layer.repair);
  return found;
}

/// The recipe with rules behind it.
quantize::Recipe Explainer::recipeWith(std::span<const quantize::Rule> rules) const {
  quantize::Recipe result = recipe;
  for (const quantize::Rule &rule : rules) {
    // Layers that read one tensor say the same of it.
    std::erase_if(result.rules, [&](const quantize::Rule &other) {
      return other.node == rule.node && other.tensor == rule.tensor && other.operators == rule.operators &&
             other.settings == rule.settings;
    });
    result.rules.push_back(rule);
  }
  return result;
}

/// The artifact of a recipe, or of the float model; compiled once.
Expected<std::string> Explainer::compiled(const quantize::Recipe *recipe) {
  CompileOptions what;
  what.model = source;
  what.target = "cpu:native";
  std::string key = recipe ? quantize::recipeText(*recipe) : "float";
  if (auto found = artifacts.find(key); found != artifacts.end())
    return found->second;
  if (recipe) {
    what.quantization.enabled = true;
    LIMBECK_ASSIGN(what.quantization.statistics,
                   correctsBiases(*recipe) ? withBiasErrors(*recipe) : statisticsFor(*recipe));
    what.quantization.recipe = key;
  }
  LIMBECK_ASSIGN(std::string file, compiled(message("model-", artifacts.size()), what));
  return artifacts[key] = file;
}

Expected<std::string> Explainer::compiled(const std::string &name, const CompileOptions &what) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes,
                 options.worker ? compileInWorker(what, {}, progress) : compile(what, progress));
  std::string file = folder.file(name + ".lmb");
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return file;
}

/// How far each is from the float model.
Status Explainer::runCompiled(std::string_view what, std::span<CompiledRecipe> models) {
  std::vector<std::unique_ptr<runtime::Context>> contexts;
  auto load = [&](const std::string &file) -> Status {
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> loaded, runtime::Model::load(file, {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(contexts.emplace_back(), runtime::Context::create(loaded, contextOptions));
    return {};
  };
  LIMBECK_ASSIGN(std::string exact, compiled(nullptr));
  LIMBECK_TRY(load(exact));
  for (CompiledRecipe &one : models) {
    LIMBECK_ASSIGN(one.file, compiled(&one.recipe));
    LIMBECK_TRY(load(one.file));
  }
  return forSamples(what, 1, [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, contexts[0]->run("", sample.values));
    for (size_t i = 0; i < models.size(); ++i) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, contexts[i + 1]->run("", sample.values));
      models[i].noise.add(expected, found);
    }
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return {};
  });
}

/// The time of each as a multiple of that of the first, measured side by side; and the first one's milliseconds.
Expected<double> Explainer::timeCompiled(std::span<CompiledRecipe> models) {
  BenchOptions benchOptions;
  benchOptions.model.path = models.front().file;
  for (const CompiledRecipe &one : models.subspan(1))
    benchOptions.baselines.push_back(one.file);
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  LIMBECK_ASSIGN(BenchReport times, bench(benchOptions, progress));
  for (size_t i = 0; i < times.baselines.size() && times.model.p50Ms > 0; ++i)
    models[i + 1].time = times.baselines[i].p50Ms / times.model.p50Ms;
  return times.model.p50Ms;
}

/// Integers, no simulation: what a few repairs gain and what they cost in time.
Status Explainer::compileRepairs() {
  std::vector<quantize::Rule> rules;
  for (const Repair *repair : repairs(options.apply)) {
    rules.insert(rules.end(), repair->rules.begin(), repair->rules.end());
    ++report.repairs;
  }
  report.recipe = recipeWith(rules);
  if (options.timed == 0 && report.repairs == 0)
    return {};
  std::vector<CompiledRecipe> models = {{recipe}};
  std::vector<Repair *> timed;
  for (LayerError &layer : report.layers)
    if (layer.repair && timed.size() < options.timed) {
      models.push_back({recipeWith(layer.repair->rules)});
      timed.push_back(&*layer.repair);
    }
  if (report.repairs > 0 || options.apply > 0)
    models.push_back({report.recipe});
  LIMBECK_TRY(runCompiled("compiled repairs", models));
  report.compiled = models.front().noise.decibels();
  if (options.apply > 0)
    report.reached = models.back().noise.decibels();
  if (report.repairs > 0)
    report.compiledRepaired = models.back().noise.decibels();
  if (options.apply > 0)
    models.pop_back();
  for (size_t i = 0; i < timed.size(); ++i)
    timed[i]->measuredGain = models[i + 1].noise.decibels() - *report.compiled;
  if (options.timed == 0)
    return {};
  LIMBECK_ASSIGN(report.timeMs, timeCompiled(models));
  for (size_t i = 0; i < timed.size(); ++i)
    timed[i]->time = models[i + 1].time;
  return {};
}

} // namespace limbeck::session
