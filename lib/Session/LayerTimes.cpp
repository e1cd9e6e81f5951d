// Calls compiled code with functions of our own, which look at the clock around every kernel.
#include "LayerTimes.h"
#include "Peaks.h"
#include "Provenance.h"
#include "limbeck-c/Abi.h"
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace limbeck::session {

using Clock = std::chrono::steady_clock;

static double millisecondsBetween(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

static double medianOf(std::vector<double> values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

namespace {
/// A launch that a worker computed.
struct Stretch {
  size_t launch;
  Clock::time_point begin, end;
};

/// What one worker did in one call of `parallel`, or when tracing in a whole run. Only that worker writes to it.
struct WorkerLog {
  std::vector<Stretch> stretches;
  bool open = false; ///< the last one has not ended yet

  void begin(size_t launch) {
    Clock::time_point now = Clock::now();
    end(now);
    stretches.push_back({launch, now, now});
    open = true;
  }
  void end(Clock::time_point now = Clock::now()) {
    if (std::exchange(open, false))
      stretches.back().end = now;
  }
};

/// Runs of one entry under the clock.
class TimedRuns {
public:
  TimedRuns(const runtime::Model &model, size_t entry, runtime::ThreadPool &pool,
            std::span<const runtime::TensorView> inputs, std::span<const runtime::TensorView> outputs)
      : logs(static_cast<size_t>(pool.workers())), model(model), entry(entry), pool(pool) {
    for (const runtime::TensorView &view : inputs)
      in.push_back(view.data);
    for (const runtime::TensorView &view : outputs)
      out.push_back(view.data);
  }
  Status allocate() {
    LIMBECK_ASSIGN(arena, PageMemory::reserve(model.arenaBytes()));
    return {};
  }

  /// One run, of which every launch adds to `milliseconds`, or, when tracing, leaves its workers' times in `logs`.
  Status run(bool trace) {
    tracing = trace;
    inside = 0;
    now.assign(milliseconds.size(), 0);
    for (WorkerLog &log : logs)
      log = {};
    LimbeckApi api{LIMBECK_ABI_VERSION, this, parallel, fail, static_cast<uint64_t>(pool.workers()), enter};
    begin = Clock::now();
    int32_t code = model.function(entry)(
        &api, in.data(), out.data(), reinterpret_cast<uint8_t *>(arena.data()), model.weights(entry).data());
    whole = millisecondsBetween(begin, Clock::now());
    if (code)
      return error(Code::Run, "the model failed with code ", code);
    if (trace)
      return {};
    between.push_back(whole - inside);
    milliseconds.resize(std::max(milliseconds.size(), now.size()));
    for (size_t launch = 0; launch < now.size(); ++launch)
      if (now[launch] > 0)
        milliseconds[launch].push_back(now[launch]);
    return {};
  }

  std::vector<std::vector<double>>
      milliseconds;            ///< by launch, then by run; none of a launch that did not run
  std::vector<double> between; ///< by run: outside of all calls
  std::vector<WorkerLog> logs; ///< of the last traced run
  Clock::time_point begin;     ///< of the last run
  double whole = 0;

private:
  struct LoggedTask {
    TimedRuns &runs;
    LimbeckTask task;
    void *frame;
    static void work(void *self, int32_t worker, int32_t workers) {
      auto &logged = *static_cast<LoggedTask *>(self);
      WorkerLog &log = logged.runs.logs[static_cast<size_t>(worker)];
      if (logged.runs.announced)
        log.begin(*logged.runs.announced);
      logged.task(logged.frame, worker, workers);
      log.end();
    }
  };

  static void enter(void *self, int32_t worker, int32_t launch) {
    auto &runs = *static_cast<TimedRuns *>(self);
    if (runs.calling)
      runs.logs[static_cast<size_t>(worker)].begin(static_cast<size_t>(launch));
    else
      runs.announced = static_cast<size_t>(launch);
  }
  static void parallel(void *self, LimbeckTask task, void *frame, int32_t useful) {
    static_cast<TimedRuns *>(self)->call(task, frame, useful);
  }
  /// One launch that all workers share, which was announced, or launches that each worker announces for itself.
  void call(LimbeckTask task, void *frame, int32_t useful) {
    if (!tracing)
      for (WorkerLog &log : logs)
        log.stretches.clear();
    calling = true;
    LoggedTask logged{*this, task, frame};
    Clock::time_point start = Clock::now();
    // The fewest looks at the clock: of a shared launch it is enough to know how long all took.
    if (announced && !tracing)
      pool.parallel(task, frame, useful);
    else
      pool.parallel(LoggedTask::work, &logged, useful);
    double elapsed = millisecondsBetween(start, Clock::now());
    calling = false;
    inside += elapsed;
    if (announced)
      add(*announced, elapsed);
    else if (!tracing)
      shareOut(elapsed);
    announced.reset();
  }

  void add(size_t launch, double elapsed) {
    if (now.size() <= launch)
      now.resize(launch + 1);
    now[launch] += elapsed;
  }
  /// What the workers took for their own launches, and what they waited for one another, makes up the time of the call.
  void shareOut(double elapsed) {
    double sum = 0;
    auto forEach = [&](auto &&body) {
      for (const WorkerLog &log : logs)
        for (const Stretch &stretch : log.stretches)
          body(stretch.launch, millisecondsBetween(stretch.begin, stretch.end));
    };
    forEach([&](size_t, double time) { sum += time; });
    if (sum > 0)
      forEach([&](size_t launch, double time) { add(launch, time * elapsed / sum); });
  }
  /// The same code has just run without failing.
  static void fail(void *, int32_t, const char *) {}

  const runtime::Model &model;
  size_t entry;
  runtime::ThreadPool &pool;
  PageMemory arena;
  std::vector<void *> in, out;
  std::vector<double> now;         ///< by launch, of the current run
  std::optional<size_t> announced; ///< what the next call computes
  bool calling = false;            ///< inside `parallel`
  bool tracing = false;
  double inside = 0;
};

struct Trace {
  double milliseconds = 0;
  std::vector<TraceSlice> slices;
};
} // namespace

static Trace traceOf(const TimedRuns &runs) {
  Trace trace{runs.whole, {}};
  auto microseconds = [&](Clock::time_point time) { return 1000 * millisecondsBetween(runs.begin, time); };
  for (size_t worker = 0; worker < runs.logs.size(); ++worker)
    for (const Stretch &stretch : runs.logs[worker].stretches)
      trace.slices.push_back(
          {stretch.launch, static_cast<int>(worker), microseconds(stretch.begin), microseconds(stretch.end)});
  return trace;
}

/// The run of median length among a few.
static Expected<std::vector<TraceSlice>> traceMedian(TimedRuns &runs) {
  constexpr size_t kRuns = 15;
  std::vector<Trace> traces;
  for (size_t i = 0; i < kRuns; ++i) {
    LIMBECK_TRY(runs.run(true));
    traces.push_back(traceOf(runs));
  }
  std::ranges::nth_element(traces, traces.begin() + kRuns / 2, {}, &Trace::milliseconds);
  return std::move(traces[kRuns / 2].slices);
}

static int64_t workingSetOf(const runtime::Model &model, size_t entry, const std::vector<LayerTime> &layers) {
  auto bytes = static_cast<int64_t>(model.variant(entry).arenaBytes);
  for (const LayerTime &layer : layers)
    bytes += layer.weightBytes;
  return bytes;
}

Expected<LayerReport> measureLayers(const runtime::Model &model, size_t entry, int threads,
                                    std::span<const runtime::TensorView> inputs,
                                    std::span<const runtime::TensorView> outputs, double seconds,
                                    LayerDetail detail) {
  constexpr int leastRuns = 5;
  LIMBECK_ASSIGN(std::shared_ptr<runtime::ThreadPool> pool,
                 runtime::ThreadPool::create({threads, runtime::kLongestSpin}));
  LayerReport report;
  report.workers = pool->workers();
  const cpu::Isa *isa = cpu::findIsa(model.variant(entry).isa);
  if (detail == LayerDetail::Everything && isa) {
    LIMBECK_ASSIGN(report.peaks, measurePeaks(*isa, *pool));
  }
  TimedRuns runs(model, entry, *pool, inputs, outputs);
  LIMBECK_TRY(runs.allocate());
  auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
  for (int count = 0; count < leastRuns || Clock::now() < deadline; ++count)
    LIMBECK_TRY(runs.run(false));
  std::vector<TraceSlice> trace;
  if (detail == LayerDetail::Everything) {
    LIMBECK_ASSIGN(trace, traceMedian(runs));
  }
  EntryRecord record = readEntry(model.provenance().flags, model.entries()[entry].name);
  std::map<size_t, size_t> layerOf; // of launches that ran: of a branch, those of one side
  for (size_t launch = 0; launch < runs.milliseconds.size(); ++launch) {
    if (runs.milliseconds[launch].empty())
      continue;
    LayerTime layer;
    layer.kernel = message("call_", launch);
    if (launch < record.kernels.size()) {
      const KernelRecord &kernel = record.kernels[launch];
      const lower::KernelFacts &facts = kernel.facts;
      layer = {kernel.name,      kernel.kind,        kernel.nodes,      0,
               facts.arithmetic, facts.multiplyAdds, facts.weightBytes, facts.activationBytes};
    }
    layer.milliseconds = medianOf(runs.milliseconds[launch]);
    layerOf[launch] = report.layers.size();
    report.layers.push_back(std::move(layer));
  }
  for (TraceSlice &slice : trace)
    if (auto layer = layerOf.find(slice.layer); layer != layerOf.end())
      report.trace.push_back({layer->second, slice.worker, slice.beginUs, slice.endUs});
  // One of the two looks at the clock around a call lies outside of it.
  double looks = report.peaks.clockMs * static_cast<double>(report.layers.size());
  report.betweenMs = std::max(0.0, medianOf(runs.between) - looks);
  findBounds(report, workingSetOf(model, entry, report.layers));
  return report;
}

} // namespace limbeck::session
