// Two runs over the samples where a recipe smooths: magnitudes of channels, and statistics of the smoothed model.
#include "TemporaryFolder.h"
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Session/Calibrate.h"
#include <algorithm>

namespace limbeck::session {

using calibration::ChannelMagnitudes;
using calibration::TensorStatistics;

/// What smoothing reads of a tensor; nothing where the samples say nothing.
static std::optional<ChannelMagnitudes> magnitudesOf(const TensorStatistics &tensor) {
  if (!tensor.gram || !tensor.histogram || tensor.channels.empty() ||
      tensor.gram->size() != static_cast<int64_t>(tensor.channels.size()))
    return std::nullopt;
  auto channels = static_cast<double>(tensor.channels.size());
  double rows = static_cast<double>(tensor.histogram->total()) / channels;
  ChannelMagnitudes magnitudes;
  magnitudes.greatest = tensor.channels;
  for (int64_t i = 0; i < tensor.gram->size(); ++i)
    magnitudes.squares.push_back(rows > 0 ? std::max(0.0, tensor.gram->at(i, i)) / rows : 0);
  double least = std::min(0.0, static_cast<double>(tensor.least)),
         greatest = std::max(0.0, static_cast<double>(tensor.greatest)), most = std::max(-least, greatest);
  magnitudes.span = most > 0 ? (greatest - least) / most : 1;
  return magnitudes;
}

Expected<CalibrateReport> calibrateSmoothed(const CalibrateOptions &options,
                                            const std::optional<calibration::Statistics> &statistics,
                                            const Progress &progress) {
  quantize::Recipe recipe;
  if (!options.recipe.empty()) {
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe(options.recipe, "recipe"));
  }
  if (!quantize::asksForSmoothing(recipe))
    return calibrate(options, statistics, progress);
  if (statistics)
    return error(Code::Unsupported,
                 "expected samples in one run with a rule for smooth, found some that were seen before")
        .withHint("without --resume the file is written anew");
  CalibrateOptions first = options;
  first.magnitudes = true;
  first.collect = {.histogram = true, .channels = true, .gram = true};
  LIMBECK_ASSIGN(CalibrateReport found, calibrate(first, std::nullopt, progress));
  if (found.interrupted) {
    // What the first run collects is of another model than the statistics that were asked for.
    CalibrateReport ended;
    ended.interrupted = found.interrupted;
    return ended;
  }
  calibration::Statistics before;
  before.modelSha256 = found.statistics.modelSha256;
  before.samples = found.statistics.samples;
  before.indicesPerSample = found.statistics.indicesPerSample;
  before.scaling = found.statistics.scaling;
  for (const auto &[name, tensor] : found.statistics.tensors)
    if (auto magnitudes = magnitudesOf(tensor))
      before.magnitudes[name] = std::move(*magnitudes);
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  CalibrateOptions second = options;
  second.statistics = folder.file("magnitudes.json");
  LIMBECK_TRY(calibration::writeStatistics(second.statistics, before));
  LIMBECK_ASSIGN(CalibrateReport report, calibrate(second, std::nullopt, progress));
  report.notes.push_back(message("the samples were run twice: for the magnitudes of ",
                                 before.magnitudes.size(),
                                 " tensors that are smoothed, and for the ranges behind that"));
  report.statistics.magnitudes = std::move(before.magnitudes);
  report.resumable = false;
  return report;
}

} // namespace limbeck::session
