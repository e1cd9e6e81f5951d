// quantize: what the rules choose, calibration, compilation, and the comparison with float.
#include "limbeck/Session/Quantize.h"
#include "BiasErrors.h"
#include "Compiler.h"
#include "Executable.h"
#include "FloatModel.h"
#include "RangeAdvice.h"
#include "SameScaling.h"
#include "SampleCheck.h"
#include "TemporaryFolder.h"
#include "VariantModel.h"
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

std::optional<Speedup> QuantizeReport::speedup() const {
  if (!speed || speed->baselines.empty() || speed->model.p50Ms <= 0)
    return std::nullopt;
  return speedupOf(speed->model, speed->baselines.front());
}

namespace {
/// The float model and the quantized one, for samples of one signature.
struct ModelPair {
  std::unique_ptr<runtime::Context> exact, quantized;
};

class Quantizer {
public:
  Quantizer(const QuantizeOptions &options, TemporaryFolder folder, CatchInterrupt &interrupt,
            const Progress &progress)
      : options(options), folder(std::move(folder)), interrupt(interrupt), progress(progress),
        compiled(options.compile) {
    compiled.quantization.enabled = true;
  }

  Expected<QuantizeReport> run();

private:
  Status make();
  Status choose();
  Status collect();
  Status expectFiniteSet(const DataSet &set);
  Status advise();
  Expected<std::vector<std::byte>> compileAs(CompileOptions what);
  Status prepareMeasuring();
  bool hasOpenInputs() const;
  Status checkScaling(const calibration::Statistics &statistics) const;
  SourceModel sourceFor(SourceModel source, std::span<const Tensor> values) const;
  Expected<SourceModel> sourceOfSample(SourceModel source, int64_t index) const;
  Expected<std::string> artifactFile(bool quantized, const SourceModel &source);
  Expected<std::unique_ptr<runtime::Context>> contextFor(bool quantized, const SourceModel &source);
  Expected<ModelPair *> modelsFor(std::span<const Tensor> values);
  Status measureAccuracy();
  Status measureSpeed();

  const QuantizeOptions &options;
  TemporaryFolder folder;
  CatchInterrupt &interrupt;
  const Progress &progress;
  CompileOptions compiled;                ///< with the statistics that are used
  std::optional<CompileOptions> measured; ///< for an artifact that this machine runs
  QuantizeReport report;
  RangeAdvice advice;
  std::vector<NamedType> inputs;
  std::set<int64_t> heldBack;  ///< indices of samples that accuracy is measured with
  int64_t observed = 0;        ///< tensors that need statistics
  calibration::Collect needed; ///< beside histograms
  bool measureBiases = false;  ///< whether some are corrected by runs
  bool collected = false;      ///< statistics of this run, in a file of ours
  std::map<std::pair<bool, std::map<std::string, Shape>>, std::string> artifacts; ///< files, by shapes
  std::map<std::map<std::string, Shape>, ModelPair> pairs;                        ///< by shapes
};
} // namespace

/// How the input of a contraction is stored; nothing where that is not observed.
static std::optional<DType> inputStorage(mlir::Operation *contraction, mlir::ModuleOp module) {
  auto observed = observedAs(contraction->getOperand(0));
  auto stat = observed ? module.lookupSymbol<calib::StatOp>(*observed) : calib::StatOp();
  if (!stat || !stat.getStorage())
    return std::nullopt;
  auto type = graph::toDType(*stat.getStorage());
  return type.ok() ? std::optional(*type) : std::nullopt;
}

/// What a contraction becomes, in the words of reports.
static std::string formOf(mlir::DictionaryAttr decision, std::optional<DType> input) {
  auto is = [&](const char *key, const char *value) {
    auto found = decision.getAs<mlir::StringAttr>(key);
    return found && found.getValue() == value;
  };
  std::string form = is("weights", "s8") ? "int8" : "int4";
  if (is("quantize", "weights"))
    return form + " weights";
  return input && bitWidth(*input) > 8 ? message(form, " with activations of ", name(*input)) : form;
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
      choice.forms.insert(formOf(decision, inputStorage(op, *module)));
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
  if (observed == 0 && choice.quantized > 0 && !compiled.quantization.statistics.empty())
    report.notes.push_back(
        "the statistics are not needed: nothing is rounded by the ranges that samples had");
  return {};
}

/// Where nothing is calibrated, nothing else looks at samples that accuracy is not measured with.
Status Quantizer::expectFiniteSet(const DataSet &set) {
  return set.forEachSample([&](const Sample &sample) -> Status {
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    return expectFinite(sample);
  });
}

/// Statistics of the samples that are not held back.
Status Quantizer::collect() {
  if (options.dataSet.empty()) {
    if (report.choice.quantized > 0 && compiled.quantization.last == pipeline::QuantizationStep::Round)
      report.notes.push_back("accuracy is not measured: there are no samples; --data SET measures it");
    return {};
  }
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  LIMBECK_ASSIGN(int64_t samples, set.count());
  if (!compiled.quantization.statistics.empty()) {
    report.unseen = false;
    for (int64_t i = 0; i < samples; ++i)
      heldBack.insert(heldBack.end(), i);
    return expectFiniteSet(set);
  }
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
    return expectFiniteSet(set);
  CalibrateOptions calibration;
  calibration.collect = needed;
  calibration.model = withoutSeveralValues(compiled.model);
  calibration.dataSet = options.dataSet;
  calibration.recipe = compiled.quantization.recipe;
  calibration.collect.histogram = true;
  calibration.skip = [this](int64_t index) { return heldBack.contains(index); };
  calibration.checkSkipped = true;
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
  collected = true;
  return calibration::writeStatistics(compiled.quantization.statistics, calibrated.statistics);
}

/// Whether the samples were seen by the model that is compiled.
Status Quantizer::checkScaling(const calibration::Statistics &statistics) const {
  if (statistics.scaling.empty() || !hasOpenInputs())
    return {};
  int64_t first = 0;
  while (heldBack.contains(first))
    ++first;
  LIMBECK_ASSIGN(SourceModel model, sourceOfSample(withoutSeveralValues(compiled.model), first));
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
  if (!bytes.ok() && collected && bytes.diagnostic().file == what.quantization.statistics)
    bytes.diagnostic().atFile(options.dataSet);
  return bytes;
}

/// What this machine can run of the product, or of what the product would be compiled to; a note where it cannot.
Status Quantizer::prepareMeasuring() {
  if (!options.measure || (heldBack.empty() && !options.measureSpeed))
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
  }
  measured = std::move(what);
  return {};
}

bool Quantizer::hasOpenInputs() const {
  return std::ranges::any_of(inputs, [](const NamedType &input) { return !input.type.isStatic(); });
}

/// The model with what is open about its inputs as in these.
SourceModel Quantizer::sourceFor(SourceModel source, std::span<const Tensor> values) const {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].type.isStatic())
      source.shapes[inputs[i].name] = values[i].shape();
  return source;
}

/// The same for the sample of that index.
Expected<SourceModel> Quantizer::sourceOfSample(SourceModel model, int64_t index) const {
  if (!hasOpenInputs())
    return model;
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  std::optional<SourceModel> source;
  Status status = set.forEachSample([&](const Sample &sample) -> Status {
    if (sample.index != index)
      return {};
    source = sourceFor(model, sample.values);
    return error(Code::Run, "one sample is enough");
  });
  if (!source)
    return status.diagnostic();
  return std::move(*source);
}

/// An artifact for this machine: of the model as it was, or quantized.
Expected<std::string> Quantizer::artifactFile(bool quantized, const SourceModel &source) {
  std::string &path = artifacts[{quantized, source.shapes}];
  if (!path.empty())
    return path;
  std::string file = folder.file(message(quantized ? "int8-" : "float-", artifacts.size(), ".lmb"));
  bool isProduct = compiled.product == Product::Artifact && source.shapes == compiled.model.shapes;
  if (quantized && isProduct) {
    LIMBECK_TRY(writeFileAtomically(file, report.output));
    return path = file;
  }
  CompileOptions what = *measured;
  what.model = source;
  if (!quantized)
    what.quantization = {};
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, compileAs(std::move(what)));
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return path = file;
}

Expected<std::unique_ptr<runtime::Context>> Quantizer::contextFor(bool quantized, const SourceModel &source) {
  LIMBECK_ASSIGN(std::string file, artifactFile(quantized, source));
  LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> model, runtime::Model::load(file, {}));
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  return runtime::Context::create(model, contextOptions);
}

/// Compiles when these shapes are new, as calibration does.
Expected<ModelPair *> Quantizer::modelsFor(std::span<const Tensor> values) {
  SourceModel source = sourceFor(measured->model, values);
  if (auto found = pairs.find(source.shapes); found != pairs.end())
    return &found->second;
  if (pairs.size() == kMostEntries)
    return error(Code::InputData, "expected samples of at most ", kMostEntries,
                 " different shapes, found more")
        .withHint("resize or pad them to fewer sizes");
  ModelPair pair;
  LIMBECK_ASSIGN(pair.exact, contextFor(false, source));
  LIMBECK_ASSIGN(pair.quantized, contextFor(true, source));
  return &pairs.emplace(source.shapes, std::move(pair)).first->second;
}

Status Quantizer::measureAccuracy() {
  if (heldBack.empty() || !measured)
    return {};
  LIMBECK_ASSIGN(DataSet set, DataSet::open(options.dataSet, inputs));
  LIMBECK_TRY(set.forEachSample([&](const Sample &sample) -> Status {
    if ((report.interrupted = interrupt.take()))
      return error(Code::Run, "interrupted");
    if (!heldBack.contains(sample.index))
      return {};
    if (progress)
      progress(report.unseen ? "samples held back" : "samples", static_cast<size_t>(report.heldBack),
               heldBack.size());
    auto models = modelsFor(sample.values);
    if (!models.ok())
      return models.diagnostic().code == Code::InputData ? inSample(sample, models.status())
                                                         : models.status();
    LIMBECK_ASSIGN(std::vector<Tensor> expected, (*models)->exact->run("", sample.values));
    LIMBECK_ASSIGN(std::vector<Tensor> found, (*models)->quantized->run("", sample.values));
    if (report.accuracy.empty())
      for (const artifact::Port &port : (*models)->exact->model().entries().front().outputs)
        report.accuracy.emplace_back(port.name);
    for (size_t i = 0; i < report.accuracy.size(); ++i)
      LIMBECK_TRY(report.accuracy[i].add(expected[i], found[i]));
    ++report.heldBack;
    return {};
  }));
  if (pairs.size() > 1)
    report.notes.push_back(message("accuracy is that of ", pairs.size(), " shapes of inputs together",
                                   options.measureSpeed ? ", time that of the first of these samples" : ""));
  return {};
}

Status Quantizer::measureSpeed() {
  if (!options.measureSpeed || !measured)
    return {};
  BenchOptions benchOptions;
  LIMBECK_ASSIGN(SourceModel source,
                 sourceOfSample(measured->model, heldBack.empty() ? 0 : *heldBack.begin()));
  LIMBECK_ASSIGN(benchOptions.model.path, artifactFile(true, source));
  LIMBECK_ASSIGN(std::string baseline, artifactFile(false, source));
  benchOptions.baselines = {baseline};
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  LIMBECK_ASSIGN(report.speed, bench(benchOptions, progress));
  if (auto speedup = report.speedup(); speedup && speedup->isSlower()) {
    bool wide = std::ranges::any_of(report.choice.ranges, [](const auto &range) {
      return range.first.first == "u16" || range.first.first == "s16";
    });
    report.notes.push_back(
        message(report.choice.formText(), " is slower than float on this machine",
                wide ? ": activations of 16 bits cost more than those of 8" : "",
                "; bench --baseline --per-layer shows where, --fail-if-slower refuses it"));
  }
  return {};
}

Status Quantizer::make() {
  LIMBECK_TRY(choose());
  LIMBECK_TRY(collect());
  if (report.interrupted)
    return {};
  LIMBECK_TRY(advise());
  LIMBECK_ASSIGN(report.output, compileAs(compiled));
  LIMBECK_TRY(prepareMeasuring());
  LIMBECK_TRY(measureAccuracy());
  return measureSpeed();
}

Expected<QuantizeReport> Quantizer::run() {
  Status status = make();
  if (!status.ok() && !report.interrupted)
    return status.diagnostic();
  return std::move(report);
}

Expected<QuantizeReport> quantize(const QuantizeOptions &options, const Progress &progress) {
  CatchInterrupt interrupt; // so that the folder goes
  LIMBECK_ASSIGN(TemporaryFolder folder, TemporaryFolder::create());
  Expected<QuantizeReport> report = Quantizer(options, std::move(folder), interrupt, progress).run();
  if (int code = interrupt.take()) {
    QuantizeReport ended;
    ended.interrupted = code;
    return ended;
  }
  return report;
}

} // namespace limbeck::session
