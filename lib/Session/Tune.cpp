// Rounds: the model is compiled with another tile for every problem, and measured in turns with the cost model's choice, so that
// what slows the machine down for a while slows both down. The tiles of one kernel do not touch the others, so a round is a
// measurement of every problem, each where it stands in the model: with its caches as they are there.
#include "limbeck/Session/Tune.h"
#include "Executable.h"
#include "LayerTimes.h"
#include "Processor.h"
#include "Provenance.h"
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Worker.h"
#include "limbeck/Support/Counted.h"
#include "limbeck/Support/File.h"
#include "llvm/Support/FormatVariadic.h"
#include <filesystem>

namespace limbeck::session {

using Tiles = std::map<std::string, std::string>;

namespace {
/// A compiled form of the model, ready to be measured entry by entry.
class Build {
public:
  static Expected<Build> create(const TuneOptions &options, const Tiles &tiles);

  /// Adds what each problem takes, in milliseconds: the least of what was found so far for each kernel.
  Status measure(const TuneOptions &options);
  void forget() { least.assign(records.size(), 0); }
  std::map<std::string, double> times() const;
  double allKernels() const;
  /// The problems and their candidates.
  const std::vector<KernelRecord> &kernels() const { return records; }

private:
  std::shared_ptr<const runtime::Model> model;
  std::vector<std::vector<Tensor>> inputs, outputs; ///< by entry
  std::vector<KernelRecord> records;                ///< of all entries
  std::vector<double> least;                        ///< by record; 0: not measured
};
} // namespace

static std::vector<runtime::TensorView> viewsOf(std::vector<Tensor> &tensors) {
  std::vector<runtime::TensorView> views;
  for (Tensor &tensor : tensors)
    views.push_back({tensor.dtype(), tensor.shape(), tensor.mutableBytes(), tensor.byteSize()});
  return views;
}

Expected<Build> Build::create(const TuneOptions &options, const Tiles &tiles) {
  CompileOptions compileOptions;
  compileOptions.model = options.model;
  compileOptions.target = nativeTarget();
  compileOptions.tiles = tiles;
  compileOptions.listTiles = true;
  LIMBECK_ASSIGN(std::vector<std::byte> bytes,
                 options.worker ? compileInWorker(compileOptions) : compile(compileOptions));
  Build build;
  LIMBECK_ASSIGN(build.model, runtime::Model::fromBytes(bytes));
  for (const artifact::Entry &entry : build.model->entries()) {
    std::vector<NamedType> types = typesOf(entry.inputs);
    std::vector<std::string> arguments;
    for (const NamedType &type : types)
      arguments.push_back(type.name + "=random:1");
    LIMBECK_ASSIGN(std::vector<Tensor> values, readModelInputs(types, arguments));
    build.inputs.push_back(std::move(values));
    std::vector<Tensor> &results = build.outputs.emplace_back();
    for (const artifact::Port &port : entry.outputs) {
      LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(port.type.dtype, port.type.shape));
      results.push_back(std::move(tensor));
    }
    EntryRecord record = readEntry(build.model->provenance().flags, entry.name);
    build.records.insert(build.records.end(), record.kernels.begin(), record.kernels.end());
  }
  build.forget();
  return build;
}

Status Build::measure(const TuneOptions &options) {
  size_t at = 0;
  for (size_t entry = 0; entry < model->entries().size(); ++entry) {
    LIMBECK_ASSIGN(LayerReport report,
                   measureLayers(*model, entry, options.threads, viewsOf(inputs[entry]),
                                 viewsOf(outputs[entry]), options.seconds, LayerDetail::Times));
    size_t kernels = readEntry(model->provenance().flags, model->entries()[entry].name).kernels.size();
    if (report.layers.size() != kernels)
      return error(Code::Unsupported,
                   "expected a model without branches, whose kernels can be told apart, found one with")
          .atFile(options.model.path);
    for (const LayerTime &layer : report.layers) {
      double &known = least[at++];
      known = known == 0 ? layer.milliseconds : std::min(known, layer.milliseconds);
    }
  }
  return {};
}

std::map<std::string, double> Build::times() const {
  std::map<std::string, double> times;
  for (size_t i = 0; i < records.size(); ++i)
    for (const lower::TileChoice &choice : records[i].facts.tiles)
      times[choice.problem] += least[i];
  return times;
}

double Build::allKernels() const {
  double sum = 0;
  for (double time : least)
    sum += time;
  return sum;
}

/// Measures two builds in turns, both anew: what was found at another time is not to be compared.
static Status measureInTurns(const TuneOptions &options, Build &one, Build &other) {
  constexpr int kTurns = 3;
  one.forget();
  other.forget();
  for (int turn = 0; turn < kTurns; ++turn) {
    LIMBECK_TRY(one.measure(options));
    LIMBECK_TRY(other.measure(options));
  }
  return {};
}

/// What is in the file already, or a new one.
static Expected<Tuning> startingPoint(const TuneOptions &options) {
  Tuning tuning;
  tuning.cpu = processorName();
  tuning.threads = options.threads;
  if (!std::filesystem::exists(options.output))
    return tuning;
  LIMBECK_ASSIGN(TuningFile file, readTuning(options.output));
  if (file.tuning.cpu != tuning.cpu || file.tuning.threads != tuning.threads)
    return error(Code::Flag, "expected a tuning file of ", counted(tuning.threads, "thread"), " on ",
                 tuning.cpu, ", found one of ", file.tuning.threads, " on ", file.tuning.cpu)
        .atFile(options.output)
        .withHint("-o names another file, which begins anew");
  return file.tuning;
}

namespace {
/// The tiles that are still to be measured.
class Agenda {
public:
  /// Notes the problems of a build in the tuning.
  Agenda(const Build &build, Tuning &tuning, int most) {
    for (const KernelRecord &kernel : build.kernels())
      for (const lower::TileChoice &choice : kernel.facts.tiles) {
        TunedProblem *known = tuning.find(choice.problem);
        if (!known)
          known = &tuning.problems.emplace_back();
        if (known->own != choice.tile) // new, or the cost model has changed
          *known = {choice.problem, choice.tile, {}};
        std::vector<std::string> &list = open[choice.problem];
        list.clear();
        for (const std::string &tile : choice.candidates)
          if (static_cast<int>(list.size()) < most)
            list.push_back(tile);
      }
    for (auto &[problem, list] : open)
      std::erase_if(list,
                    [&](const std::string &tile) { return tuning.find(problem)->times.contains(tile); });
  }

  size_t left() const {
    size_t count = 0;
    for (const auto &[problem, list] : open)
      count += list.size();
    return count;
  }
  /// The next candidate of every problem that has one.
  Tiles next() {
    Tiles tiles;
    for (auto &[problem, list] : open)
      if (!list.empty()) {
        tiles[problem] = list.front();
        list.erase(list.begin());
      }
    return tiles;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> names;
    for (const auto &[problem, list] : open)
      names.push_back(problem);
    return names;
  }

private:
  std::map<std::string, std::vector<std::string>> open;
};
} // namespace

Expected<TuneReport> tune(const TuneOptions &given, const Progress &progress) {
  TuneOptions options = given;
  if (options.threads == 0) {
    LIMBECK_ASSIGN(std::shared_ptr<runtime::ThreadPool> pool, runtime::ThreadPool::shared());
    options.threads = pool->workers();
  }
  TuneReport report;
  Tuning &tuning = report.tuning;
  LIMBECK_ASSIGN(tuning, startingPoint(options));
  if (progress)
    progress("compiling", 0, 0);
  LIMBECK_ASSIGN(Build own, Build::create(options, {}));
  Agenda agenda(own, tuning, options.candidates);
  report.problems = agenda.problems();
  size_t total = agenda.left();
  while (size_t left = agenda.left()) {
    if (progress)
      progress(message("measuring ", report.problems.size(), " problems"), total - left, total);
    Tiles tiles = agenda.next();
    LIMBECK_ASSIGN(Build candidate, Build::create(options, tiles));
    LIMBECK_TRY(measureInTurns(options, own, candidate));
    std::map<std::string, double> before = own.times(), after = candidate.times();
    for (const auto &[problem, tile] : tiles)
      tuning.find(problem)->times[tile] = after[problem] / before[problem];
    LIMBECK_TRY(writeFileAtomically(options.output, bytesOf(tuningJson(tuning))));
  }
  if (progress)
    progress("comparing", total, total);
  LIMBECK_TRY(writeFileAtomically(options.output, bytesOf(tuningJson(tuning))));
  LIMBECK_ASSIGN(Build best, Build::create(options, tuning.tiles()));
  LIMBECK_TRY(measureInTurns(options, own, best));
  report.ownMs = own.allKernels();
  report.tunedMs = best.allKernels();
  return report;
}

std::string tuneJson(const TuneReport &report) {
  return jsonDocument([&](llvm::json::OStream &json) {
    json.attribute("cpu", jsonText(report.tuning.cpu));
    json.attribute("threads", report.tuning.threads);
    json.attributeArray("problems", [&] {
      for (const TunedProblem &problem : report.tuning.problems) {
        if (std::ranges::find(report.problems, problem.problem) == report.problems.end())
          continue;
        json.object([&] {
          json.attribute("problem", jsonText(problem.problem));
          json.attribute("own", jsonText(problem.own));
          json.attribute("best", jsonText(problem.best()));
          json.attribute("time", jsonNumber(problem.timeOfBest()));
        });
      }
    });
    json.attribute("own_ms", jsonNumber(report.ownMs));
    json.attribute("tuned_ms", jsonNumber(report.tunedMs));
  });
}

std::string tuneText(const TuneReport &report) {
  std::string text = llvm::formatv("{0,14} {1,14} {2,6}  problem\n", "own", "best", "time").str();
  for (const TunedProblem &problem : report.tuning.problems) {
    if (std::ranges::find(report.problems, problem.problem) == report.problems.end())
      continue;
    text += llvm::formatv("{0,14} {1,14} {2,6:f2}  {3}\n", problem.own, problem.best(), problem.timeOfBest(),
                          problem.problem)
                .str();
  }
  return text + llvm::formatv(
                    "all kernels of a run: {0:f3} ms with the cost model's tiles, {1:f3} ms with the best\n",
                    report.ownMs, report.tunedMs)
                    .str();
}

} // namespace limbeck::session
