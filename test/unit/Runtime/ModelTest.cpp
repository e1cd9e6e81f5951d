// Loading: from memory and file, for made-up machines, shared between entries.
#include "limbeck/Runtime/Model.h"
#include "TestArtifact.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>
#include <unistd.h>

namespace limbeck::runtime {

static std::string codeOf(const auto &expected) {
  return expected.ok() ? "ok" : std::string(codeText(expected.diagnostic().code));
}

TEST(Model, LoadsFromFileAndMemory) {
  std::vector<std::byte> bytes = testArtifact();
  auto model = Model::fromBytes(bytes);
  ASSERT_TRUE(model) << model.diagnostic().text();
  EXPECT_EQ((*model)->entries().size(), 4u);
  EXPECT_EQ((*model)->arenaBytes(), 256u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>((*model)->weights(0)[0]) % 64, 0u);
  // Entries share code and weights.
  EXPECT_EQ((*model)->function(0), (*model)->function(3));
  EXPECT_NE((*model)->function(0), (*model)->function(1));
  EXPECT_EQ((*model)->weights(0)[0], (*model)->weights(2)[0]);

  std::string path = testing::TempDir() + "limbeck-model-" + std::to_string(::getpid()) + ".lmb";
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  EXPECT_EQ(codeOf(Model::load(path)), "ok");
  bytes.back() ^= std::byte(1);
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  auto damaged = Model::load(path);
  EXPECT_EQ(codeOf(damaged), "E-ARTIFACT-HASH");
  EXPECT_EQ(damaged.diagnostic().file, path);
  ::unlink(path.c_str());
  EXPECT_EQ(codeOf(Model::load(path)), "E-FILE-KIND");
  EXPECT_EQ(codeOf(Model::load(testing::TempDir())), "E-FILE-KIND");
  EXPECT_EQ(codeOf(Model::fromBytes({})), "E-ARTIFACT");
}

TEST(Model, ChoosesForTheMachine) {
  std::vector<std::byte> bytes = testArtifact({{"avx2", {"avx2"}}, {"x86-64", {}}, {"amx", {"amx-int8"}}});
  auto isaOn = [&](std::set<std::string, std::less<>> names, std::string forced = {}) {
    CpuFeatures machine{testArchitecture(), std::move(names)};
    auto model = Model::fromBytes(bytes, {forced, &machine, {}});
    return model.ok() ? (*model)->variant(0).isa : std::string(codeText(model.diagnostic().code));
  };
  EXPECT_EQ(isaOn({}), "x86-64");
  EXPECT_EQ(isaOn({"avx2"}), "avx2");
  EXPECT_EQ(isaOn({"avx2", "amx-int8"}), "amx");
  EXPECT_EQ(isaOn({"avx2", "amx-int8"}, "avx2"), "avx2");
  EXPECT_EQ(isaOn({"avx2"}, "amx"), "E-ARTIFACT-TARGET");

  ::setenv("LIMBECK_ISA", "x86-64", 1);
  EXPECT_EQ(isaOn({"avx2"}), "x86-64");
  EXPECT_EQ(isaOn({"avx2"}, "avx2"), "avx2");
  ::setenv("LIMBECK_ISA", "arm64", 1);
  EXPECT_EQ(isaOn({"avx2"}), "E-ARTIFACT-TARGET");
  ::setenv("LIMBECK_ISA", "avx3", 1);
  EXPECT_EQ(isaOn({"avx2"}), "E-FLAG");
  ::unsetenv("LIMBECK_ISA");

  CpuFeatures other{artifact::Architecture(3), {}};
  EXPECT_EQ(codeOf(Model::fromBytes(bytes, {"", &other, {}})), "E-ARTIFACT-TARGET");
}

TEST(Model, ReadsOnlyWhatItsVariantNeeds) {
  std::vector<std::byte> bytes = testArtifact();
  auto sections = artifact::Reader::openAll(bytes)->sections();
  auto weights = std::ranges::find(sections, artifact::SectionKind::Weights, &artifact::SectionRecord::kind);
  std::string path = testing::TempDir() + "limbeck-parts-" + std::to_string(::getpid()) + ".lmb";
  LoadOptions mapped;
  mapped.mapWeights = true;
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  auto model = Model::load(path, mapped);
  ASSERT_TRUE(model) << model.diagnostic().text();
  EXPECT_EQ(reinterpret_cast<uintptr_t>((*model)->weights(0)[0]) % 64, 0u);
  float factor;
  std::memcpy(&factor, (*model)->weights(0)[0], sizeof factor);
  EXPECT_EQ(factor, 3.0f);
  // Weights are hashed when they are read and not when they are mapped; code always is.
  bytes[weights->offset] ^= std::byte(1);
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  EXPECT_EQ(codeOf(Model::load(path)), "E-ARTIFACT-HASH");
  EXPECT_EQ(codeOf(Model::fromBytes(bytes)), "E-ARTIFACT-HASH");
  EXPECT_EQ(codeOf(Model::load(path, mapped)), "ok");
  bytes[sections[0].offset + sections[0].length - 1] ^= std::byte(1);
  ASSERT_TRUE(writeFileAtomically(path, bytes));
  EXPECT_EQ(codeOf(Model::load(path, mapped)), "E-ARTIFACT-HASH");
  ::unlink(path.c_str());
}

TEST(Model, LoadsLargeArtifactsOnSeveralThreads) {
  std::vector<std::vector<std::byte>> others;
  for (size_t size : {size_t(5) << 20, size_t(100), size_t(7) << 20, size_t(1) << 20, size_t(3) << 20}) {
    auto &other = others.emplace_back(size);
    for (size_t i = 0; i < size; ++i)
      other[i] = static_cast<std::byte>(i * 31 + (i >> 9) + size);
  }
  std::vector<std::byte> bytes = testArtifact({{"plain", {}}}, others);
  std::string path = testing::TempDir() + "limbeck-large-" + std::to_string(::getpid()) + ".lmb";
  for (const char *threads : {"1", "2", "5", "none"}) { // a number that is none is an error where it matters
    ::setenv("LIMBECK_NUM_THREADS", threads, 1);
    ASSERT_TRUE(writeFileAtomically(path, bytes));
    for (auto model : {Model::load(path), Model::fromBytes(bytes)}) {
      ASSERT_TRUE(model) << model.diagnostic().text();
      for (size_t i = 0; i < others.size(); ++i)
        EXPECT_EQ(std::memcmp((*model)->weights(0)[i + 1], others[i].data(), others[i].size()), 0) << threads;
    }
    std::vector<std::byte> damaged = bytes;
    damaged[damaged.size() / 2] ^= std::byte(1);
    ASSERT_TRUE(writeFileAtomically(path, damaged));
    EXPECT_EQ(codeOf(Model::load(path)), "E-ARTIFACT-HASH") << threads;
    EXPECT_EQ(codeOf(Model::fromBytes(damaged)), "E-ARTIFACT-HASH") << threads;
  }
  ::unsetenv("LIMBECK_NUM_THREADS");
  ::unlink(path.c_str());
}

TEST(Model, DescribesItself) {
  auto model = Model::fromBytes(testArtifact());
  ASSERT_TRUE(model);
  auto json = nlohmann::json::parse((*model)->describe());
  EXPECT_EQ(json["entries"][0]["name"], "affine");
  EXPECT_EQ(json["entries"][0]["variants"][0]["selected"], true);
  EXPECT_EQ(json["provenance"]["compiler_version"], "0.1.0-test");
}

TEST(Model, LoadsAndUnloadsFromManyThreads) {
  std::vector<std::byte> bytes = testArtifact();
  std::vector<std::thread> threads;
  std::atomic<int> loaded = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k)
        loaded += Model::fromBytes(bytes).ok();
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(loaded, 200);
}

} // namespace limbeck::runtime
