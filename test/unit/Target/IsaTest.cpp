// The instruction sets and the text of --target.
#include "limbeck/Target/CPU/Isa.h"
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

TEST(Isa, listsAreInOrderAndWithoutRepetition) {
  EXPECT_EQ(targetNames("cpu:avx512,x86-64,avx512"), (std::vector<std::string>{"x86-64", "avx512"}));
  EXPECT_EQ(targetNames("cpu:arm64"), (std::vector<std::string>{"arm64"}));
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

TEST(Isa, wrongTextsNameTheTargets) {
  for (std::string_view text : {"", "gpu", "cpu:", "cpu:z80", "cpu:avx2,z80", "cpu:,"}) {
    auto targets = cpu::parseTargets(text);
    ASSERT_FALSE(targets.ok()) << text;
    EXPECT_EQ(targets.diagnostic().code, Code::Flag) << text;
    EXPECT_NE(targets.diagnostic().hint.find("cpu:avx512-vnni"), std::string::npos) << text;
  }
}

TEST(Isa, promisedOnesAreNotThereYet) {
  for (std::string_view text : {"cpu:avx2,avx-vnni", "cpu:arm64-dotprod", "cpu:arm64-i8mm"})
    EXPECT_EQ(cpu::parseTargets(text).diagnostic().code, Code::Unsupported) << text;
}

TEST(Isa, levelsOfOneArchitectureOnlyAdd) {
  const cpu::Isa *avx2 = cpu::findIsa("avx2"), *best = cpu::findIsa("avx512-vnni");
  for (const std::string &feature : avx2->featureList())
    EXPECT_TRUE(best->has(feature)) << feature;
  for (const std::string &feature : best->featureList())
    EXPECT_TRUE(cpu::findIsa("amx")->has(feature)) << feature;
  EXPECT_TRUE(best->has("avx512vnni"));
  EXPECT_FALSE(avx2->has("avx512vnni"));
  EXPECT_FALSE(avx2->has("avx")) << "a part of a feature's name is no feature";
}
