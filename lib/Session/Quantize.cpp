// quantize: what the rules choose, calibration, compilation, and the comparison with float.
#include "limbeck/Session/Quantize.h"
#include "BiasErrors.h"
#include "Compiler.h"
#include "Executable.h"
#include "FloatModel.h"
#include "RangeAdvice.h"
#include "SameScaling.h"
#include "TemporaryFolder.h"
#include "limbeck/Calibration/Document.h"
#include "limbeck/Graph/IR/Calib.h"
#include "limbeck/Graph/IR/Conversion.h"
#include "limbeck/Graph/IR/Limbeck.h"
#include "limbeck/Pipeline/Pipelines.h"
#include "limbeck/Quantize/Passes.h"
#include "limbeck/Session/Calibrate.h"
#include "limbeck/Session/DataSet.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include "llvm/ADT/StringExtras.h"
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
  Status advise();
  Expected<std::vector<std::byte>> compileAs(CompileOptions what);
  Status prepareMeasuring();
  bool hasOpenInputs() const;
  Status takeShapes(SourceModel &model, int64_t index) const;
  Status checkScaling(const calibration::Statistics &statistics) const;
  Expected<std::string> artifactFile(bool quantized);
  Status measureAccuracy();
  Status measureSpeed();

  const QuantizeOptions &options;
  TemporaryFolder folder;
  const Progress &progress;
  CompileOptions compiled;                ///< with the statistics that are used
  std::optional<CompileOptions> measured; ///< for an artifact that this machine runs
  QuantizeReport report;
  RangeAdvice advice;
  std::vector<NamedType> inputs;
  std::set<int64_t> heldBack;  ///< indices of samples
  int64_t observed = 0;        ///< tensors that need statistics
  calibration::Collect needed; ///< beside histograms
  bool measureBiases = false;  ///< whether some are corrected by runs
  std::string floatArtifact, quantizedArtifact;
};
} // namespace

/// What a contraction becomes, in the words of reports.
static std::string formOf(mlir::DictionaryAttr decision) {
  auto is = [&](const char *key, const char *value) {
    auto found = decision.getAs<mlir::StringAttr>(key);
    return found && found.getValue() == value;
  };
  std::string form = is("weights", "s8") ? "int8" : "int4";
  return is("quantize", "weights") ? form + " weights" : form;
}

std::string QuantizationChoice::formText() const {
  return forms.empty() ? "integers" : llvm::join(forms, ", ");
}

/// Runs the rules on the float graph, as compilation will.
Status Quantizer::choose() {
  LIMBECK_TRY(expectModel(compiled.model.path));
  LIMBECK_ASSIGN(std::vector<EntryChoice> choices, entryChoices(compiled.model));
  // Calibration takes its time: what compilation asks for is asked for now.
  if (compiled.to == pipeline::Stage::Lower)
    LIMBECK_TRY(importStatic(compiled.model.path, choices.front().options).status());
  LIMBECK_ASSIGN(importer::Options open, onlyChoice(withoutSeveralValues(compiled.model)));
  LIMBECK_ASSIGN(importer::Model model, importer::importFile(compiled.model.path, open));
  for (size_t i = 0; i < model.inputs.size(); ++i)
    inputs.push_back({model.inputNames[i], model.values[model.inputs[i]].type});
  quantize::Recipe recipe;
  if (!compiled.quantization.recipe.empty()) {
    LIMBECK_ASSIGN(recipe, quantize::parseRecipe(compiled.quantization.recipe, "recipe"));
  }
  Compiler compiler;
  LIMBECK_ASSIGN(mlir::OwningOpRef<mlir::ModuleOp> module, compiler.import(model, "f32"));
  LIMBECK_TRY(compiler.run(*module, pipeline::Stage::Import, pipeline::Stage::Graph));
  LIMBECK_TRY(expectFloatModel(*module, compiled.model.path));
  LIMBECK_TRY(compiler.run(*module, [&](mlir::OpPassManager &passes) {
    passes.addPass(quantize::createInsertObserversPass(std::move(recipe)));
  }));
  advice.read(*module);
  QuantizationChoice &choice = report.choice;
  module->walk([&](mlir::Operation *op) {
    if (auto stat = mlir::dyn_cast<calib::StatOp>(op)) {
      ++observed;
      if (auto storage = stat.getStorage()) {
        ++choice.tensors;
        auto type = graph::toDType(*storage);
        ++choice.ranges[{type.ok() ? std::string(name(*type)) : "integers", stat.getMethod().str()}];
      }
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
    if (decision)
      choice.forms.insert(formOf(decision));
    auto method = decision ? decision.getAs<mlir::StringAttr>("weight_method") : mlir::StringAttr();
    auto corrected = decision ? decision.getAs<mlir::StringAttr>("correct_bias") : mlir::StringAttr();
    needed.gram |= method && (method.getValue() == "gptq" || method.getValue() == "awq");
    needed.means |= corrected && corrected.getValue() == "means";
    measureBiases |= corrected && corrected.getValue() == "runs";
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
  if (choice.quantized == 0)
    report.notes.push_back(choice.contractions
                               ? "nothing is quantized: every convolution and matrix product stays float"
                               : "nothing is quantized: there is no convolution and no matrix product");
  for (const Diagnostic &warning : compiler.warnings())
    report.notes.push_back(warning.message);
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
  if (kept == 0 && options.needAccuracy)
    return error(Code::InputData, "expected at least 16 samples with --min-sqnr, found ", samples)
        .atFile(options.dataSet);
  if (kept == 0)
    report.notes.push_back(
        message("accuracy is not measured: of ", samples, " samples none can be spared, 16 would do"));
  if (observed == 0)
    return {};
  CalibrateOptions calibration;
  calibration.collect = needed;
  calibration.model = withoutSeveralValues(compiled.model);
  calibration.dataSet = options.dataSet;
  calibration.recipe = compiled.quantization.recipe;
  calibration.collect.histogram = true;
  calibration.skip = [this](int64_t index) { return heldBack.contains(index); };
  calibration.threads = options.threads;
  calibration.worker = options.worker;
  LIMBECK_ASSIGN(CalibrateReport calibrated, calibrateSmoothed(calibration, std::nullopt, progress));
  report.interrupted = calibrated.interrupted;
  for (std::string &note : calibrated.notes)
    report.notes.push_back(std::move(note));
  report.calibrationSamples = calibrated.statistics.samples;
  if (report.interrupted)
    return {};
  LIMBECK_TRY(checkScaling(calibrated.statistics));
  if (measureBiases) {
    BiasErrorOptions biases{calibration.model, calibration.recipe, options.dataSet,
                            calibration.skip,  options.threads,    options.worker};
    LIMBECK_ASSIGN(BiasErrorReport found, measureBiasErrors(biases, calibrated.statistics, progress));
    if ((report.interrupted = found.interrupted))
      return {};
    if (found.samples < std::min(kBiasSamples, report.calibrationSamples))
      report.notes.push_back(message("biases are corrected by ", found.samples,
                                     " samples: the others have other shapes than the first"));
  }
  compiled.quantization.statistics = folder.file("stats.json");
  return calibration::writeStatistics(compiled.quantization.statistics, calibrated.statistics);
}

/// Whether the samples were seen by the model that is compiled.
Status Quantizer::checkScaling(const calibration::Statistics &statistics) const {
  if (statistics.scaling.empty() || !hasOpenInputs())
    return {};
  SourceModel model = withoutSeveralValues(compiled.model);
  int64_t first = 0;
  while (heldBack.contains(first))
    ++first;
  LIMBECK_TRY(takeShapes(model, first));
  return expectSameScaling(model, compiled.model, compiled.quantization.recipe, statistics);
}

/// Whether the statistics speak for what was chosen.
Status Quantizer::advise() {
  if (compiled.quantization.statistics.empty())
    return {};
  LIMBECK_ASSIGN(calibration::Statistics statistics,
                 calibration::readStatistics(compiled.quantization.statistics));
  if (options.dataSet.empty() && !statistics.scaling.empty() && hasOpenInputs())
    report.notes.push_back(
        "not checked: whether smooth and equalize found the same channels when the statistics "
        "were collected, as shapes are open here; --data checks it");
  report.clipped = advice.clipped(statistics);
  for (std::string &note : advice.notes(statistics))
    report.notes.push_back(std::move(note));
  return {};
}

Expected<std::vector<std::byte>> Quantizer::compileAs(CompileOptions what) {
  auto bytes = options.worker ? compileInWorker(what, {}, progress) : compile(what, progress);
  // Statistics of samples are in a file of ours, of which the user knows nothing.
  if (!bytes.ok() && !options.dataSet.empty() && bytes.diagnostic().file == what.quantization.statistics)
    bytes.diagnostic().atFile(options.dataSet);
  return bytes;
}

/// What this machine can run of the product, or of what the product would be compiled to; a note where it cannot.
Status Quantizer::prepareMeasuring() {
  if (heldBack.empty() && !options.measureSpeed)
    return {};
  bool linked = compiled.product == Product::Artifact || compiled.product == Product::Object ||
                compiled.product == Product::SharedObject;
  LIMBECK_ASSIGN(std::optional<std::string> target, runnableTarget(linked ? compiled.target : "cpu:native"));
  if (!target) {
    report.measurable = false;
    report.notes.push_back(
        message("accuracy and time are not measured on this machine: it does not run ", compiled.target));
    return {};
  }
  CompileOptions what = compiled;
  what.product = Product::Artifact;
  what.target = *target;
  what.to = pipeline::Stage::Lower;
  what.quantization.last = pipeline::QuantizationStep::Round;
  what.model = withoutSeveralValues(what.model);
  if (hasOpenInputs()) {
    if (options.dataSet.empty()) {
      report.notes.push_back("time is not measured: --shape or --dim would fix what is open");
      return {};
    }
    LIMBECK_TRY(takeShapes(what.model, heldBack.empty() ? 0 : *heldBack.begin()));
  }
  measured = std::move(what);
  return {};
}

bool Quantizer::hasOpenInputs() const {
  return std::ranges::any_of(inputs, [](const NamedType &input) { return !input.type.isStatic(); });
}

/// What is open about inputs is as in the sample of that index.
Status Quantizer::takeShapes(SourceModel &model, int64_t index) const {
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  bool found = false;
  Status status = set.forEachSample([&](const Sample &sample) -> Status {
    if (sample.index != index)
      return {};
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!inputs[i].type.isStatic())
        model.shapes[inputs[i].name] = sample.values[i].shape();
    found = true;
    return error(Code::Run, "one sample is enough");
  });
  return found ? Status() : status;
}

/// An artifact for this machine: of the model as it was, or quantized.
Expected<std::string> Quantizer::artifactFile(bool quantized) {
  std::string &path = quantized ? quantizedArtifact : floatArtifact;
  if (!path.empty())
    return path;
  std::string file = folder.file(quantized ? "int8.lmb" : "float.lmb");
  bool isProduct = compiled.product == Product::Artifact && measured->model.shapes == compiled.model.shapes;
  if (quantized && isProduct) {
    LIMBECK_TRY(writeFileAtomically(file, report.output));
    return path = file;
  }
  CompileOptions what = *measured;
  if (!quantized)
    what.quantization = {};
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, compileAs(std::move(what)));
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return path = file;
}

Status Quantizer::measureAccuracy() {
  if (heldBack.empty() || !measured)
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
  if (!options.measureSpeed || !measured)
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
  LIMBECK_TRY(advise());
  LIMBECK_ASSIGN(report.output, compileAs(compiled));
  LIMBECK_TRY(prepareMeasuring());
  LIMBECK_TRY(measureAccuracy());
  LIMBECK_TRY(measureSpeed());
  return std::move(report);
}

Expected<QuantizeReport> quantize(const QuantizeOptions &options, const Progress &progress) {
  CatchInterrupt interrupt; // so that the folder goes
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  Expected<QuantizeReport> report = Quantizer(options, std::move(folder), progress).run();
  if (int code = interrupt.take()) {
    QuantizeReport ended;
    ended.interrupted = code;
    return ended;
  }
  return report;
}

} // namespace limbeck::session
