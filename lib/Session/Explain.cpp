// explain: its model and samples, and how the rounds run over them.
#include "limbeck/Session/Explain.h"
#include "Explainer.h"
#include "SampleCheck.h"
#include "limbeck/Session/FileKind.h"
#include <algorithm>

namespace limbeck::session {

/// The first ones of the first one's shapes, which the model is compiled for.
Status Explainer::chooseSamples(std::span<const NamedType> inputs) {
  int64_t others = 0;
  bool enough = false;
  std::vector<Shape> first;
  Status status = data->forEachSample([&](const Sample &sample) -> Status {
    if ((enough = static_cast<int64_t>(chosen.size()) >= options.samples))
      return error(Code::Run, "enough samples");
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    std::vector<Shape> shapes;
    for (const Tensor &value : sample.values)
      shapes.push_back(value.shape());
    if (first.empty())
      first = shapes;
    if (shapes == first)
      chosen.insert(sample.index);
    else
      ++others;
    return {};
  });
  if (!status.ok() && !enough)
    return status;
  if (chosen.empty())
    return error(Code::Calibration, "expected at least one sample, found none").atFile(options.dataSet);
  report.samples = static_cast<int64_t>(chosen.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].type.isStatic())
      source.shapes[inputs[i].name] = first[i];
  if (others > 0)
    report.notes.push_back(message(others, " samples are left out: they have other shapes than the first"));
  return {};
}

Status Explainer::open() {
  LIMBECK_TRY(expectModel(options.model.path));
  if (isGiven()) {
    LIMBECK_TRY(expectModel(options.quantized));
  } else {
    calibration::Statistics read;
    if (!options.statistics.empty()) {
      LIMBECK_ASSIGN(read, calibration::readStatistics(options.statistics));
    }
    statistics = std::make_shared<const calibration::Statistics>(std::move(read));
  }
  source = options.model;
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model imported, importer::importFile(source.path, importOptions));
  std::vector<NamedType> inputs;
  for (size_t i = 0; i < imported.inputs.size(); ++i)
    inputs.push_back({imported.inputNames[i], imported.values[imported.inputs[i]].type});
  LIMBECK_ASSIGN(data, DataSet::open(options.dataSet, inputs));
  return chooseSamples(inputs);
}

/// The model whose roundings are chosen, for the recipe.
Status Explainer::buildModel() {
  std::string file = options.statistics;
  if (!isGiven()) { // of which there are no statistics
    LIMBECK_ASSIGN(file, statisticsFor(recipe));
  }
  if (file != options.statistics) {
    LIMBECK_ASSIGN(calibration::Statistics again, calibration::readStatistics(file));
    statistics = std::make_shared<const calibration::Statistics>(std::move(again));
    if (recipe.rules.size() == options.recipe.rules.size())
      report.notes.push_back(
          "the statistics are of a model without this recipe's equalize and smooth: others were "
          "collected from the samples that are run here");
  }
  VariantOptions variantOptions;
  variantOptions.model = source;
  if (isGiven()) {
    variantOptions.quantized = source;
    variantOptions.quantized.path = options.quantized;
  } else {
    variantOptions.recipe = quantize::recipeText(recipe);
  }
  variantOptions.statistics = statistics;
  variantOptions.threads = options.threads;
  variantOptions.worker = options.worker;
  auto created = VariantModel::create(variantOptions, progress);
  if (!created.ok() && created.diagnostic().code == Code::Calibration && !isGiven() && file.empty())
    return error(Code::Flag,
                 "expected statistics that calibrate collected, found none: this recipe rounds by "
                 "the ranges that samples had")
        .withHint("limbeck calibrate model.onnx --data samples.npz --collect histogram -o stats.json");
  LIMBECK_ASSIGN(model, std::move(created));
  if (!isGiven() && !options.statistics.empty() && model->tensors.empty())
    report.notes.push_back(
        "the statistics are not needed: nothing is rounded by the ranges that samples had");
  report.notes.insert(report.notes.end(), model->notes.begin(), model->notes.end());
  return {};
}

size_t Explainer::placeOf(const Sample &sample) const {
  return static_cast<size_t>(std::distance(chosen.begin(), chosen.find(sample.index)));
}

Status Explainer::forSamples(std::string_view what, size_t runs,
                             const std::function<Status(const Sample &)> &use) {
  bool enough = false;
  Status status = data->forEachSample([&](const Sample &sample) -> Status {
    if (sample.index > *chosen.rbegin()) {
      enough = true;
      return error(Code::Run, "enough samples");
    }
    if (!chosen.contains(sample.index))
      return {};
    if (progress)
      progress(what, placeOf(sample) * runs, chosen.size() * runs);
    Status finite = expectFinite(sample);
    return finite.ok() ? use(sample) : std::move(finite);
  });
  return enough ? Status() : std::move(status);
}

/// Runs each variant on each sample.
Status Explainer::answer(std::string_view what, Ask &questions) {
  Variant exact = model->variant(false);
  return forSamples(what, questions.size(), [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, model->run(sample.values, exact));
    LIMBECK_TRY(expectSignal(sample, model->outputs, expected));
    size_t done = 0;
    for (auto &[variant, noise] : questions) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, model->run(sample.values, variant));
      noise->add(expected, found);
      if ((report.interrupted = interrupt.take()))
        return error(Code::Run, "interrupted");
      if (progress)
        progress(what, placeOf(sample) * questions.size() + ++done, chosen.size() * questions.size());
    }
    return {};
  });
}

Expected<ExplainReport> Explainer::run() {
  report.model = options.model.path;
  report.quantizedModel = options.quantized;
  Status status = [&]() -> Status {
    LIMBECK_TRY(open());
    LIMBECK_TRY(buildModel());
    LIMBECK_TRY(scaleFirst());
    LIMBECK_TRY(rank());
    LIMBECK_TRY(findRepairs());
    if (isGiven())
      return compareGiven();
    LIMBECK_TRY(compareWide());
    LIMBECK_TRY(judgeRepairs());
    LIMBECK_TRY(compileRepairs());
    return repairWhole();
  }();
  if (!status.ok() && (report.interrupted || (report.interrupted = interrupt.take())))
    return std::move(report);
  LIMBECK_TRY(std::move(status));
  if (isGiven())
    return std::move(report);
  if (std::vector<const Repair *> applied = repairs(report.repairs); !applied.empty())
    report.repaired = applied.back()->together;
  if (report.repairs < options.apply)
    report.notes.push_back(message("found ", report.repairs, " repairs, fewer than the ", options.apply,
                                   " that were asked for"));
  if (!model->tensors.empty() && std::ranges::none_of(statistics->tensors, [](const auto &entry) {
        return entry.second.histogram.has_value();
      }))
    report.notes.push_back(
        "the statistics have no histograms: ranges by percentile, entropy and mse were not tried; "
        "calibrate --collect histogram collects them");
  return std::move(report);
}

Expected<ExplainReport> explain(const ExplainOptions &options, const Progress &progress) {
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  return Explainer(options, std::move(folder), progress).run();
}

} // namespace limbeck::session
