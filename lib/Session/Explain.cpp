// explain: three rounds of runs over the samples - what each layer costs, what could help it, what the chosen repairs gain.
#include "limbeck/Session/Explain.h"
#include "SampleCheck.h"
#include "TemporaryFolder.h"
#include "VariantModel.h"
#include "limbeck/Session/Bench.h"
#include "limbeck/Session/FileKind.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/File.h"
#include "llvm/Support/Regex.h"
#include <algorithm>
#include <cmath>

namespace limbeck::session {

using quantize::WeightVariant;

namespace {
/// Noise of outputs against those of the float model, over samples.
class OutputNoise {
public:
  void add(std::span<const Tensor> exact, std::span<const Tensor> found) {
    noise.resize(exact.size());
    signal.resize(exact.size());
    for (size_t output = 0; output < exact.size(); ++output) {
      if (exact[output].dtype() == DType::F32) {
        std::span<const float> x = exact[output].values<float>(), y = found[output].values<float>();
        for (size_t i = 0; i < x.size(); ++i)
          addOne(output, static_cast<double>(x[i]), static_cast<double>(y[i]));
      } else {
        for (int64_t i = 0; i < exact[output].size(); ++i)
          addOne(output, exact[output].asDouble(i), found[output].asDouble(i));
      }
    }
  }
  /// The greatest over outputs of noise / signal.
  double ratio() const {
    double worst = 0;
    for (size_t output = 0; output < noise.size(); ++output)
      if (noise[output] != 0)
        // NaN differs as much as anything can.
        worst =
            std::max(worst, noise[output] / signal[output] >= 0 ? noise[output] / signal[output] : INFINITY);
    return worst;
  }
  double decibels() const { return -10 * std::log10(ratio()); }

private:
  void addOne(size_t output, double x, double y) {
    signal[output] += x * x;
    noise[output] += (x - y) * (x - y);
  }
  std::vector<double> signal, noise;
};

/// A way to choose the ranges of what a layer reads; without a method, the recipe's.
struct RangeChoice {
  const char *method, *percentile;
};
constexpr RangeChoice kRangeChoices[] = {
    {nullptr, nullptr},     {"minmax", nullptr},  {"avg-minmax", nullptr}, {"percentile", "99.99"},
    {"percentile", "99.9"}, {"entropy", nullptr}, {"mse", nullptr}};
constexpr WeightVariant kWeightChoices[] = {WeightVariant::Recipe, WeightVariant::Channels,
                                            WeightVariant::LeastSquares};

/// What helps one layer: indices of the tables above, or float.
struct Choice {
  size_t range = 0, weights = 0;
  bool keepFloat = false;
  int changes() const { return (range != 0) + (weights != 0); }
};

class Explainer {
public:
  Explainer(const ExplainOptions &options, TemporaryFolder folder, const Progress &progress)
      : options(options), folder(std::move(folder)), progress(progress) {}
  Expected<ExplainReport> run();

private:
  using Ask = std::vector<std::pair<Variant, OutputNoise *>>;

  Status open();
  Status forSamples(std::string_view what, size_t runs, const std::function<Status(const Sample &)> &use);
  Status answer(std::string_view what, Ask &questions);
  Status rank();
  Status findRepairs();
  Status judgeRepairs();
  Status compileRepairs();
  std::vector<std::optional<calibration::Range>> rangesOf(const RoundedLayer &layer,
                                                          const RangeChoice &choice) const;
  bool applyRange(Variant &variant, const RoundedLayer &layer, const RangeChoice &choice) const;
  void applyRepair(Variant &variant, const RoundedLayer &layer, const Choice &choice,
                   const std::vector<bool> &stored) const;
  Expected<std::vector<bool>> storedBeside(std::span<const size_t> places) const;
  std::vector<quantize::Rule> rulesOf(const RoundedLayer &layer, const Choice &choice) const;
  bool hasRules(const RoundedLayer &layer, const Choice &choice) const;
  std::string about(const Choice &choice) const;
  Expected<std::string> compiled(const std::string &name, bool quantized, const quantize::Recipe &recipe);
  quantize::Recipe recipeWith(size_t first, size_t count) const;
  size_t worst() const { return std::min(options.worst, order.size()); }

  const ExplainOptions &options;
  TemporaryFolder folder;
  const Progress &progress;
  SourceModel source;
  std::optional<DataSet> data;
  std::shared_ptr<const calibration::Statistics> statistics;
  std::unique_ptr<VariantModel> model;
  std::vector<size_t> order;   ///< of layers, the worst first
  std::vector<Choice> choices; ///< per place in `order`
  CatchInterrupt interrupt;
  ExplainReport report;
};
} // namespace

Status Explainer::open() {
  LIMBECK_TRY(expectModel(options.model.path));
  LIMBECK_ASSIGN(calibration::Statistics read, calibration::readStatistics(options.statistics));
  statistics = std::make_shared<const calibration::Statistics>(std::move(read));
  source = options.model;
  LIMBECK_ASSIGN(importer::Options importOptions, onlyChoice(source));
  LIMBECK_ASSIGN(importer::Model imported, importer::importFile(source.path, importOptions));
  std::vector<NamedType> inputs;
  for (size_t i = 0; i < imported.inputs.size(); ++i)
    inputs.push_back({imported.inputNames[i], imported.values[imported.inputs[i]].type});
  LIMBECK_ASSIGN(data, DataSet::open(options.dataSet, inputs));
  LIMBECK_ASSIGN(int64_t count, data->count());
  report.samples = std::min(options.samples, count);
  if (report.samples == 0)
    return error(Code::Calibration, "expected at least one sample, found none").atFile(options.dataSet);
  // What the flags leave open is as in the first sample.
  bool first = true;
  Status status = data->forEachSample([&](const Sample &sample) -> Status {
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!inputs[i].type.isStatic())
        source.shapes[inputs[i].name] = sample.values[i].shape();
    first = false;
    return error(Code::Run, "enough samples");
  });
  if (first)
    return status;
  VariantOptions variantOptions;
  variantOptions.model = source;
  variantOptions.recipe = quantize::recipeText(options.recipe);
  variantOptions.statistics = statistics;
  variantOptions.threads = options.threads;
  variantOptions.worker = options.worker;
  LIMBECK_ASSIGN(model, VariantModel::create(variantOptions, progress));
  return {};
}

Status Explainer::forSamples(std::string_view what, size_t runs,
                             const std::function<Status(const Sample &)> &use) {
  bool enough = false;
  Status status = data->forEachSample([&](const Sample &sample) -> Status {
    if (sample.index >= report.samples) {
      enough = true;
      return error(Code::Run, "enough samples");
    }
    if (progress)
      progress(what, static_cast<size_t>(sample.index) * runs, static_cast<size_t>(report.samples) * runs);
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
    size_t done = 0;
    for (auto &[variant, noise] : questions) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, model->run(sample.values, variant));
      noise->add(expected, found);
      if ((report.interrupted = interrupt.take()))
        return error(Code::Run, "interrupted");
      if (progress)
        progress(what, static_cast<size_t>(sample.index) * questions.size() + ++done,
                 static_cast<size_t>(report.samples) * questions.size());
    }
    return {};
  });
}

/// The first round: each layer alone, and with all before it.
Status Explainer::rank() {
  const std::vector<RoundedLayer> &layers = model->layers;
  std::vector<OutputNoise> isolated(layers.size()), cumulative(layers.size());
  std::vector<MeasuredTensor> measured;
  Ask questions;
  Variant before = model->variant(false);
  for (size_t i = 0; i < layers.size(); ++i) {
    Variant alone = model->variant(false);
    alone.apply(layers[i]);
    before.apply(layers[i]);
    questions.emplace_back(std::move(alone), &isolated[i]);
    questions.emplace_back(before, &cumulative[i]);
  }
  LIMBECK_TRY(answer("layers, each alone", questions));
  LIMBECK_TRY(forSamples("tensors", 1,
                         [&](const Sample &sample) { return model->measure(sample.values, measured); }));
  report.quantized = cumulative.back().decibels();
  for (size_t i = 0; i < layers.size(); ++i)
    order.push_back(i);
  std::ranges::sort(order, std::less(), [&](size_t i) { return std::pair(-isolated[i].ratio(), i); });
  for (size_t i : order) {
    LayerError layer;
    layer.node = layers[i].node;
    layer.operatorType = layers[i].operatorType;
    layer.place = i;
    layer.isolated = isolated[i].decibels();
    layer.cumulative = cumulative[i].decibels();
    for (size_t number : layers[i].tensors) {
      const RoundedTensor &tensor = model->tensors[number];
      TensorError entry{tensor.name, tensor.method, std::string(name(tensor.storage)), INFINITY, 1, 0, {}};
      std::array<double, quantize::kMeasuredParts> sums{};
      int64_t elements = 0;
      for (const MeasuredTensor &one : measured)
        if (one.name == tensor.name) {
          elements += one.elements;
          for (size_t part = 0; part < sums.size(); ++part)
            sums[part] += one.sums[part];
        }
      double product = (sums[quantize::Signal] + sums[quantize::Rounded] - sums[quantize::Noise]) / 2;
      entry.signalToNoise = 10 * std::log10(sums[quantize::Signal] / sums[quantize::Noise]);
      if (double norms = sums[quantize::Signal] * sums[quantize::Rounded]; norms > 0)
        entry.cosine = std::min(1.0, product / std::sqrt(norms));
      if (elements > 0)
        entry.clipped = sums[quantize::Clipped] / static_cast<double>(elements);
      if (auto found = statistics->tensors.find(tensor.name); found != statistics->tensors.end()) {
        auto most = found->second.range(calibration::Method::Percentile, 99.9, tensor.storage, false);
        double extent = static_cast<double>(tensor.range.greatest) - static_cast<double>(tensor.range.least);
        if (most.ok() && extent > 0)
          entry.used = std::min(
              1.0, (static_cast<double>(most->greatest) - static_cast<double>(most->least)) / extent);
      }
      layer.tensors.push_back(std::move(entry));
    }
    if (layers[i].weights) {
      const RoundedWeights &weights = model->weights[*layers[i].weights];
      layer.weights =
          WeightError{weights.granularity, weights.method, weights.signalToNoise[1], weights.cosine};
    }
    report.layers.push_back(std::move(layer));
  }
  return {};
}

std::vector<std::optional<calibration::Range>> Explainer::rangesOf(const RoundedLayer &layer,
                                                                   const RangeChoice &choice) const {
  std::vector<std::optional<calibration::Range>> ranges;
  for (size_t number : layer.tensors) {
    const RoundedTensor &tensor = model->tensors[number];
    auto found = statistics->tensors.find(tensor.name);
    if (!choice.method || found == statistics->tensors.end()) {
      ranges.push_back(choice.method ? std::nullopt : std::optional(tensor.range));
      continue;
    }
    auto range = found->second.range(*calibration::methodFromName(choice.method),
                                     choice.percentile ? std::stod(choice.percentile) : 99.999,
                                     tensor.storage, tensor.symmetric);
    ranges.push_back(range.ok() && !tensor.names.empty() ? std::optional(*range) : std::nullopt);
  }
  return ranges;
}

/// Whether there is such a range for all that the layer reads, and it differs from the recipe's.
bool Explainer::applyRange(Variant &variant, const RoundedLayer &layer, const RangeChoice &choice) const {
  std::vector<std::optional<calibration::Range>> ranges = rangesOf(layer, choice);
  bool differs = false;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (!ranges[i])
      return false;
    const RoundedTensor &tensor = model->tensors[layer.tensors[i]];
    differs |= !(*ranges[i] == tensor.range);
    float applied = variant.rounding[layer.tensors[i]][quantize::Applied];
    variant.rounding[layer.tensors[i]] = quantize::roundingRow(*ranges[i], tensor.storage, tensor.symmetric);
    variant.rounding[layer.tensors[i]][quantize::Applied] = applied;
  }
  return differs;
}

/// Changes what a variant that applies the layer does for it. `stored`: what a float layer leaves in integers.
void Explainer::applyRepair(Variant &variant, const RoundedLayer &layer, const Choice &choice,
                            const std::vector<bool> &stored) const {
  if (choice.keepFloat) {
    for (size_t tensor = 0; tensor < stored.size(); ++tensor)
      if (!stored[tensor])
        variant.rounding[tensor][quantize::Applied] = 0;
    if (layer.weights)
      variant.weights[*layer.weights] = WeightVariant::Float;
    return;
  }
  applyRange(variant, layer, kRangeChoices[choice.range]);
  if (layer.weights)
    variant.weights[*layer.weights] = kWeightChoices[choice.weights];
}

/// What is stored when the layers of these places have their repairs.
Expected<std::vector<bool>> Explainer::storedBeside(std::span<const size_t> places) const {
  quantize::Recipe recipe = options.recipe;
  for (size_t place : places) {
    std::vector<quantize::Rule> rules = rulesOf(model->layers[order[place]], choices[place]);
    recipe.rules.insert(recipe.rules.end(), rules.begin(), rules.end());
  }
  return model->storedWith(recipe);
}

/// The second round, for the worst layers: ranges and weights, each for itself; their noises add up.
Status Explainer::findRepairs() {
  constexpr size_t ranges = std::size(kRangeChoices), weights = std::size(kWeightChoices);
  struct Tried {
    OutputNoise ranges[std::size(kRangeChoices)], weights[std::size(kWeightChoices)], without;
    bool possible[std::size(kRangeChoices)] = {};
  };
  std::vector<Tried> tried(worst());
  Ask questions;
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    for (size_t i = 0; i < ranges && !layer.tensors.empty(); ++i) {
      Variant variant = model->variant(false);
      for (size_t tensor : layer.tensors)
        variant.rounding[tensor][quantize::Applied] = 1;
      tried[place].possible[i] = i == 0 || applyRange(variant, layer, kRangeChoices[i]);
      if (tried[place].possible[i])
        questions.emplace_back(std::move(variant), &tried[place].ranges[i]);
    }
    for (size_t i = 0; i < weights && layer.weights; ++i) {
      Variant variant = model->variant(false);
      variant.weights[*layer.weights] = kWeightChoices[i];
      questions.emplace_back(std::move(variant), &tried[place].weights[i]);
    }
    Variant without = model->variant(true);
    without.apply(layer, false);
    questions.emplace_back(std::move(without), &tried[place].without);
  }
  LIMBECK_TRY(answer("repairs of the worst layers", questions));
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    LayerError &found = report.layers[place];
    const Tried &one = tried[place];
    found.activationsOnly = one.ranges[0].decibels();
    if (layer.weights)
      found.weightsOnly = one.weights[0].decibels();
    found.without = one.without.decibels();
    double now = one.ranges[0].ratio() + one.weights[0].ratio();
    // The fewest changes that take nine tenths of the noise away; where none do, what takes most, and that may be to stay float:
    // then only what others need stays rounded.
    choices.push_back({0, 0, /*keepFloat=*/true});
    LIMBECK_ASSIGN(std::vector<bool> stored, storedBeside(std::array{place}));
    bool shared = std::ranges::any_of(layer.tensors, [&](size_t tensor) { return stored[tensor]; });
    Choice best{0, 0, /*keepFloat=*/true};
    double enough = now / 10, bestNoise = shared ? one.ranges[0].ratio() : 0;
    for (int changes = 1; changes <= 2 && (changes == 1 || best.keepFloat || bestNoise > enough); ++changes)
      for (size_t i = 0; i < ranges; ++i)
        for (size_t j = 0; j < (layer.weights ? weights : 1); ++j) {
          Choice choice{i, j, false};
          if (choice.changes() != changes || (i && !one.possible[i]) || !hasRules(layer, choice))
            continue;
          double noise = one.ranges[i].ratio() + one.weights[j].ratio();
          if (noise <= bestNoise || (best.keepFloat && noise <= enough)) {
            best = choice;
            bestNoise = noise;
          }
        }
    choices.back() = best;
  }
  return {};
}

/// Whether the recipe can say it.
bool Explainer::hasRules(const RoundedLayer &layer, const Choice &choice) const {
  return !rulesOf(layer, choice).empty();
}

std::vector<quantize::Rule> Explainer::rulesOf(const RoundedLayer &layer, const Choice &choice) const {
  std::vector<quantize::Rule> rules;
  auto addRule = [&](std::string quantize::Rule::*whom, const std::string &name,
                     std::map<std::string, std::string> settings) {
    quantize::Rule rule;
    rule.*whom = "^" + llvm::Regex::escape(name) + "$";
    rule.settings = std::move(settings);
    rules.push_back(std::move(rule));
  };
  if (choice.keepFloat) {
    if (!layer.node.empty())
      addRule(&quantize::Rule::node, layer.node, {{"quantize", "none"}});
    return rules;
  }
  if (const RangeChoice &range = kRangeChoices[choice.range]; range.method)
    for (size_t number : layer.tensors)
      for (const std::string &tensor : model->tensors[number].names) {
        std::map<std::string, std::string> settings = {{"method", range.method}};
        if (range.percentile)
          settings["percentile"] = range.percentile;
        addRule(&quantize::Rule::tensor, tensor, std::move(settings));
      }
  if (choice.weights != 0 && !layer.node.empty())
    addRule(&quantize::Rule::node, layer.node,
            {{"granularity", "channel"},
             {"weight_method",
              kWeightChoices[choice.weights] == WeightVariant::LeastSquares ? "mse" : "minmax"}});
  return rules;
}

std::string Explainer::about(const Choice &choice) const {
  if (choice.keepFloat)
    return "float";
  std::string text;
  if (const RangeChoice &range = kRangeChoices[choice.range]; range.method)
    text = message(range.method, range.percentile ? message(" ", range.percentile) : "", " range");
  if (choice.weights != 0)
    text += message(text.empty() ? "" : ", ", "scales per channel",
                    kWeightChoices[choice.weights] == WeightVariant::LeastSquares ? " by mse" : "");
  return text;
}

/// The third round: the repairs for themselves, one by one in the quantized model, and one after the other.
Status Explainer::judgeRepairs() {
  std::vector<OutputNoise> isolated(worst()), alone(worst()), together(worst());
  Ask questions;
  Variant all = model->variant(true);
  std::vector<size_t> places;
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    const Choice &choice = choices[place];
    Variant only = model->variant(false), repaired = model->variant(true);
    only.apply(layer);
    places.push_back(place);
    std::vector<bool> beside, besideAll;
    if (choice.keepFloat) {
      LIMBECK_ASSIGN(beside, storedBeside(std::array{place}));
      LIMBECK_ASSIGN(besideAll, storedBeside(places));
    }
    applyRepair(only, layer, choice, beside);
    applyRepair(repaired, layer, choice, beside);
    applyRepair(all, layer, choice, besideAll);
    questions.emplace_back(std::move(only), &isolated[place]);
    questions.emplace_back(std::move(repaired), &alone[place]);
    questions.emplace_back(all, &together[place]);
  }
  LIMBECK_TRY(answer("repairs together", questions));
  for (size_t place = 0; place < worst(); ++place) {
    const RoundedLayer &layer = model->layers[order[place]];
    // A layer that costs nothing needs none, and a node without a name cannot be spoken of.
    if (!std::isfinite(report.layers[place].isolated) || !hasRules(layer, choices[place]))
      continue;
    Repair repair;
    repair.about = about(choices[place]);
    repair.rules = rulesOf(layer, choices[place]);
    repair.isolated = isolated[place].decibels();
    repair.gain = alone[place].decibels() - report.quantized;
    repair.together = together[place].decibels();
    report.layers[place].repair = std::move(repair);
  }
  return {};
}

/// The options' recipe with some repairs behind it, in the order of the layers.
quantize::Recipe Explainer::recipeWith(size_t first, size_t count) const {
  quantize::Recipe recipe = options.recipe;
  size_t number = 0;
  for (const LayerError &layer : report.layers) {
    if (!layer.repair)
      continue;
    if (number >= first && number < first + count)
      for (const quantize::Rule &rule : layer.repair->rules) {
        // Layers that read one tensor say the same of it.
        std::erase_if(recipe.rules, [&](const quantize::Rule &other) {
          return other.node == rule.node && other.tensor == rule.tensor &&
                 other.operators == rule.operators && other.settings == rule.settings;
        });
        recipe.rules.push_back(rule);
      }
    ++number;
  }
  return recipe;
}

Expected<std::string> Explainer::compiled(const std::string &name, bool quantized,
                                          const quantize::Recipe &recipe) {
  CompileOptions what;
  what.model = source;
  what.target = "cpu:native";
  if (quantized) {
    what.quantization.enabled = true;
    what.quantization.statistics = options.statistics;
    what.quantization.recipe = quantize::recipeText(recipe);
  }
  LIMBECK_ASSIGN(std::vector<std::byte> bytes,
                 options.worker ? compileInWorker(what, {}, progress) : compile(what, progress));
  std::string file = folder.file(name + ".lmb");
  LIMBECK_TRY(writeFileAtomically(file, bytes));
  return file;
}

/// Integers, no simulation: what a few repairs gain and what they cost in time.
Status Explainer::compileRepairs() {
  size_t repairs = static_cast<size_t>(
      std::ranges::count_if(report.layers, [](const LayerError &layer) { return layer.repair.has_value(); }));
  report.repairs = std::min(options.apply, repairs);
  report.recipe = recipeWith(0, report.repairs);
  struct Built {
    std::string file;
    Repair *repair = nullptr; ///< null: of all that are applied, or none
    OutputNoise noise;
    std::unique_ptr<runtime::Context> context;
  };
  std::vector<Built> built;
  auto add = [&](const std::string &name, bool quantized, const quantize::Recipe &recipe,
                 Repair *repair) -> Status {
    LIMBECK_ASSIGN(std::string file, compiled(name, quantized, recipe));
    built.push_back({std::move(file), repair, {}, nullptr});
    return {};
  };
  if (options.timed == 0 && report.repairs == 0)
    return {};
  LIMBECK_TRY(add("float", false, {}, nullptr));
  LIMBECK_TRY(add("int8", true, options.recipe, nullptr));
  size_t number = 0;
  for (LayerError &layer : report.layers)
    if (layer.repair && number < options.timed) {
      LIMBECK_TRY(add(message("repair-", number), true, recipeWith(number, 1), &*layer.repair));
      ++number;
    }
  if (report.repairs > 0)
    LIMBECK_TRY(add("repaired", true, report.recipe, nullptr));
  for (Built &one : built) {
    LIMBECK_ASSIGN(std::shared_ptr<const runtime::Model> loaded, runtime::Model::load(one.file, {}));
    runtime::ContextOptions contextOptions;
    contextOptions.threads = options.threads;
    LIMBECK_ASSIGN(one.context, runtime::Context::create(loaded, contextOptions));
  }
  LIMBECK_TRY(forSamples("compiled repairs", 1, [&](const Sample &sample) -> Status {
    LIMBECK_ASSIGN(std::vector<Tensor> expected, built[0].context->run("", sample.values));
    for (size_t i = 1; i < built.size(); ++i) {
      LIMBECK_ASSIGN(std::vector<Tensor> found, built[i].context->run("", sample.values));
      built[i].noise.add(expected, found);
    }
    return {};
  }));
  report.compiled = built[1].noise.decibels();
  if (report.repairs > 0)
    report.compiledRepaired = built.back().noise.decibels();
  BenchOptions benchOptions;
  benchOptions.model.path = built[1].file;
  benchOptions.threads = options.threads;
  benchOptions.seconds = options.seconds;
  std::vector<Repair *> timed;
  for (Built &one : built)
    if (one.repair) {
      one.repair->measuredGain = one.noise.decibels() - *report.compiled;
      benchOptions.baselines.push_back(one.file);
      timed.push_back(one.repair);
    }
  if (options.timed == 0)
    return {};
  LIMBECK_ASSIGN(BenchReport times, bench(benchOptions, progress));
  report.timeMs = times.model.p50Ms;
  for (size_t i = 0; i < timed.size() && i < times.baselines.size(); ++i)
    if (times.model.p50Ms > 0)
      timed[i]->time = times.baselines[i].p50Ms / times.model.p50Ms;
  return {};
}

Expected<ExplainReport> Explainer::run() {
  report.model = options.model.path;
  Status status = [&]() -> Status {
    LIMBECK_TRY(open());
    LIMBECK_TRY(rank());
    LIMBECK_TRY(findRepairs());
    LIMBECK_TRY(judgeRepairs());
    return compileRepairs();
  }();
  if (!status.ok() && (report.interrupted || (report.interrupted = interrupt.take())))
    return std::move(report);
  LIMBECK_TRY(std::move(status));
  size_t number = 0;
  for (const LayerError &layer : report.layers)
    if (layer.repair && number++ < report.repairs)
      report.repaired = layer.repair->together;
  if (report.repairs < options.apply)
    report.notes.push_back(message("found ", report.repairs, " repairs, fewer than the ", options.apply,
                                   " that were asked for"));
  if (std::ranges::none_of(statistics->tensors,
                           [](const auto &entry) { return entry.second.histogram.has_value(); }))
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
