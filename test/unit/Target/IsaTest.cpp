// The instruction sets and the text of --target.
#include "limbeck/Target/CPU/Isa.h"
#include "limbeck/Runtime/CpuFeatures.h"
#include <gtest/gtest.h>

using namespace limbeck;

static std::vector<std::string> targetNames(std::string_view text) {
  auto targets = cpu::parseTargets(text);
  std::vector<std::string> names;
  if (targets.ok())
    for (const cpu::Isa *isa : *targets)
      names.emplace_back(isa->name);
  return names;
}

TEST(Isa, listsAreInOrder) {
  EXPECT_EQ(targetNames("cpu:avx512,x86-64"), (std::vector<std::string>{"x86-64", "avx512"}));
  EXPECT_EQ(targetNames("cpu:arm64-i8mm,arm64,avx-vnni"),
            (std::vector<std::string>{"avx-vnni", "arm64", "arm64-i8mm"}));
  EXPECT_EQ(targetNames("cpu:avx2,cpu:avx512"), (std::vector<std::string>{"avx2", "avx512"}));
}

TEST(Isa, plainCpuMeansEveryLevelOfThisArchitecture) {
  std::vector<std::string> names = targetNames("cpu");
  ASSERT_FALSE(names.empty());
  for (const std::string &name : names)
    EXPECT_EQ(cpu::findIsa(name)->architecture, cpu::nativeIsa().architecture) << name;
}

TEST(Isa, nativeIsOneOfThem) {
  EXPECT_EQ(targetNames("cpu:native"), (std::vector<std::string>{std::string(cpu::nativeIsa().name)}));
}

/// The compiler takes the last of its table that runs, the runtime the first of its own list.
TEST(Isa, theTableAscendsAsTheRuntimeChooses) {
  for (artifact::Architecture architecture :
       {artifact::Architecture::X86_64, artifact::Architecture::AArch64}) {
    runtime::CpuFeatures machine{architecture, {}};
    artifact::Entry entry;
    std::string best;
    for (const cpu::Isa &isa : cpu::allIsas()) {
      if (isa.architecture != architecture)
        continue;
      std::vector<std::string> features = isa.featureList();
      machine.names.insert(features.begin(), features.end());
      entry.variants.push_back({std::string(isa.name), features, architecture, 0, 0, 0, {}});
      best = isa.name;
      auto chosen = runtime::selectVariant(entry, machine, "");
      ASSERT_TRUE(chosen.ok());
      EXPECT_EQ(entry.variants[*chosen].isa, best);
    }
  }
}

TEST(Isa, wrongTextsNameTheTargets) {
  for (std::string_view text :
       {"", "gpu", "cpu:", "cpu:z80", "cpu:avx2,z80", "cpu:avx2,cpu:z80", "cpu:cpu:avx2", "cpu:avx2,cpu",
        "avx2,cpu:avx512", "cpu:,", "cpu:avx2,", "cpu:,avx2"}) {
    auto targets = cpu::parseTargets(text);
    ASSERT_FALSE(targets.ok()) << text;
    EXPECT_EQ(targets.diagnostic().code, Code::Flag) << text;
    EXPECT_NE(targets.diagnostic().hint.find("cpu:avx512-vnni"), std::string::npos) << text;
  }
}

TEST(Isa, noLevelComesTwice) {
  auto twice = cpu::parseTargets("cpu:avx2,avx512,cpu:avx2");
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.diagnostic().message, "expected each instruction set once, found 'avx2' twice");
  EXPECT_TRUE(cpu::parseTargets(message("cpu:native,", cpu::nativeIsa().name)).ok());
}

TEST(Isa, levelsOfOneArchitectureOnlyAdd) {
  const cpu::Isa *avx2 = cpu::findIsa("avx2"), *best = cpu::findIsa("avx512-vnni");
  const std::pair<const char *, const char *> steps[] = {{"avx2", "avx512"},
                                                         {"avx512", "avx512-vnni"},
                                                         {"avx512-vnni", "amx"},
                                                         {"avx512-vnni", "avx512-bf16"},
                                                         {"avx2", "avx-vnni"},
                                                         {"arm64", "arm64-dotprod"},
                                                         {"arm64-dotprod", "arm64-i8mm"}};
  for (auto [less, more] : steps)
    for (const std::string &feature : cpu::findIsa(less)->featureList())
      EXPECT_TRUE(cpu::findIsa(more)->has(feature)) << more << " " << feature;
  EXPECT_TRUE(cpu::findIsa("avx512-bf16")->has("avx512bf16"));
  EXPECT_TRUE(best->has("avx512vnni"));
  EXPECT_FALSE(avx2->has("avx512vnni"));
  EXPECT_FALSE(avx2->has("avx")) << "a part of a feature's name is no feature";
}
