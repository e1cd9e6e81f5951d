// Compiling with observers, and reading what they hand out.
#include "ObservedModel.h"
#include "limbeck/Session/Worker.h"

namespace limbeck::session {

using calibration::Observation;
using quantize::Observed;

Expected<std::unique_ptr<ObservedModel>> ObservedModel::load(std::span<const std::byte> artifact,
                                                             size_t outputs, int threads) {
  LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model, runtime::Model::fromBytes(artifact));
  auto result = std::make_unique<ObservedModel>();
  result->outputs = outputs;
  const std::vector<artifact::Port> &ports = model->entries().front().outputs;
  for (size_t i = outputs; i < ports.size(); ++i) {
    std::optional<quantize::ObservedName> name = quantize::parseObservedName(ports[i].name);
    if (!name)
      return error(Code::Internal, "expected the name of an observed tensor, found '", ports[i].name, "'");
    result->names.push_back(std::move(*name));
  }
  if (result->names.empty())
    return error(Code::Calibration, "expected a model with tensors to quantize, found none")
        .withHint("convolutions and matrix products of floats with constant weights are observed");
  runtime::ContextOptions contextOptions;
  contextOptions.threads = threads;
  LIMBECK_ASSIGN(result->context, runtime::Context::create(model, contextOptions));
  return result;
}

static void takeObserved(Observation &observation, Observed what, const Tensor &value) {
  auto floats = [&] {
    return std::vector<float>(value.values<float>().begin(), value.values<float>().end());
  };
  switch (what) {
  case Observed::Least:
    observation.least = value.values<float>()[0];
    return;
  case Observed::Greatest:
    observation.greatest = value.values<float>()[0];
    return;
  case Observed::Histogram:
    observation.counts.assign(value.values<int32_t>().begin(), value.values<int32_t>().end());
    return;
  case Observed::Channels:
    observation.channels = floats();
    return;
  case Observed::Gram:
    observation.gram = floats();
    return;
  case Observed::Means:
    observation.means = floats();
    return;
  }
}

Expected<std::vector<ObservedTensor>> ObservedModel::run(std::span<const Tensor> inputs) {
  LIMBECK_ASSIGN(std::vector<Tensor> results, context->run("", inputs));
  std::vector<ObservedTensor> observed;
  for (size_t i = 0; i < names.size(); ++i) {
    // Results of one observer stand together.
    if (i == 0 || names[i].observer != names[i - 1].observer)
      observed.push_back({names[i].tensor, {}});
    takeObserved(observed.back().observation, names[i].what, results[outputs + i]);
  }
  for (ObservedTensor &tensor : observed)
    tensor.observation.grid = calibration::BinGrid::of(tensor.observation.least, tensor.observation.greatest);
  return observed;
}

Expected<ObservedModel *> ObservedModels::forInputs(std::span<const Tensor> values) {
  std::vector<Shape> shapes;
  for (const Tensor &value : values)
    shapes.push_back(value.shape());
  if (auto found = models.find(shapes); found != models.end())
    return found->second.get();
  if (models.size() == kMostEntries)
    return error(Code::Calibration, "expected samples of at most ", kMostEntries,
                 " different shapes, found more")
        .withHint("resize or pad them to fewer sizes");
  CompileOptions compileOptions;
  compileOptions.model = options.model;
  compileOptions.target = "cpu:native";
  compileOptions.observe = true;
  compileOptions.quantization.recipe = options.recipe;
  compileOptions.quantization.statistics = options.statistics;
  compileOptions.collect = options.collect;
  compileOptions.magnitudes = options.magnitudes;
  compileOptions.threads = static_cast<unsigned>(options.threads);
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].type.isStatic())
      compileOptions.model.shapes[inputs[i].name] = shapes[i];
  LIMBECK_ASSIGN(std::vector<std::byte> artifact, options.worker
                                                      ? compileInWorker(compileOptions, {}, progress)
                                                      : compile(compileOptions, progress));
  LIMBECK_ASSIGN(std::unique_ptr<ObservedModel> model,
                 ObservedModel::load(artifact, outputs, options.threads));
  return models.emplace(std::move(shapes), std::move(model)).first->second.get();
}

} // namespace limbeck::session
