// Detection agrees with the kernel; the choice among variants follows the machine it is told about.
#include "limbeck/Runtime/CpuFeatures.h"
#include "Runtime/X86Features.h"
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

namespace limbeck::runtime {

using artifact::Architecture;

static artifact::Entry entryWith(std::vector<std::pair<std::string, std::vector<std::string>>> variants,
                                 Architecture architecture = Architecture::X86_64) {
  artifact::Entry entry;
  for (auto &[isa, features] : variants)
    entry.variants.push_back({isa, features, architecture, 0, 0, 0, {}});
  return entry;
}

static artifact::Entry allLevels() {
  return entryWith({{"x86-64", {}},
                    {"avx2", {"avx2", "fma"}},
                    {"avx512", {"avx512f", "avx512bw"}},
                    {"avx-vnni", {"avx2", "avxvnni"}},
                    {"avx512-vnni", {"avx512f", "avx512vnni"}},
                    {"avx512-bf16", {"avx512f", "avx512vnni", "avx512bf16"}},
                    {"amx", {"avx512f", "avx512vnni", "amx-int8"}}});
}

static std::string chosen(const artifact::Entry &entry, const CpuFeatures &features,
                          std::string_view forced = {}) {
  auto index = selectVariant(entry, features, forced);
  return index ? entry.variants[*index].isa : std::string(codeText(index.diagnostic().code));
}

TEST(CpuFeatures, ChoosesTheBestThatRuns) {
  auto machine = [](std::set<std::string, std::less<>> names) {
    return CpuFeatures{Architecture::X86_64, names};
  };
  auto entry = allLevels();
  EXPECT_EQ(chosen(entry, machine({})), "x86-64");
  EXPECT_EQ(chosen(entry, machine({"avx2"})), "x86-64");
  EXPECT_EQ(chosen(entry, machine({"avx2", "fma"})), "avx2");
  EXPECT_EQ(chosen(entry, machine({"avx2", "fma", "avx512f", "avx512bw"})), "avx512");
  EXPECT_EQ(chosen(entry, machine({"avx2", "fma", "avx512f", "avx512bw", "avxvnni"})), "avx-vnni");
  EXPECT_EQ(chosen(entry, machine({"avx2", "fma", "avx512f", "avx512vnni", "avxvnni"})), "avx512-vnni");
  EXPECT_EQ(chosen(entry, machine({"avx512f", "avx512vnni", "avx512bf16"})), "avx512-bf16");
  // Tiles that the system does not grant are no feature: the next best runs.
  EXPECT_EQ(chosen(entry, machine({"avx512f", "avx512vnni", "amx-int8"})), "amx");
  EXPECT_EQ(chosen(entry, machine({"avx512f", "avx512vnni"})), "avx512-vnni");
}

TEST(CpuFeatures, ObeysTheForcedName) {
  CpuFeatures machine{Architecture::X86_64, {"avx2", "fma"}};
  EXPECT_EQ(chosen(allLevels(), machine, "x86-64"), "x86-64");
  EXPECT_EQ(chosen(allLevels(), machine, "amx"), "E-ARTIFACT-TARGET");
  EXPECT_EQ(chosen(allLevels(), machine, "arm64"), "E-ARTIFACT-TARGET");
  EXPECT_EQ(chosen(allLevels(), machine, "nonsense"), "E-FLAG");
}

TEST(CpuFeatures, RefusesOtherMachines) {
  auto arm = entryWith({{"arm64", {}}, {"arm64-i8mm", {"i8mm"}}, {"arm64-dotprod", {"dotprod"}}},
                       Architecture::AArch64);
  EXPECT_EQ(chosen(arm, {Architecture::AArch64, {"neon", "dotprod"}}), "arm64-dotprod");
  EXPECT_EQ(chosen(arm, {Architecture::AArch64, {"i8mm", "dotprod"}}), "arm64-i8mm");
  EXPECT_EQ(chosen(arm, {Architecture::X86_64, {"i8mm"}}), "E-ARTIFACT-TARGET");
  auto onlyFast = entryWith({{"avx2", {"avx2", "fma"}}});
  auto refused = selectVariant(onlyFast, {Architecture::X86_64, {"fma"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.diagnostic().message.find("avx2 (needs avx2)"), std::string::npos)
      << refused.diagnostic().message;
}

TEST(CpuFeatures, UnknownSetsComeLast) {
  auto entry = entryWith({{"from-the-future", {}}, {"x86-64", {}}});
  EXPECT_EQ(chosen(entry, {Architecture::X86_64, {}}), "x86-64");
  EXPECT_EQ(chosen(entryWith({{"from-the-future", {}}}), {Architecture::X86_64, {}}), "from-the-future");
}

namespace {
/// A machine of Sapphire Rapids: every bit of CPUID that detection knows, and an operating system that answers about tiles.
struct TileMachine {
  bool grants = true;
  uint64_t savedState = 0x600e7;
  int requests = 0;

  CpuFeatures detect() {
    auto cpuid = [](uint32_t leaf, uint32_t subleaf) {
      return CpuidRegisters{leaf == 7 && subleaf == 0 ? 1 : ~0u, ~0u, ~0u, ~0u};
    };
    return detectX86({cpuid, savedState, [this] { return ++requests, grants; }});
  }
};
} // namespace

TEST(CpuFeatures, AsksOnceForTiles) {
  TileMachine machine;
  CpuFeatures features = machine.detect();
  EXPECT_EQ(machine.requests, 1);
  for (const char *name : {"amx-tile", "amx-int8", "amx-bf16", "avx512vnni", "avx2", "sse2"})
    EXPECT_TRUE(features.names.contains(name)) << name;
  EXPECT_EQ(chosen(allLevels(), features), "amx");
}

TEST(CpuFeatures, FallsBackWhereTilesAreRefused) {
  TileMachine machine;
  machine.grants = false;
  CpuFeatures features = machine.detect();
  EXPECT_EQ(machine.requests, 1) << "a refusal is an answer";
  for (const char *name : {"amx-tile", "amx-int8", "amx-bf16"})
    EXPECT_FALSE(features.names.contains(name)) << name;
  EXPECT_EQ(chosen(allLevels(), features), "avx512-bf16");
  EXPECT_EQ(chosen(allLevels(), features, "amx"), "E-ARTIFACT-TARGET");
}

TEST(CpuFeatures, AsksForNothingThatTheSystemDoesNotSave) {
  TileMachine machine;
  machine.savedState = 0xe7; // AVX-512, no tiles
  EXPECT_EQ(chosen(allLevels(), machine.detect()), "avx512-bf16");
  machine.savedState = 0x7;
  EXPECT_EQ(chosen(allLevels(), machine.detect()), "avx-vnni");
  machine.savedState = 0; // no XSAVE at all
  EXPECT_EQ(chosen(allLevels(), machine.detect()), "x86-64");
  EXPECT_EQ(machine.requests, 0);
}

TEST(CpuFeatures, AsksNothingTwice) {
  std::map<std::pair<uint32_t, uint32_t>, int> asked;
  detectX86({[&](uint32_t leaf, uint32_t subleaf) {
               ++asked[{leaf, subleaf}];
               return CpuidRegisters{~0u, ~0u, ~0u, ~0u};
             },
             0x600e7, [] { return true; }});
  EXPECT_GE(asked.size(), 4u);
  for (auto [question, times] : asked)
    EXPECT_EQ(times, 1) << question.first << ", " << question.second;
}

TEST(CpuFeatures, IgnoresLeavesThatAreNotThere) {
  auto cpuid = [](uint32_t leaf,
                  uint32_t subleaf) { // as a processor without a second part of leaf 7 may answer
    return CpuidRegisters{leaf == 7 && subleaf == 0 ? 0 : ~0u, ~0u, ~0u, ~0u};
  };
  CpuFeatures features = detectX86({cpuid, 0xe7, [] { return false; }});
  EXPECT_TRUE(features.names.contains("avx512vnni"));
  EXPECT_FALSE(features.names.contains("avxvnni"));
}

#if defined(__x86_64__)
TEST(CpuFeatures, AgreesWithTheKernel) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  std::set<std::string> kernel;
  while (kernel.empty() && std::getline(file, line))
    if (line.starts_with("flags")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      for (std::string word; words >> word;)
        kernel.insert(word);
    }
  if (kernel.empty())
    GTEST_SKIP() << "no flags in /proc/cpuinfo";
  const std::pair<const char *, const char *> names[] = {{"sse4.1", "sse4_1"},
                                                         {"popcnt", "popcnt"},
                                                         {"avx", "avx"},
                                                         {"avx2", "avx2"},
                                                         {"fma", "fma"},
                                                         {"f16c", "f16c"},
                                                         {"bmi", "bmi1"},
                                                         {"bmi2", "bmi2"},
                                                         {"lzcnt", "abm"},
                                                         {"avx512f", "avx512f"},
                                                         {"avx512bw", "avx512bw"},
                                                         {"avx512vl", "avx512vl"},
                                                         {"avx512vnni", "avx512_vnni"},
                                                         {"avxvnni", "avx_vnni"},
                                                         {"avx512bf16", "avx512_bf16"}};
  for (auto [ours, theirs] : names)
    EXPECT_EQ(CpuFeatures::host().names.contains(ours), kernel.contains(theirs)) << ours;
  EXPECT_TRUE(CpuFeatures::host().names.contains("sse2"));
}
#endif

} // namespace limbeck::runtime
