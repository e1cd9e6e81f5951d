// bench: everything is warmed up, then measured in turns of a tenth of a second, so that what slows the machine down for a
// while slows all down alike.
#include "limbeck/Session/Bench.h"
#include "Executable.h"
#include "LayerTimes.h"
#include "Processor.h"
#include "Provenance.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <system_error>
#include <thread>

namespace limbeck::session {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

namespace {
/// One of the runs side by side: a context, and memory for its results.
struct Stream {
  std::unique_ptr<runtime::Context> context;
  std::vector<Tensor> outputs;
  std::vector<runtime::TensorView> outputViews;
  std::vector<double> milliseconds;
  Status status;
};

/// What is measured: the model or one of the baselines.
class Subject {
public:
  /// `first` is what a baseline is compared with.
  static Expected<std::unique_ptr<Subject>> create(const BenchOptions &options, const SourceModel &source,
                                                   const Measurement *first, const Progress &progress);

  /// Runs all streams for that long, and at least once; E-RUN.. when a run fails.
  Status runFor(double seconds, bool measured);
  Status runTurn(size_t turn, double seconds);
  Status warmUp(const BenchOptions &options);
  double measuredSeconds() const { return busySeconds; }
  Expected<Measurement> finish(const BenchOptions &options);
  const Measurement &known() const { return result; }

private:
  Status createStreams(const BenchOptions &options);
  Status runOnce(Stream &stream, bool measured);

  std::shared_ptr<const runtime::Model> model;
  size_t entry = 0;
  std::vector<Tensor> inputs;
  std::vector<runtime::TensorView> inputViews;
  std::vector<Stream> streams;
  double busySeconds = 0;
  std::atomic<unsigned> consumed = 0;
  Measurement result;
};
} // namespace

bool sameTypes(std::span<const NamedType> a, std::span<const NamedType> b) {
  return std::ranges::equal(a, b, [](const NamedType &one, const NamedType &other) {
    return one.name == other.name && one.type.dtype == other.type.dtype && one.type.shape == other.type.shape;
  });
}

static runtime::TensorView viewOf(const Tensor &tensor) {
  // Code only reads its inputs; the interface has one pointer type for both directions.
  return {tensor.dtype(), tensor.shape(), const_cast<std::byte *>(tensor.bytes()), tensor.byteSize()};
}

/// The entry that is named; of a baseline the one with the inputs of what it is compared with, if there is one; else the first.
static Expected<size_t> chooseEntry(const BenchOptions &options, const runtime::Model &model,
                                    const Measurement *first) {
  if (!first)
    return options.entry.empty() ? Expected<size_t>(0) : findEntry(model, options.entry);
  const auto &entries = model.entries();
  for (size_t i = 0; i < entries.size(); ++i)
    if (sameTypes(typesOf(entries[i].inputs), first->inputs))
      return i;
  return 0;
}

/// Values for one entry: those given, or random ones. Given ones decide by their shapes when no entry is named.
static Expected<std::vector<Tensor>> benchInputs(const BenchOptions &options, const runtime::Model &model,
                                                 size_t entry) {
  std::vector<NamedType> types = typesOf(model.entries()[entry].inputs);
  if (!options.inputs.empty())
    return readModelInputs(options.entry.empty() ? commonInputs(model) : types, options.inputs);
  std::vector<std::string> arguments;
  for (const NamedType &type : types)
    arguments.push_back(type.name + "=random:1");
  return readModelInputs(types, arguments);
}

Expected<std::unique_ptr<Subject>> Subject::create(const BenchOptions &options, const SourceModel &source,
                                                   const Measurement *first, const Progress &progress) {
  auto subject = std::make_unique<Subject>();
  LIMBECK_ASSIGN(LoadExecutable load,
                 findExecutable(source, options.worker, progress, options.mapWeights && !first));
  constexpr int loads = 3;
  for (int i = 0; i < loads; ++i) {
    Clock::time_point start = Clock::now();
    LIMBECK_ASSIGN(subject->model, load());
    double elapsed = 1000 * secondsSince(start);
    subject->result.loadMs = i == 0 ? elapsed : std::min(subject->result.loadMs, elapsed);
  }
  LIMBECK_ASSIGN(subject->entry, chooseEntry(options, *subject->model, first));
  LIMBECK_ASSIGN(subject->inputs, benchInputs(options, *subject->model, subject->entry));
  for (const Tensor &tensor : subject->inputs)
    subject->inputViews.push_back(viewOf(tensor));
  LIMBECK_TRY(subject->createStreams(options));
  if (!options.inputs.empty() && options.entry.empty()) {
    LIMBECK_ASSIGN(subject->entry, subject->streams.front().context->findEntry("", subject->inputViews));
  }
  const artifact::Entry &entry = subject->model->entries()[subject->entry];
  for (Stream &stream : subject->streams) {
    for (const artifact::Port &port : entry.outputs) {
      LIMBECK_ASSIGN(Tensor tensor, Tensor::zeros(port.type.dtype, port.type.shape));
      stream.outputs.push_back(std::move(tensor));
    }
    for (const Tensor &tensor : stream.outputs)
      stream.outputViews.push_back(viewOf(tensor));
  }
  const std::string &flags = subject->model->provenance().flags;
  std::string floats = readMember(flags, "precision");
  Measurement &result = subject->result;
  result.name = std::filesystem::path(source.path).filename().string();
  result.sourceSha256 = subject->model->provenance().sourceSha256;
  result.entry = entry.name;
  result.target = "cpu:" + subject->model->variant(subject->entry).isa;
  result.precision = readEntry(flags, entry.name).integers ? "int8" : floats.empty() ? "f32" : floats;
  result.threads = subject->streams.front().context->workers();
  result.streams = options.streams;
  result.inputs = typesOf(entry.inputs);
  return subject;
}

Status Subject::createStreams(const BenchOptions &options) {
  runtime::ContextOptions contextOptions;
  contextOptions.threads = options.threads;
  if (options.streams > 1 && contextOptions.threads == 0) {
    LIMBECK_ASSIGN(std::shared_ptr<runtime::ThreadPool> pool, runtime::ThreadPool::shared());
    contextOptions.threads = std::max(1, pool->workers() / options.streams);
  }
  streams.resize(static_cast<size_t>(options.streams));
  for (Stream &stream : streams) {
    LIMBECK_ASSIGN(stream.context, runtime::Context::create(model, contextOptions));
  }
  return {};
}

Status Subject::runOnce(Stream &stream, bool measured) {
  const std::string &name = model->entries()[entry].name;
  Clock::time_point start = Clock::now();
  LIMBECK_TRY(stream.context->run(name, inputViews, stream.outputViews));
  double elapsed = secondsSince(start);
  if (measured)
    stream.milliseconds.push_back(1000 * elapsed);
  for (const Tensor &output : stream.outputs)
    if (output.byteSize() > 0)
      consumed.fetch_xor(static_cast<unsigned>(output.bytes()[output.byteSize() - 1]),
                         std::memory_order_relaxed);
  return {};
}

Status Subject::runFor(double seconds, bool measured) {
  Clock::time_point start = Clock::now();
  auto work = [&](Stream &stream) {
    do
      stream.status = runOnce(stream, measured);
    while (stream.status.ok() && secondsSince(start) < seconds);
  };
  {
    std::vector<std::jthread> threads; // joined on every path out
    try {
      for (size_t i = 1; i < streams.size(); ++i)
        threads.emplace_back(work, std::ref(streams[i]));
    } catch (const std::system_error &failure) {
      return error(Code::Run, "cannot start ", streams.size(), " threads: ", failure.what())
          .withHint("choose fewer --streams");
    }
    work(streams.front());
  }
  if (measured)
    busySeconds += secondsSince(start);
  for (Stream &stream : streams)
    LIMBECK_TRY(std::move(stream.status));
  return {};
}

/// Nearest rank: the least value that is not below a share of all.
static double percentile(const std::vector<double> &sorted, double share) {
  auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1];
}

/// The same, measured, with a median of its own.
Status Subject::runTurn(size_t turn, double seconds) {
  std::vector<size_t> before;
  for (const Stream &stream : streams)
    before.push_back(stream.milliseconds.size());
  LIMBECK_TRY(runFor(seconds, true));
  std::vector<double> runs;
  for (size_t i = 0; i < streams.size(); ++i)
    runs.insert(runs.end(), streams[i].milliseconds.begin() + static_cast<ptrdiff_t>(before[i]),
                streams[i].milliseconds.end());
  std::sort(runs.begin(), runs.end());
  result.blocks.push_back({turn, percentile(runs, 0.5)});
  return {};
}

Status Subject::warmUp(const BenchOptions &options) {
  Clock::time_point start = Clock::now();
  for (int run = 0; run < kLeastWarmupRuns; ++run)
    LIMBECK_TRY(runFor(0, false));
  if (double left = options.warmupSeconds - secondsSince(start); left > 0)
    LIMBECK_TRY(runFor(left, false));
  result.warmupSeconds = secondsSince(start);
  return {};
}

Expected<Measurement> Subject::finish(const BenchOptions &options) {
  std::vector<double> all;
  for (const Stream &stream : streams)
    all.insert(all.end(), stream.milliseconds.begin(), stream.milliseconds.end());
  std::sort(all.begin(), all.end());
  result.runs = all.size();
  result.minMs = all.front();
  result.meanMs = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  result.p50Ms = percentile(all, 0.5);
  result.p90Ms = percentile(all, 0.9);
  result.p99Ms = percentile(all, 0.99);
  result.throughput = static_cast<double>(all.size()) / busySeconds;
  if (options.perLayer) {
    LIMBECK_ASSIGN(LayerReport layers, measureLayers(*model, entry, result.threads, inputViews,
                                                     streams.front().outputViews, options.seconds));
    result.layers = std::move(layers);
  }
  return result;
}

/// Flags about shapes are for models; an artifact has its own. A model beside the first one takes its shapes where the
/// user gives none.
static Expected<SourceModel> sourceOf(const BenchOptions &options, const std::string &path,
                                      const Measurement *first) {
  SourceModel source = options.model;
  source.path = path;
  LIMBECK_ASSIGN(bool artifact, isArtifact(path));
  bool given = !source.shapes.empty() || !source.dims.empty() || !source.frozen.empty();
  if (artifact && !options.baselines.empty()) {
    source.shapes.clear();
    source.dims.clear();
    source.frozen.clear();
    source.externalDataDirectory.clear();
    source.trustHardlinks = false;
  }
  if (first) { // what is compared with: the exact floats
    source.precision = SourceModel().precision;
    source.precisionGiven = false;
  }
  if (!artifact && first && !given)
    for (const NamedType &input : first->inputs)
      source.shapes[input.name] = input.type.shape;
  return source;
}

Expected<BenchReport> bench(const BenchOptions &options, const Progress &progress) {
  constexpr double turn = 0.1;
  std::vector<std::string> paths = {options.model.path};
  paths.insert(paths.end(), options.baselines.begin(), options.baselines.end());
  std::vector<std::unique_ptr<Subject>> subjects;
  for (const std::string &path : paths) {
    const Measurement *first = subjects.empty() ? nullptr : &subjects.front()->known();
    LIMBECK_ASSIGN(SourceModel source, sourceOf(options, path, first));
    LIMBECK_ASSIGN(std::unique_ptr<Subject> subject, Subject::create(options, source, first, progress));
    subjects.push_back(std::move(subject));
  }
  for (const std::unique_ptr<Subject> &subject : subjects)
    LIMBECK_TRY(subject->warmUp(options));
  auto turns = static_cast<size_t>(std::max(1.0, std::ceil(options.seconds / turn)));
  for (size_t i = 0; i < turns; ++i) {
    if (progress)
      progress("measuring", i, turns);
    for (const std::unique_ptr<Subject> &subject : subjects)
      // A long run may have taken several turns at once.
      if (subject->measuredSeconds() < static_cast<double>(i + 1) * turn)
        LIMBECK_TRY(subject->runTurn(i, turn));
  }
  BenchReport report;
  report.cpu = processorName();
  for (size_t i = 0; i < subjects.size(); ++i) {
    LIMBECK_ASSIGN(Measurement measurement, subjects[i]->finish(options));
    if (i == 0)
      report.model = std::move(measurement);
    else
      report.baselines.push_back(std::move(measurement));
  }
  return report;
}

} // namespace limbeck::session
