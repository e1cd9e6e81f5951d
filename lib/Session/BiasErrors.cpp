// One artifact with corrections as inputs; a round of samples for each contraction.
#include "BiasErrors.h"
#include "CompiledModule.h"
#include "Compiler.h"
#include "TemporaryFolder.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Calibrate.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Support/Interrupt.h"
#include <set>

namespace limbeck::session {

/// The quantized model, its biases open.
static Expected<std::shared_ptr<const runtime::Model>> openModel(const BiasErrorOptions &options,
                                                                 SourceModel source,
                                                                 const calibration::Statistics &statistics,
                                                                 const Progress &progress) {
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model model, importStatic(source.path, importOptions));
  quantize::Recipe recipe;
  if (!options.recipe.empty()) {
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe(options.recipe, "recipe"));
  }
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, source.precision));
  LIMBECK_TRY(compiler.run(*module, pipeline::Stage::Import, pipeline::Stage::Graph));
  auto shared = std::make_shared<const calibration::Statistics>(statistics);
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    pipeline::buildOpenBiases(std::move(recipe), shared, passes);
  }));
  return compileModule(*module, {options.threads, options.worker}, progress);
}

namespace {
/// A contraction whose bias is corrected.
struct Layer {
  std::string name;
  size_t output = 0;          ///< index of its means among the results
  std::vector<double> wanted; ///< means of the float model
  Tensor correction;          ///< so far
};
} // namespace

static Expected<std::vector<Layer>> layersOf(const runtime::Model &model,
                                             const calibration::Statistics &statistics) {
  std::vector<Layer> layers;
  const std::vector<artifact::Port> &outputs = model.entries().front().outputs;
  std::string_view prefix(quantize::kMeanPrefix.data(), quantize::kMeanPrefix.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].name.starts_with(prefix))
      continue;
    Layer layer;
    layer.name = outputs[i].name.substr(prefix.size());
    layer.output = i;
    auto found = statistics.tensors.find(layer.name);
    if (found == statistics.tensors.end())
      return error(Code::Internal, "expected statistics of '", layer.name, "'");
    LIMBECK_ASSIGN(layer.wanted, found->second.channelMeans());
    LIMBECK_ASSIGN(layer.correction, Tensor::zeros(DType::F32, {static_cast<int64_t>(layer.wanted.size())}));
    layers.push_back(std::move(layer));
  }
  return layers;
}

namespace {
/// The samples that both models run on: the first ones that are not left out, all of one shape.
class Samples {
public:
  static Expected<Samples> open(const BiasErrorOptions &options) {
    Samples samples;
    LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(options.model));
    LIMBECK_ASSIGN(importer::Model model, importer::importFile(options.model.path, importOptions));
    std::vector<NamedType> inputs;
    for (size_t i = 0; i < model.inputs.size(); ++i)
      inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
    LIMBECK_ASSIGN(samples.data, DataSet::open(options.dataSet, inputs));
    samples.source = options.model;
    std::vector<Shape> first;
    Status status = samples.data->forEachSample([&](const Sample &sample) -> Status {
      std::vector<Shape> shapes;
      for (const Tensor &value : sample.values)
        shapes.push_back(value.shape());
      if (options.skip && options.skip(sample.index))
        return {};
      if (first.empty())
        first = shapes;
      if (shapes == first)
        samples.indices.insert(sample.index);
      return samples.indices.size() == kBiasSamples ? error(Code::Run, "enough samples") : Status();
    });
    if (!status.ok() && samples.indices.size() < kBiasSamples)
      return status.diagnostic();
    if (samples.indices.empty())
      return error(Code::Calibration, "expected a sample to correct biases with, found none")
          .atFile(options.dataSet);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!inputs[i].type.isStatic())
        samples.source.shapes[inputs[i].name] = first[i];
    return samples;
  }

  Status forEach(const std::function<Status(std::span<const Tensor>)> &use) const {
    bool enough = false;
    Status status = data->forEachSample([&](const Sample &sample) -> Status {
      if ((enough = sample.index > *indices.rbegin()))
        return error(Code::Run, "enough samples");
      return contains(sample.index) ? use(sample.values) : Status();
    });
    return enough ? Status() : std::move(status);
  }
  bool contains(int64_t index) const { return indices.contains(index); }
  int64_t size() const { return static_cast<int64_t>(indices.size()); }

  SourceModel source; ///< with their shapes

private:
  std::optional<DataSet> data;
  std::set<int64_t> indices;
};
} // namespace

/// Means of the float model, if nothing interrupted it.
static Expected<CalibrateReport> floatMeans(const BiasErrorOptions &options, const Samples &samples,
                                            const calibration::Statistics &statistics,
                                            const Progress &progress) {
  CalibrateOptions calibration;
  // What is open stays so: samples that are left out may have other shapes.
  calibration.model = options.model;
  calibration.dataSet = options.dataSet;
  calibration.recipe = options.recipe;
  calibration.collect.means = true;
  calibration.skip = [&](int64_t index) { return !samples.contains(index); };
  calibration.threads = options.threads;
  calibration.worker = options.worker;
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  if (!statistics.magnitudes.empty()) {
    calibration.statistics = folder.file("magnitudes.json");
    LIMBECK_TRY(calibration::writeStatistics(calibration.statistics, statistics));
  }
  return calibrate(calibration, std::nullopt, progress);
}

Expected<BiasErrorReport> measureBiasErrors(const BiasErrorOptions &options,
                                            calibration::Statistics &statistics, const Progress &progress) {
  LIMBECK_ASSIGN(Samples samples, Samples::open(options));
  LIMBECK_ASSIGN(CalibrateReport exact, floatMeans(options, samples, statistics, progress));
  BiasErrorReport report{samples.size(), exact.interrupted};
  if (report.interrupted)
    return report;
  LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model,
                 openModel(options, samples.source, statistics, progress));
  LIMBECK_ASSIGN(std::vector<Layer> layers, layersOf(*model, exact.statistics));
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  LIMBECK_ASSIGN(std::unique_ptr<runtime::Context> context, runtime::Context::create(model, contextOptions));
  CatchInterrupt interrupt;
  for (size_t place = 0; place < layers.size(); ++place) {
    Layer &layer = layers[place];
    if (progress)
      progress("biases", place, layers.size());
    std::vector<double> sums(layer.wanted.size(), 0.0);
    Status status = samples.forEach([&](std::span<const Tensor> values) -> Status {
      if ((report.interrupted = interrupt.take()))
        return error(Code::Run, "interrupted");
      std::vector<Tensor> inputs(values.begin(), values.end());
      for (const Layer &each : layers)
        inputs.push_back(each.correction);
      LIMBECK_ASSIGN(std::vector<Tensor> results, context->run("", inputs));
      std::span<const float> means = results[layer.output].values<float>();
      if (means.size() != sums.size())
        return error(Code::Internal, "expected the means of ", sums.size(), " channels of '", layer.name,
                     "', found ", means.size());
      for (size_t i = 0; i < sums.size(); ++i)
        sums[i] += static_cast<double>(means[i]);
      return {};
    });
    if (report.interrupted)
      return report;
    LIMBECK_TRY(std::move(status));
    std::vector<float> &errors = statistics.biasErrors[layer.name];
    for (size_t i = 0; i < sums.size(); ++i) {
      auto wrong = static_cast<float>(sums[i] / static_cast<double>(samples.size()) - layer.wanted[i]);
      errors.push_back(wrong);
      layer.correction.mutableValues<float>()[i] = -wrong;
    }
  }
  return report;
}

} // namespace limbeck::session
