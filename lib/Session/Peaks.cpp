// Runs the loops of Target/CPU/Peaks on all workers; the best of many rounds counts.
#include "Peaks.h"
#include "limbeck/Runtime/CodeImage.h"
#include "limbeck/Runtime/Model.h"
#include "limbeck/Target/CPU/Peaks.h"
#include <algorithm>
#include <chrono>
#include <cstring>

namespace limbeck::session {

using Clock = std::chrono::steady_clock;

static double secondsFrom(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

namespace {
/// One peak's code, ready to run on a pool.
class PeakLoop {
public:
  static Expected<PeakLoop> create(cpu::Peak peak, const cpu::Isa &isa, runtime::ThreadPool &pool) {
    LIMBECK_ASSIGN(cpu::PeakCode code, cpu::compilePeak(peak, isa));
    const cpu::CompiledEntry &entry = code.entry;
    LIMBECK_ASSIGN(runtime::CodeImage image, runtime::CodeImage::load({entry.readOnly, entry.executable,
                                                                       entry.executableOffset, entry.span}));
    return PeakLoop(std::move(code), std::move(image), pool);
  }

  /// Seconds of the fastest of some rounds that together take about `seconds`.
  double best(double seconds, void *const *inputs = nullptr) {
    auto function =
        reinterpret_cast<LimbeckEntry>(reinterpret_cast<uintptr_t>(image.address(code.entry.entryOffset)));
    LimbeckApi api{LIMBECK_ABI_VERSION, &pool, parallel, fail, 0, nullptr};
    double least = 0;
    for (Clock::time_point start = Clock::now(); least == 0 || secondsFrom(start) < seconds;) {
      Clock::time_point begin = Clock::now();
      function(&api, inputs, nullptr, nullptr, nullptr);
      double elapsed = secondsFrom(begin);
      least = least == 0 ? elapsed : std::min(least, elapsed);
    }
    return least;
  }
  const cpu::PeakCode &peak() const { return code; }

private:
  PeakLoop(cpu::PeakCode code, runtime::CodeImage image, runtime::ThreadPool &pool)
      : code(std::move(code)), image(std::move(image)), pool(pool) {}
  static void parallel(void *pool, LimbeckTask task, void *frame, int32_t useful) {
    static_cast<runtime::ThreadPool *>(pool)->parallel(task, frame, useful);
  }
  static void fail(void *, int32_t, const char *) {} // the loops never fail

  cpu::PeakCode code;
  runtime::CodeImage image;
  runtime::ThreadPool &pool;
};
} // namespace

constexpr double kSecondsEach = 0.1;

static Expected<double> productsPerSecond(cpu::Peak peak, const cpu::Isa &isa, runtime::ThreadPool &pool) {
  LIMBECK_ASSIGN(PeakLoop loop, PeakLoop::create(peak, isa, pool));
  return static_cast<double>(loop.peak().products) * pool.workers() / loop.best(kSecondsEach);
}

static Expected<std::vector<ReadRate>> readRates(const cpu::Isa &isa, runtime::ThreadPool &pool) {
  constexpr int64_t smallest = int64_t(1) << 14, greatest = int64_t(1) << 28;
  // A millisecond or so: waking a worker takes some hundredths of one.
  constexpr int64_t kLeastRead = int64_t(1) << 28;
  LIMBECK_ASSIGN(PeakLoop loop, PeakLoop::create(cpu::Peak::Read, isa, pool));
  LIMBECK_ASSIGN(PageMemory memory, PageMemory::reserve(greatest));
  std::memset(memory.data(), 1, greatest); // so that every page is there
  std::vector<ReadRate> rates;
  for (int64_t bytes = smallest; bytes <= greatest; bytes *= 4) {
    int64_t blocks = bytes / loop.peak().blockBytes, times = std::max<int64_t>(1, kLeastRead / bytes);
    void *const inputs[] = {memory.data(), &blocks, &times};
    rates.push_back({bytes, static_cast<double>(times * blocks * loop.peak().blockBytes) /
                                loop.best(kSecondsEach, inputs)});
  }
  return rates;
}

Expected<Peaks> measurePeaks(const cpu::Isa &isa, runtime::ThreadPool &pool) {
  constexpr int kLooks = 1000;
  Peaks peaks;
  LIMBECK_ASSIGN(peaks.int8, productsPerSecond(cpu::Peak::Int8, isa, pool));
  LIMBECK_ASSIGN(peaks.f32, productsPerSecond(cpu::Peak::F32, isa, pool));
  peaks.bf16 = peaks.f32; // widened, or where that is faster
  if (cpu::multipliesBF16(isa)) {
    LIMBECK_ASSIGN(double ownProducts, productsPerSecond(cpu::Peak::BF16, isa, pool));
    peaks.bf16 = std::max(peaks.bf16, ownProducts);
  }
  LIMBECK_ASSIGN(peaks.read, readRates(isa, pool));
  Clock::time_point start = Clock::now(), last = start;
  for (int i = 0; i < kLooks; ++i)
    last = Clock::now();
  peaks.clockMs = 1000 * std::chrono::duration<double>(last - start).count() / kLooks;
  start = Clock::now();
  for (int i = 0; i < kLooks; ++i)
    pool.parallel([](void *, int32_t, int32_t) {}, nullptr);
  peaks.dispatchMs = 1000 * secondsFrom(start) / kLooks;
  return peaks;
}

} // namespace limbeck::session
