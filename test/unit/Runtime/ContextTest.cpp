// Running: the same bits for every number of threads and whatever state the caller is in; every misuse is
// told.
#include "limbeck/Runtime/Context.h"
#include "CountAllocations.h"
#include "TestArtifact.h"
#include <cmath>
#include <gtest/gtest.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace limbeck::runtime {

static std::shared_ptr<const Model> testModel() {
  static const std::shared_ptr<const Model> model = *Model::fromBytes(testArtifact());
  return model;
}

static std::unique_ptr<Context> testContext(ContextOptions options = {}) {
  return std::move(*Context::create(testModel(), options));
}

static Tensor affineInput(float scale = 1.0f) {
  Tensor x = std::move(*Tensor::zeros(DType::F32, {kAffineElements}));
  for (size_t i = 0; i < kAffineElements; ++i)
    x.mutableValues<float>()[i] = (static_cast<float>(i) - 500.0f) * scale;
  return x;
}

static std::string codeOf(const auto &result) {
  return result.ok() ? "ok" : std::string(codeText(result.diagnostic().code));
}

TEST(Context, GivesTheSameBitsForAnyNumberOfThreads) {
  Tensor x = affineInput(0.37f);
  std::vector<Tensor> expected = std::move(*testContext({1, -1, 0})->run("affine", std::span(&x, 1)));
  EXPECT_EQ(expected[0].values<float>()[3], x.values<float>()[3] * 3.0f + 0.5f);
  for (int threads : {2, 3, 7}) {
    auto context = testContext({threads, 0, 0});
    EXPECT_EQ(context->workers(), threads);
    for (int call = 0; call < 20; ++call) {
      auto results = context->run("affine", std::span(&x, 1));
      ASSERT_TRUE(results);
      EXPECT_TRUE((*results)[0].identical(expected[0])) << threads;
    }
  }
}

#ifdef LIMBECK_COUNTS_ALLOCATIONS
TEST(Context, ARunTakesNoMemory) {
  EXPECT_GT(allocationsOf([] { (void)Model::fromBytes(testArtifact()); }), 0) << "the counter counts";
  alignas(64) float x[kAffineElements] = {}, y[kAffineElements];
  int64_t dims[] = {kAffineElements};
  TensorView in{DType::F32, dims, x, sizeof x}, out{DType::F32, dims, y, sizeof y};
  for (int threads : {1, 3}) {
    auto context = testContext({threads, -1, 0});
    for (std::string_view entry : {"affine", ""}) {
      bool done = false;
      int taken =
          allocationsOf([&] { done = context->run(entry, std::span(&in, 1), std::span(&out, 1)).ok(); });
      EXPECT_TRUE(done);
      EXPECT_EQ(taken, 0) << "'" << entry << "' with " << threads << " threads";
    }
  }
}
#endif

TEST(Context, ContextsShareOnePoolUnlessTheyHaveTheirOwn) {
  auto one = testContext(), two = testContext(), own = testContext({3, -1, 0});
  EXPECT_EQ(one->workers(), two->workers());
  EXPECT_EQ(own->workers(), 3);
}

TEST(Context, ManyThreadsRunOneModel) {
  constexpr int kThreads = 8, kCalls = 100;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      auto context = testContext();
      Tensor x = affineInput(static_cast<float>(i));
      for (int call = 0; call < kCalls; ++call) {
        auto results = context->run("", std::span(&x, 1));
        for (size_t k = 0; k < kAffineElements; ++k)
          if (!results.ok() || (*results)[0].values<float>()[k] != x.values<float>()[k] * 3.0f + 0.5f)
            ++wrong;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

#if defined(__x86_64__)
TEST(Context, HoldsTheFloatingPointStateAndRestoresIt) {
  // Denormal products, added to 0.5: rounding up in any worker would show in the last bit.
  Tensor x = affineInput(1e-39f);
  auto expected = std::move(*testContext({1, -1, 0})->run("affine", std::span(&x, 1)));
  constexpr unsigned kFlushAndRoundUp = 0x1f80 | 0x8040 | 0x4000;
  unsigned former = _mm_getcsr();
  for (int threads : {1, 3}) {
    _mm_setcsr(kFlushAndRoundUp);
    auto context = testContext({threads, 0, 0});
    auto results = context->run("affine", std::span(&x, 1));
    unsigned after = _mm_getcsr();
    _mm_setcsr(former);
    EXPECT_EQ(after, kFlushAndRoundUp);
    ASSERT_TRUE(results);
    EXPECT_TRUE((*results)[0].identical(expected[0])) << threads;
    EXPECT_EQ((*results)[0].values<float>()[0], 0.5f);
  }
}
#endif

TEST(Context, ReportsFailuresOfTheCode) {
  auto context = testContext({3, 0, 0});
  Tensor text = std::move(*Tensor::zeros(DType::U8, {16}));
  auto silent = context->run("fail", std::span(&text, 1));
  EXPECT_EQ(codeOf(silent), "E-RUN");
  EXPECT_NE(silent.diagnostic().message.find("code 5"), std::string::npos) << silent.diagnostic().message;
  std::memcpy(text.mutableBytes(), "index 9", 8);
  auto told = context->run("fail", std::span(&text, 1));
  EXPECT_EQ(codeOf(told), "E-RUN");
  EXPECT_NE(told.diagnostic().message.find("index 9 (code 43)"), std::string::npos)
      << told.diagnostic().message;
  // The context is usable afterwards.
  Tensor x = affineInput();
  EXPECT_EQ(codeOf(context->run("affine", std::span(&x, 1))), "ok");
}

TEST(Context, RunsOneCallAtATime) {
  auto context = testContext();
  alignas(64) int32_t go = 0, running = 0;
  int64_t one = 1;
  auto call = [&](int32_t &output) {
    TensorView in{DType::S32, {&one, 1}, &go, 4}, out{DType::S32, {&one, 1}, &output, 4};
    return context->run("wait", std::span(&in, 1), std::span(&out, 1));
  };
  Status first;
  std::thread thread([&] { first = call(running); });
  while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) == 0)
    std::this_thread::yield();
  int32_t other = 0;
  EXPECT_EQ(codeOf(call(other)), "E-ARGUMENT");
  EXPECT_EQ(other, 0);
  __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
  thread.join();
  EXPECT_TRUE(first);
  EXPECT_EQ(codeOf(call(other)), "ok");
}

TEST(Context, ChoosesTheEntryByItsInputs) {
  auto context = testContext();
  auto entryFor = [&](std::string_view name, std::vector<std::pair<DType, Shape>> types) {
    std::vector<TensorView> views;
    for (const auto &[dtype, shape] : types)
      views.push_back({dtype, shape, nullptr, 0});
    auto index = context->findEntry(name, views);
    return index.ok() ? testModel()->entries()[*index].name : std::string(codeText(index.diagnostic().code));
  };
  EXPECT_EQ(entryFor("", {{DType::F32, {3}}}), "small");
  EXPECT_EQ(entryFor("", {{DType::F32, {kAffineElements}}}), "affine");
  EXPECT_EQ(entryFor("", {{DType::S32, {1}}}), "wait");
  EXPECT_EQ(entryFor("", {{DType::F32, {4}}}), "E-SHAPE");
  EXPECT_EQ(entryFor("", {{DType::F32, {1, 3}}}), "E-RANK");
  EXPECT_EQ(entryFor("", {{DType::F64, {3}}}), "E-DTYPE");
  EXPECT_EQ(entryFor("", {}), "E-ARITY");
  EXPECT_EQ(entryFor("", {{DType::F32, {3}}, {DType::F32, {3}}}), "E-ARITY");
  EXPECT_EQ(entryFor("affine", {}), "affine"); // the arguments are checked later
  EXPECT_EQ(entryFor("affin", {{DType::F32, {3}}}), "E-NAME");

  int64_t dims[] = {4};
  TensorView view{DType::F32, dims, nullptr, 16};
  std::string text = context->findEntry("", std::span(&view, 1)).diagnostic().message;
  EXPECT_NE(text.find("affine(f32[1021])"), std::string::npos) << text;
  EXPECT_NE(text.find("small(f32[3])"), std::string::npos) << text;
}

TEST(Context, RespectsTheMemoryLimit) {
  EXPECT_EQ(codeOf(Context::create(testModel(), {0, -1, 255})), "E-LIMIT-MEM");
  EXPECT_EQ(codeOf(Context::create(testModel(), {0, -1, 256})), "ok");
  EXPECT_EQ(codeOf(Context::create(testModel(), {-3, -1, 0})), "E-FLAG");
}

} // namespace limbeck::runtime
