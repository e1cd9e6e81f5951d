// The loop over samples: checking the data, running the code for their shapes, adding what it observed.
#include "limbeck/Session/Calibrate.h"
#include "Executable.h"
#include "ObservedModel.h"
#include "SampleCheck.h"
#include "limbeck/Quantize/Recipe.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Support/Interrupt.h"
#include <set>

namespace limbeck::session {

using calibration::Statistics;

namespace {
class Calibration {
public:
  Calibration(const CalibrateOptions &options, const Progress &progress)
      : options(options), progress(progress) {}

  Status open();
  Status goOnFrom(const Statistics &before);
  Expected<CalibrateReport> run();

private:
  Status use(const Sample &sample);
  Status add(std::span<const ObservedTensor> observed);
  void noteTensors();
  bool isEnough(int64_t samples) const { return options.samples >= 0 && samples >= options.samples; }

  const CalibrateOptions &options;
  const Progress &progress;
  std::optional<DataSet> data;
  std::optional<ObservedModels> models;
  std::optional<SampleCheck> check;
  int64_t seen = 0;  ///< samples that `goOnFrom` brought
  int64_t total = 0; ///< samples of the set, once all were there
  bool enough = false;
  CalibrateReport report;
};
} // namespace

Status Calibration::open() {
  LIMBECK_TRY(expectModel(options.model.path));
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(options.model));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(options.model.path, importOptions));
  std::vector<NamedType> inputs;
  for (size_t i = 0; i < model.inputs.size(); ++i)
    inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  if (inputs.empty())
    return error(Code::Calibration, "expected a model with inputs, found ",
                 options.model.frozen.empty() ? "one without" : "none that --freeze leaves")
        .atFile(options.model.path);
  report.statistics.modelSha256 = statisticsIdentity(model, importOptions);
  report.statistics.collect = options.collect;
  if (!options.recipe.empty()) {
    LIMBECK_ASSIGN(quantize::Recipe recipe, quantize::parseRecipe(options.recipe, "recipe"));
    report.statistics.scaling = quantize::scalingText(recipe);
  }
  for (const NamedType &input : inputs)
    if (const Shape &shape = input.type.shape; !shape.empty())
      report.statistics.indicesPerSample = std::max(report.statistics.indicesPerSample, shape[0]);
  check.emplace(inputs, tableBoundsOf(model));
  models.emplace(options, inputs, model.outputNames.size(), progress);
  LIMBECK_ASSIGN(data, DataSet::open(options.dataSet, std::move(inputs)));
  return {};
}

/// An error of the file that was to be continued.
static Diagnostic notResumable(Diagnostic diagnostic, const CalibrateOptions &options) {
  return diagnostic.atFile(options.resumed).withHint("without --resume the file is written anew");
}

Status Calibration::goOnFrom(const Statistics &before) {
  Statistics merged = report.statistics;
  if (Status status = merged.merge(before); !status.ok())
    return notResumable(status.diagnostic(), options);
  seen = before.samples;
  report.statistics = std::move(merged);
  return {};
}

Status Calibration::add(std::span<const ObservedTensor> observed) {
  // A tensor that earlier samples lack, or these, would have statistics of fewer than the document says.
  if (seen > 0 && report.statistics.samples == seen) {
    const char *hint = "calibrate with the recipe of the run before, or without --resume";
    std::set<std::string_view> names;
    for (const ObservedTensor &tensor : observed) {
      names.insert(tensor.name);
      if (!report.statistics.tensors.contains(tensor.name))
        return error(Code::Calibration, "expected statistics of tensor '", tensor.name,
                     "' in the file to go on from, found none")
            .withHint(hint);
    }
    for (const auto &[name, tensor] : report.statistics.tensors)
      if (!names.contains(name))
        return error(Code::Calibration, "expected to observe tensor '", name,
                     "' of the file to go on from, found that the recipe does not")
            .withHint(hint);
  }
  for (const ObservedTensor &tensor : observed) {
    Status added = report.statistics.tensors[tensor.name].add(tensor.observation);
    if (!added.ok()) {
      added.diagnostic().message = message("tensor '", tensor.name, "': ", added.diagnostic().message);
      return added;
    }
  }
  ++report.statistics.samples;
  return {};
}

Status Calibration::use(const Sample &sample) {
  total = sample.index + 1;
  if (sample.index < seen)
    return {};
  if (options.skip && options.skip(sample.index))
    return options.checkSkipped ? expectFinite(sample) : Status();
  if (isEnough(sample.index)) {
    enough = true;
    return error(Code::Run, "enough samples");
  }
  if (progress)
    progress("samples", static_cast<size_t>(report.statistics.samples),
             options.samples >= 0 ? static_cast<size_t>(options.samples) : 0);
  LIMBECK_TRY(inSample(sample, check->add(sample.values)));
  // What is wrong with the model is not the sample's fault: only its own run names it.
  LIMBECK_ASSIGN(ObservedModel * model, models->forInputs(sample.values));
  auto observed = model->run(sample.values);
  if (!observed.ok())
    return inSample(sample, observed.status());
  return add(*observed);
}

/// Tensors without a range: to quantize them is an error.
void Calibration::noteTensors() {
  for (const auto &[name, tensor] : report.statistics.tensors) {
    int64_t bad = tensor.nanSamples + tensor.infiniteSamples;
    if (bad > 0)
      report.notes.push_back(message("tensor '", name, "' has ", tensor.nanSamples ? "NaN" : "an infinity",
                                     " in ", bad, " of ", report.statistics.samples,
                                     " samples: no range can be read from it"));
  }
}

Expected<CalibrateReport> Calibration::run() {
  CatchInterrupt interrupt;
  Status status = data->forEachSample([&](const Sample &sample) -> Status {
    LIMBECK_TRY(use(sample));
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return {};
  });
  // Ctrl-C reaches a child that compiles as well; its end is no failure then.
  if (!status.ok() && !report.interrupted)
    report.interrupted = interrupt.take();
  if (!status.ok() && !report.interrupted && !enough)
    return status.diagnostic();
  bool all = !enough && !report.interrupted;
  if (all && total < seen)
    return notResumable(error(Code::Calibration, "expected statistics of this set, found ", seen,
                              " samples in the file and ", total, " in the set"),
                        options);
  if (seen > 0 && report.statistics.samples == seen && !report.interrupted)
    report.notes.push_back(message("nothing to add: the file has ",
                                   all ? "all samples of the set" : "as many samples as --samples asks for"));
  if (report.statistics.samples == 0 && !report.interrupted)
    return error(Code::Calibration, "expected at least one sample, found none").atFile(options.dataSet);
  report.shapes = models->size();
  if (report.statistics.samples == 1)
    report.notes.push_back("one sample only: ranges will fit what it holds and nothing else");
  if (seen == 0)
    for (std::string &note : check->notes())
      report.notes.push_back(std::move(note));
  noteTensors();
  return std::move(report);
}

Expected<CalibrateReport> calibrate(const CalibrateOptions &options, const std::optional<Statistics> &before,
                                    const Progress &progress) {
  // A dimension that will have several values is left open here: each sample has its own.
  CalibrateOptions open = options;
  open.model = withoutSeveralValues(std::move(open.model));
  Calibration calibration(open, progress);
  LIMBECK_TRY(calibration.open());
  if (before)
    LIMBECK_TRY(calibration.goOnFrom(*before));
  return calibration.run();
}

} // namespace limbeck::session
