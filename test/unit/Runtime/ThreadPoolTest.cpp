// Every worker takes part exactly once, whatever the number, and nobody hangs.
#include "limbeck/Runtime/ThreadPool.h"
#include <array>
#include <chrono>
#include <ctime>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace limbeck::runtime {

namespace {
struct Tally {
  std::atomic<int> calls = 0, wrong = 0, most = 0;
  std::array<std::atomic<int>, 64> perWorker = {};
};
} // namespace

static void tallyTask(void *frame, int32_t worker, int32_t workers) {
  auto &tally = *static_cast<Tally *>(frame);
  ++tally.calls;
  if (worker < 0 || worker >= workers)
    ++tally.wrong;
  else
    ++tally.perWorker[static_cast<size_t>(worker)];
  tally.most = std::max<int>(tally.most, workers);
}

static std::shared_ptr<ThreadPool> makePool(int threads, int64_t spin = kLongestSpin) {
  return *ThreadPool::create({threads, spin});
}

TEST(ThreadPool, EachWorkerRunsOnce) {
  for (int64_t spin : {int64_t(0), int64_t(20), kLongestSpin})
    for (int threads : {1, 2, 3, 7}) {
      auto pool = makePool(threads, spin);
      ASSERT_EQ(pool->workers(), threads);
      Tally tally;
      constexpr int kJobs = 300;
      for (int job = 0; job < kJobs; ++job)
        pool->parallel(tallyTask, &tally);
      EXPECT_EQ(tally.calls, threads * kJobs);
      EXPECT_EQ(tally.wrong, 0);
      EXPECT_EQ(tally.most, threads);
      for (int worker = 0; worker < threads; ++worker)
        EXPECT_EQ(tally.perWorker[static_cast<size_t>(worker)], kJobs) << worker;
    }
}

TEST(ThreadPool, OnlyUsefulWorkersTakePart) {
  auto pool = makePool(3);
  for (int useful : {1, 2, 3, 4, 0}) {
    Tally tally;
    pool->parallel(tallyTask, &tally, useful);
    int expected = std::clamp(useful, 1, 3);
    EXPECT_EQ(tally.calls, expected) << useful;
    EXPECT_EQ(tally.most, expected) << useful;
    EXPECT_EQ(tally.wrong, 0) << useful;
  }
}

TEST(ThreadPool, ManyWorkersOnFewCoresAreNoDisaster) {
  // The best of many calls, because other programs may hold the cores meanwhile.
  for (int threads : {1, 2, 3, 7}) {
    auto pool = makePool(threads);
    auto best = std::chrono::steady_clock::duration::max();
    for (int call = 0; call < 50; ++call) {
      Tally tally;
      auto start = std::chrono::steady_clock::now();
      for (int job = 0; job < 7; ++job)
        pool->parallel(tallyTask, &tally);
      best = std::min(best, std::chrono::steady_clock::now() - start);
    }
    EXPECT_LT(best, std::chrono::milliseconds(5)) << threads << " threads";
  }
}

TEST(ThreadPool, SleepingWorkersWakeUp) {
  auto pool = makePool(3);
  Tally tally;
  pool->parallel(tallyTask, &tally);
  std::this_thread::sleep_for(std::chrono::milliseconds(20)); // far longer than they spin
  pool->parallel(tallyTask, &tally);
  EXPECT_EQ(tally.calls, 6);
}

static double processorMilliseconds() {
  timespec used;
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return 1e3 * static_cast<double>(used.tv_sec) + 1e-6 * static_cast<double>(used.tv_nsec);
}

TEST(ThreadPool, IdleWorkersUseNoProcessorTime) {
  auto pool = makePool(2);
  Tally tally;
  pool->parallel(tallyTask, &tally);
  std::this_thread::sleep_for(std::chrono::milliseconds(20)); // far longer than they spin
  double before = processorMilliseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(processorMilliseconds() - before, 2.0);
}

TEST(ThreadPool, CallersDoNotWaitForEachOther) {
  auto pool = makePool(2);
  Tally tally;
  std::vector<std::thread> callers;
  constexpr int kCallers = 4, kJobs = 500;
  std::atomic<int> tasks = 0;
  for (int i = 0; i < kCallers; ++i)
    callers.emplace_back([&] {
      for (int job = 0; job < kJobs; ++job) {
        Tally own;
        pool->parallel(tallyTask, &own);
        // Either with the pool or alone, always complete.
        if (own.calls != own.most || own.wrong != 0)
          ++tally.wrong;
        tasks += own.calls;
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(tally.wrong, 0);
  EXPECT_GE(tasks, kCallers * kJobs);
}

TEST(ThreadPool, NestedCallsRunAlone) {
  auto pool = makePool(3);
  struct Nested {
    ThreadPool &pool;
    Tally inner;
  } nested{*pool, {}};
  pool->parallel(
      [](void *frame, int32_t, int32_t) {
        auto &nested = *static_cast<Nested *>(frame);
        nested.pool.parallel(tallyTask, &nested.inner);
      },
      &nested);
  EXPECT_EQ(nested.inner.calls, 3);
  EXPECT_EQ(nested.inner.most, 1);
}

TEST(ThreadPool, SharedPoolLivesWithItsUsers) {
  std::weak_ptr<ThreadPool> watcher;
  {
    auto one = *ThreadPool::shared(), two = *ThreadPool::shared();
    EXPECT_EQ(one, two);
    watcher = one;
  }
  EXPECT_TRUE(watcher.expired());
}

TEST(ThreadPool, RefusesSenselessCounts) {
  for (int threads : {-1, 1025, 1 << 30})
    EXPECT_EQ(ThreadPool::create({threads, 0}).diagnostic().code, Code::Flag);
}

TEST(ThreadPool, WorksInAForkedChild) {
  auto pool = makePool(3);
  Tally tally;
  pool->parallel(tallyTask, &tally);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(20); // a hang must not outlive the test
    Tally inChild;
    pool->parallel(tallyTask, &inChild);
    pool.reset();
    auto fresh = makePool(2);
    fresh->parallel(tallyTask, &inChild);
    ::_exit(inChild.calls == 3 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  pool->parallel(tallyTask, &tally);
  EXPECT_EQ(tally.calls, 6);
}

#if defined(__x86_64__)
TEST(ThreadPool, WorkersHoldTheDefaultFloatingPointState) {
  // Threads inherit the state of their creator: here one that flushes denormals and rounds up.
  unsigned former = _mm_getcsr();
  _mm_setcsr(0x1f80 | 0x8040 | 0x4000);
  auto pool = makePool(3);
  std::array<std::atomic<unsigned>, 3> states = {};
  pool->parallel(
      [](void *frame, int32_t worker, int32_t) {
        (*static_cast<std::array<std::atomic<unsigned>, 3> *>(frame))[static_cast<size_t>(worker)] =
            _mm_getcsr();
      },
      &states);
  _mm_setcsr(former);
  EXPECT_EQ(states[1] & ~0x3fu, 0x1f80u);
  EXPECT_EQ(states[2] & ~0x3fu, 0x1f80u);
}
#endif

} // namespace limbeck::runtime
