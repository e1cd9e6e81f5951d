// Calls compiled code with functions of our own, which look at the clock around every kernel.
#include "LayerTimes.h"
#include "Peaks.h"
#include "Provenance.h"
#include "limbeck-c/Abi.h"
#include <algorithm>
#include <chrono>

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
/// When each worker began and ended one call.
struct WorkerTimes {
  Clock::time_point begin, end;
};

/// Runs of one entry under the clock.
class TimedRuns {
public:
  TimedRuns(const runtime::Model &model, size_t entry, runtime::ThreadPool &pool,
            std::span<const runtime::TensorView> inputs, std::span<const runtime::TensorView> outputs)
      : model(model), entry(entry), pool(pool) {
    for (const runtime::TensorView &view : inputs)
      in.push_back(view.data);
    for (const runtime::TensorView &view : outputs)
      out.push_back(view.data);
  }
  Status allocate() {
    LIMBECK_ASSIGN(arena, PageMemory::reserve(model.arenaBytes()));
    return {};
  }

  /// One run, of which every call adds to `milliseconds`, or, when tracing, leaves its workers' times.
  Status run(bool trace) {
    tracing = trace;
    next = 0;
    inside = 0;
    LimbeckApi api{LIMBECK_ABI_VERSION, this, parallel, fail};
    begin = Clock::now();
    int32_t code = model.function(entry)(
        &api, in.data(), out.data(), reinterpret_cast<uint8_t *>(arena.data()), model.weights(entry).data());
    whole = millisecondsBetween(begin, Clock::now());
    if (code)
      return error(Code::Run, "the model failed with code ", code);
    if (!trace)
      between.push_back(whole - inside);
    return {};
  }

  std::vector<std::vector<double>> milliseconds; ///< by call, then by run
  std::vector<double> between;                   ///< by run: outside of all calls
  std::vector<std::vector<WorkerTimes>> workers; ///< of the last traced run, by call
  Clock::time_point begin;                       ///< of the last run
  double whole = 0;

private:
  struct TracedTask {
    LimbeckTask task;
    void *frame;
    std::vector<WorkerTimes> &times;
    static void work(void *self, int32_t worker, int32_t workers) {
      auto &traced = *static_cast<TracedTask *>(self);
      WorkerTimes &times = traced.times[static_cast<size_t>(worker)];
      times.begin = Clock::now();
      traced.task(traced.frame, worker, workers);
      times.end = Clock::now();
    }
  };

  static void parallel(void *self, LimbeckTask task, void *frame, int32_t useful) {
    static_cast<TimedRuns *>(self)->call(task, frame, useful);
  }
  void call(LimbeckTask task, void *frame, int32_t useful) {
    if (next == milliseconds.size()) {
      milliseconds.emplace_back();
      workers.emplace_back(static_cast<size_t>(pool.workers()));
    }
    size_t number = next++;
    if (tracing) {
      TracedTask traced{task, frame, workers[number]};
      return pool.parallel(TracedTask::work, &traced, useful);
    }
    Clock::time_point start = Clock::now();
    pool.parallel(task, frame, useful);
    double elapsed = millisecondsBetween(start, Clock::now());
    inside += elapsed;
    milliseconds[number].push_back(elapsed);
  }
  /// The same code has just run without failing.
  static void fail(void *, int32_t, const char *) {}

  const runtime::Model &model;
  size_t entry;
  runtime::ThreadPool &pool;
  PageMemory arena;
  std::vector<void *> in, out;
  size_t next = 0;
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
  for (size_t call = 0; call < runs.workers.size(); ++call)
    for (size_t worker = 0; worker < runs.workers[call].size(); ++worker) {
      const WorkerTimes &times = runs.workers[call][worker];
      if (times.begin >= runs.begin) // a worker may have had no part in it
        trace.slices.push_back(
            {call, static_cast<int>(worker), microseconds(times.begin), microseconds(times.end)});
    }
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
  if (detail == LayerDetail::Everything) {
    LIMBECK_ASSIGN(report.trace, traceMedian(runs));
  }
  EntryRecord record = readEntry(model.provenance().flags, model.entries()[entry].name);
  for (size_t i = 0; i < runs.milliseconds.size(); ++i) {
    LayerTime layer;
    layer.kernel = message("call_", i);
    // With branches, fewer calls run than there are; then no call can be told from another.
    if (record.kernels.size() == runs.milliseconds.size()) {
      const KernelRecord &kernel = record.kernels[i];
      const lower::KernelFacts &facts = kernel.facts;
      layer = {kernel.name,      kernel.kind,        kernel.nodes,      0,
               facts.arithmetic, facts.multiplyAdds, facts.weightBytes, facts.activationBytes};
    }
    layer.milliseconds = medianOf(runs.milliseconds[i]);
    report.layers.push_back(std::move(layer));
  }
  // One of the two looks at the clock around a call lies outside of it.
  double looks = report.peaks.clockMs * static_cast<double>(report.layers.size());
  report.betweenMs = std::max(0.0, medianOf(runs.between) - looks);
  findBounds(report, workingSetOf(model, entry, report.layers));
  return report;
}

} // namespace limbeck::session
