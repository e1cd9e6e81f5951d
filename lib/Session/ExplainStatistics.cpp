// Statistics for recipes that move factors: each holds for the rules that it was collected with.
#include "Explainer.h"
#include "limbeck/Session/Calibrate.h"

namespace limbeck::session {

/// The file that was given, unless the recipe equalizes or smooths otherwise than the model that it is of: then one of the samples.
Expected<std::string> Explainer::statisticsFor(const quantize::Recipe &recipe) {
  std::string scaling = quantize::scalingText(recipe);
  collected.try_emplace(statistics->scaling, options.statistics);
  if (auto found = collected.find(scaling); found != collected.end())
    return found->second;
  CalibrateOptions again;
  again.model = source;
  again.dataSet = options.dataSet;
  again.recipe = quantize::recipeText(recipe);
  again.collect = statistics->collect;
  again.samples = report.samples;
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
