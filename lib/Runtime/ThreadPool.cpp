// One job at a time. `generation` starts it, `unfinished` ends it; both are waited for first spinning, then
// asleep.
#include "limbeck/Runtime/ThreadPool.h"
#include "CallCode.h"
#include "FloatEnvironment.h"
#include "TileState.h"
#include "limbeck/Runtime/ThreadCount.h"
#include <algorithm>
#include <chrono>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <sched.h>

namespace limbeck::runtime {

/// How often this process's ancestors forked since the library was first used: a pool's threads do not
/// survive that.
static std::atomic<uint32_t> forkCount = 0;

static uint32_t currentForkCount() {
  static const int registered = ::pthread_atfork(nullptr, nullptr, [] { forkCount.fetch_add(1); });
  (void)registered;
  return forkCount.load(std::memory_order_relaxed);
}

static void relax() {
#if defined(__x86_64__)
  _mm_pause();
#else
  asm volatile("yield");
#endif
}

Expected<std::shared_ptr<ThreadPool>> ThreadPool::create(Options options) {
  if (options.threads < 0 || options.threads > kMostThreads)
    return error(Code::Flag, "expected a number of threads in [1, ", kMostThreads, "], found ",
                 options.threads);
  if (options.threads == 0) {
    LIMBECK_ASSIGN(options.threads, defaultThreadCount());
  }
  return std::shared_ptr<ThreadPool>(new ThreadPool(options));
}

Expected<std::shared_ptr<ThreadPool>> ThreadPool::shared() {
  static std::mutex mutex;
  static std::weak_ptr<ThreadPool> current;
  std::lock_guard lock(mutex);
  if (auto pool = current.lock(); pool && !pool->inForkedChild())
    return pool;
  LIMBECK_ASSIGN(auto pool, create({}));
  current = pool;
  return pool;
}

ThreadPool::ThreadPool(const Options &options)
    : spinMicroseconds(std::clamp<int64_t>(options.spinMicroseconds, 0, kLongestSpin)),
      forks(currentForkCount()) {
  // Workers that outnumber the CPUs would spin in the way of those that have work.
  if (options.threads > static_cast<int>(allowedCpus().size()))
    spinMicroseconds = 0;
  threads.reserve(static_cast<size_t>(options.threads));
  // Signals are for the host's own threads.
  sigset_t all, former;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &former);
  try {
    for (; count < options.threads; ++count)
      threads.emplace_back(&ThreadPool::work, this, count);
  } catch (...) {
    // The system grants no more threads: any number computes the same.
  }
  ::pthread_sigmask(SIG_SETMASK, &former, nullptr);
}

ThreadPool::~ThreadPool() {
  if (inForkedChild()) {
    // There is nobody to join, and std::thread insists: give the handles up.
    new std::vector<std::thread>(std::move(threads));
    return;
  }
  stopping = true;
  generation.fetch_add(1, std::memory_order_release);
  generation.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

bool ThreadPool::inForkedChild() const {
  return forks != currentForkCount();
}

void ThreadPool::waitWhile(const std::atomic<uint32_t> &value, uint32_t old) const {
  using Clock = std::chrono::steady_clock;
  constexpr int kLooksPerClock = 64;
  auto changed = [&] { return value.load(std::memory_order_acquire) != old; };
  auto limit = Clock::now() + std::chrono::microseconds(spinMicroseconds);
  while (spinMicroseconds > 0 && Clock::now() < limit) {
    for (int look = 0; look < kLooksPerClock; ++look, relax())
      if (changed())
        return;
    ::sched_yield();
  }
  releaseTiles();
  value.wait(old, std::memory_order_acquire);
}

LIMBECK_CALLS_CODE void ThreadPool::work(int worker) {
  FloatEnvironment environment;
  for (uint32_t seen = 0;;) {
    waitWhile(generation, seen);
    ++seen;
    if (stopping)
      return;
    if (worker < shares)
      task(frame, worker, shares);
    if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1)
      unfinished.notify_one();
  }
}

LIMBECK_CALLS_CODE void ThreadPool::parallel(LimbeckTask job, void *jobFrame, int32_t useful) {
  if (count == 1 || useful <= 1 || inForkedChild() || busy.test_and_set(std::memory_order_acquire))
    return job(jobFrame, 0, 1);
  task = job;
  frame = jobFrame;
  shares = std::min(count, useful);
  unfinished.store(static_cast<uint32_t>(count) - 1, std::memory_order_relaxed);
  generation.fetch_add(1, std::memory_order_release);
  generation.notify_all();
  job(jobFrame, 0, shares);
  while (uint32_t left = unfinished.load(std::memory_order_acquire))
    waitWhile(unfinished, left);
  busy.clear(std::memory_order_release);
}

} // namespace limbeck::runtime
