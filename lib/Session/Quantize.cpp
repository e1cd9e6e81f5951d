// quantize: what the rules choose, calibration, compilation, and the comparison with float.
#include "limbeck/Session/Quantize.h"
#include "Compiler.h"
#include "Executable.h"
#include "TemporaryFolder.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Session/Calibrate.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include <filesystem>
#include <set>

namespace limbeck::session {

int64_t heldBackSamples(int64_t samples) {
  constexpr int64_t fewest = 16, least = 8, most = 64;
  return samples < fewest ? 0 : std::clamp(samples / 10, least, most);
}

std::optional<double> QuantizeReport::leastSignalToNoise() const {
  std::optional<double> least;
  for (const OutputComparison &output : accuracy)
    least = std::min(least.value_or(INFINITY), output.signalToNoise());
  return least;
}

std::optional<double> QuantizeReport::speedup() const {
  if (!speed || speed->baselines.empty() || speed->model.p50Ms <= 0)
    return std::nullopt;
  return speed->baselines.front().p50Ms / speed->model.p50Ms;
}

namespace {
class Quantizer {
public:
  Quantizer(const QuantizeOptions &options, TemporaryFolder folder, const Progress &progress)
      : options(options), folder(std::move(folder)), progress(progress), compiled(options.compile) {
    compiled.quantization.enabled = true;
  }

  Expected<QuantizeReport> run();

private:
  Status choose();
  Status collect();
  Expected<std::vector<std::byte>> compileAs(CompileOptions what);
  Expected<std::string> artifactFile(bool quantized);
  Status measureAccuracy();
  Status measureSpeed();

  const QuantizeOptions &options;
  TemporaryFolder folder;
  const Progress &progress;
  CompileOptions compiled; ///< with the statistics that are used
  QuantizeReport report;
  std::vector<NamedType> inputs;
  std::set<int64_t> heldBack; ///< indices of samples
  int64_t observed = 0;       ///< tensors that need statistics
  bool byGram = false;        ///< whether some are Gram matrices
  std::string floatArtifact, quantizedArtifact;
};
} // namespace

/// Runs the rules on the float graph, as compilation will.
Status Quantizer::choose() {
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(compiled.model));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(compiled.model.path, choices.front().options));
  for (size_t i = 0; i < model.inputs.size(); ++i)
    inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  quantize::Recipe recipe;
  if (!compiled.quantization.recipe.empty()) {
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe(compiled.quantization.recipe, "recipe"));
  }
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, "f32"));
  LIMBECK_TRY(compiler.run(*module, pipeline::Stage::Import, pipeline::Stage::Graph));
  bool quantizedAlready = false;
  module->walk([&](mlir::Operation *op) {
    quantizedAlready |= mlir::isa<graph::QuantizeByOp, graph::DequantizeByOp, graph::RequantizeByOp>(op);
  });
  if (quantizedAlready)
    return error(Code::Unsupported, "expected a float model, found one that is quantized already")
        .atFile(compiled.model.path)
        .withHint("limbeck compile takes it as it is");
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    passes.addPass(quantize::createInsertObserversPass(std::move(recipe)));
  }));
  QuantizationChoice &choice = report.choice;
  module->walk([&](mlir::Operation *op) {
    if (auto stat = mlir::dyn_cast<calib::StatOp>(op)) {
      ++observed;
      choice.tensors += stat.getStorage().has_value();
    }
    auto contraction = mlir::dyn_cast<graph::ContractionOpInterface>(op);
    if (!contraction)
      return;
    auto decision = op->getAttrOfType<mlir::DictionaryAttr>(quantize::kDecisionAttribute);
    auto results = mlir::cast<mlir::RankedTensorType>(op->getResult(0).getType());
    int64_t work = results.hasStaticShape() ? contraction.getMultiplyAdds() : 0;
    ++choice.contractions;
    choice.multiplyAdds += work;
    choice.quantized += decision != nullptr;
    auto method = decision ? decision.getAs<mlir::StringAttr>("weight_method") : mlir::StringAttr();
    byGram |= method && method.getValue() == "gptq";
    choice.quantizedMultiplyAdds += decision ? work : 0;
    if (!decision)
      choice.kept.push_back(
          {message(sourceNodes(op->getLoc()).empty() ? "" : sourceNodes(op->getLoc()).front()),
           "the recipe leaves it in float"});
  });
  for (const PassRemark &remark : compiler.remarks())
    for (KeptFloat &kept : choice.kept)
      if (remark.name == "kept-float" && llvm::is_contained(remark.nodes, kept.node))
        kept.reason = remark.reason;
  return {};
}

/// Statistics of the samples that are not held back.
Status Quantizer::collect() {
  if (options.dataSet.empty())
    return {};
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  LIMBECK_ASSIGN(int64_t samples, set.count());
  int64_t kept = heldBackSamples(samples);
  // Spread evenly, as sets are often sorted by class.
  for (int64_t i = 0; i < kept; ++i)
    heldBack.insert(i * samples / kept + samples / kept / 2);
  if (kept == 0)
    report.notes.push_back(
        message("accuracy is not measured: of ", samples, " samples none can be spared, 16 would do"));
  if (observed == 0)
    return {};
  CalibrateOptions calibration;
  calibration.collect.gram = byGram;
  calibration.model = compiled.model;
  calibration.dataSet = options.dataSet;
  calibration.recipe = compiled.quantization.recipe;
  calibration.collect.histogram = true;
  calibration.skip = [this](int64_t index) { return heldBack.contains(index); };
  calibration.threads = options.threads;
  calibration.worker = options.worker;
  LIMBECK_ASSIGN(CalibrateReport calibrated, calibrate(calibration, std::nullopt, progress));
  report.interrupted = calibrated.interrupted;
  for (std::string &note : calibrated.notes)
    report.notes.push_back(std::move(note));
  report.calibrationSamples = calibrated.statistics.samples;
  compiled.quantization.statistics = folder.file("stats.json");
  return calibration::writeStatistics(compiled.quantization.statistics, calibrated.statistics);
}

Expected<std::vector<std::byte>> Quantizer::compileAs(CompileOptions what) {
  return options.worker ? compileInWorker(what, {}, progress) : compile(what, progress);
}

/// An artifact for this machine: of the model as it was, or quantized.
Expected<std::string> Quantizer::artifactFile(bool quantized) {
  std::string &path = quantized ? quantizedArtifact : floatArtifact;
  if (!path.empty())
    return path;
  std::string file = folder.file(quantized ? "int8.lmb" : "float.lmb");
  if (quantized && compiled.product == Product::Artifact) {
    LIMBECK_TRY(writeFileAtomically(file, report.output));
    return path = file;
  }
  CompileOptions what = compiled;
  what.product = Product::Artifact;
  what.target = "cpu:native";
  what.to = pipeline::Stage::Lower;
  if (!quantized)
    what.quantization = {};
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, compileAs(std::move(what)));
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return path = file;
}

Status Quantizer::measureAccuracy() {
  if (heldBack.empty())
    return {};
  std::vector<std::unique_ptr<runtime::Context>> contexts;
  for (bool quantized : {false, true}) {
    LIMBECK_ASSIGN(std::string file, artifactFile(quantized));
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model, runtime::Model::load(file, {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(std::unique_ptr<runtime::Context> context,
                   runtime::Context::create(model, contextOptions));
    contexts.push_back(std::move(context));
  }
  for (const artifact::Port &port : contexts[0]->model().entries().front().outputs)
    report.accuracy.emplace_back(port.name);
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  return set.forEachSample([&](const Sample &sample) -> Status {
    if (!heldBack.contains(sample.index))
      return {};
    if (progress)
      progress("samples held back", static_cast<size_t>(report.heldBack), heldBack.size());
    LIMBECK_ASSIGN(std::vector<Tensor> expected, contexts[0]->run("", sample.values));
    LIMBECK_ASSIGN(std::vector<Tensor> found, contexts[1]->run("", sample.values));
    for (size_t i = 0; i < report.accuracy.size(); ++i)
      LIMBECK_TRY(report.accuracy[i].add(expected[i], found[i]));
    ++report.heldBack;
    return {};
  });
}

Status Quantizer::measureSpeed() {
  if (!options.measureSpeed)
    return {};
  BenchOptions benchOptions;
  LIMBECK_ASSIGN(benchOptions.model.path, artifactFile(true));
  LIMBECK_ASSIGN(std::string baseline, artifactFile(false));
  benchOptions.baselines = {baseline};
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  LIMBECK_ASSIGN(report.speed, bench(benchOptions, progress));
  return {};
}

Expected<QuantizeReport> Quantizer::run() {
  LIMBECK_TRY(choose());
  LIMBECK_TRY(collect());
  if (report.interrupted)
    return std::move(report);
  LIMBECK_ASSIGN(report.output, compileAs(compiled));
  LIMBECK_TRY(measureAccuracy());
  LIMBECK_TRY(measureSpeed());
  return std::move(report);
}

Expected<QuantizeReport> quantize(const QuantizeOptions &options, const Progress &progress) {
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  return Quantizer(options, std::move(folder), progress).run();
}

} // namespace limbeck::session
