// Workers that run one task together. A waiting worker spins for a bounded time, then sleeps.
#pragma once
#include "limbeck-c/Abi.h"
#include "limbeck/Support/Status.h"
#include <atomic>
#include <memory>
#include <thread>

namespace limbeck::runtime {

inline constexpr int64_t kLongestSpin = 1000; ///< microseconds

class ThreadPool {
public:
  struct Options {
    int threads = 0;                         ///< 0: defaultThreadCount()
    int64_t spinMicroseconds = kLongestSpin; ///< more counts as kLongestSpin; 0 sleeps at once
  };
  /// E-FLAG when the thread count is out of range. Where the system grants fewer threads, the pool has fewer.
  static Expected<std::shared_ptr<ThreadPool>> create(Options options);
  /// The pool of this process, with default options: made for its first user, gone with its last.
  static Expected<std::shared_ptr<ThreadPool>> shared();

  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;
  ~ThreadPool();

  /// Threads that take part in `parallel`, the caller included.
  int workers() const { return count; }

  /// Calls task(frame, worker, workers) once per worker, worker 0 on this thread, and returns when all have
  /// returned. At most `useful` workers, at least 1, take part; where that is one, the others sleep on. While the pool is busy for another caller, and in a child made by fork(), the task runs here
  /// alone.
  void parallel(LimbeckTask task, void *frame, int32_t useful = INT32_MAX);

private:
  explicit ThreadPool(const Options &options);
  void work(int worker);
  void waitWhile(const std::atomic<uint32_t> &value, uint32_t old) const;
  bool inForkedChild() const;

  int count = 1;
  int64_t spinMicroseconds;
  uint32_t forks;
  // The job is written before `generation` counts up and read after, so it needs no lock.
  LimbeckTask task = nullptr;
  void *frame = nullptr;
  int shares = 1; ///< workers that have a part in it
  bool stopping = false;
  std::atomic_flag busy;
  alignas(64) std::atomic<uint32_t> generation = 0;
  alignas(64) std::atomic<uint32_t> unfinished = 0;
  std::vector<std::thread> threads;
};

} // namespace limbeck::runtime
