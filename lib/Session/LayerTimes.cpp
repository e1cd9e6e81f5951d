// Calls compiled code with functions of our own, which look at the clock around every kernel.
#include "LayerTimes.h"
#include "Provenance.h"
#include "limbeck-c/Abi.h"
#include <algorithm>
#include <chrono>

namespace limbeck::session {

using Clock = std::chrono::steady_clock;

namespace {
/// What LimbeckApi::pool points to.
struct TimedRun {
  runtime::ThreadPool &pool;
  std::vector<std::vector<double>> milliseconds; ///< by call, then by run
  size_t next = 0;

  static void parallel(void *self, LimbeckTask task, void *frame) {
    auto &run = *static_cast<TimedRun *>(self);
    Clock::time_point start = Clock::now();
    run.pool.parallel(task, frame);
    double elapsed = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (run.next == run.milliseconds.size())
      run.milliseconds.emplace_back();
    run.milliseconds[run.next++].push_back(elapsed);
  }
  /// The same code has just run without failing.
  static void fail(void *, int32_t, const char *) {}
};
} // namespace

static double medianOf(std::vector<double> values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Expected<std::vector<LayerTime>> measureLayers(const runtime::Model &model, size_t entry, int threads,
                                               std::span<const runtime::TensorView> inputs,
                                               std::span<const runtime::TensorView> outputs, double seconds) {
  constexpr int leastRuns = 5;
  LIMBECK_ASSIGN(PageMemory arena, PageMemory::reserve(model.arenaBytes()));
  LIMBECK_ASSIGN(std::shared_ptr<runtime::ThreadPool> pool,
                 runtime::ThreadPool::create({threads, runtime::kLongestSpin}));
  std::vector<void *> in, out;
  for (const runtime::TensorView &view : inputs)
    in.push_back(view.data);
  for (const runtime::TensorView &view : outputs)
    out.push_back(view.data);
  TimedRun run{*pool, {}};
  LimbeckApi api{LIMBECK_ABI_VERSION, &run, TimedRun::parallel, TimedRun::fail};
  auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
  for (int count = 0; count < leastRuns || Clock::now() < deadline; ++count) {
    run.next = 0;
    if (int32_t code =
            model.function(entry)(&api, in.data(), out.data(), reinterpret_cast<uint8_t *>(arena.data()),
                                  model.weights(entry).data()))
      return error(Code::Run, "the model failed with code ", code);
  }
  EntryRecord record = readEntry(model.provenance().flags, model.entries()[entry].name);
  std::vector<LayerTime> layers;
  for (size_t i = 0; i < run.milliseconds.size(); ++i) {
    LayerTime layer{message("call_", i), "", {}, medianOf(run.milliseconds[i])};
    // With branches, fewer calls run than there are; then no call can be told from another.
    if (record.kernels.size() == run.milliseconds.size()) {
      layer.kernel = record.kernels[i].name;
      layer.kind = record.kernels[i].kind;
      layer.nodes = record.kernels[i].nodes;
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

} // namespace limbeck::session
