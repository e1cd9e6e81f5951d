// Statistics for recipes that move factors: each holds for the rules that it was collected with.
#include "Explainer.h"
#include "limbeck/Session/Calibrate.h"

namespace limbeck::session {

/// Rules that round by Gram matrices, which are of what these rules name.
static std::string gramText(const quantize::Recipe &recipe) {
  std::string text;
  for (const quantize::Rule &rule : recipe.rules)
    if (auto found = rule.settings.find("weight_method");
        found != rule.settings.end() && (found->second == "gptq" || found->second == "awq"))
      text += message("gram of ", rule.node, ", ", rule.operators.size(), " operators\n");
  return text;
}

/// The file that was given, unless the recipe equalizes or smooths otherwise than the model that it is of, or rounds by Gram matrices
/// that it lacks: then one of the samples.
Expected<std::string> Explainer::statisticsFor(const quantize::Recipe &recipe) {
  std::string gram = gramText(recipe), scaling = quantize::scalingText(recipe) + gram;
  if (collected.empty())
    collected[statistics->scaling + gramText(options.recipe)] = options.statistics;
  if (auto found = collected.find(scaling); found != collected.end())
    return found->second;
  CalibrateOptions again;
  again.model = options.model;
  again.dataSet = options.dataSet;
  again.recipe = quantize::recipeText(recipe);
  again.collect = statistics->collect;
  again.collect.gram |= !gram.empty();
  again.samples = *chosen.rbegin() + 1;
  again.skip = [this](int64_t index) { return !chosen.contains(index); };
  again.threads = options.threads;
  again.worker = options.worker;
  LIMBECK_ASSIGN(CalibrateReport found, calibrateSmoothed(again, std::nullopt, progress));
  if ((report.interrupted = found.interrupted))
    return error(Code::Run, "interrupted");
  std::string file = folder.file(message("statistics-", collected.size(), ".json"));
  LIMBECK_TRY(calibration::writeStatistics(file, found.statistics));
  collected[scaling] = file;
  return file;
}

} // namespace limbeck::session
