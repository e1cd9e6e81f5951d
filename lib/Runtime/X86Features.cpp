// CPUID bits by name.
#include "X86Features.h"
#include <map>
#include <optional>

namespace limbeck::runtime {

/// Register state that the operating system must save: bits of XCR0.
enum : uint64_t { kNoState = 0, kAvxState = 0x6, kAvx512State = 0xe6, kTileState = 0x60000 };

namespace {
struct X86Feature {
  const char *name;
  uint32_t leaf, subleaf;
  CpuidRegister reg;
  unsigned bit;
  uint64_t state;
};
} // namespace

// x86-64 itself guarantees these.
static constexpr const char *kBaseline[] = {"64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2", "x87"};

static constexpr X86Feature kX86Features[] = {
    {"sse3", 1, 0, kEcx, 0, kNoState},
    {"pclmul", 1, 0, kEcx, 1, kNoState},
    {"ssse3", 1, 0, kEcx, 9, kNoState},
    {"fma", 1, 0, kEcx, 12, kAvxState},
    {"cx16", 1, 0, kEcx, 13, kNoState},
    {"sse4.1", 1, 0, kEcx, 19, kNoState},
    {"sse4.2", 1, 0, kEcx, 20, kNoState},
    {"crc32", 1, 0, kEcx, 20, kNoState},
    {"movbe", 1, 0, kEcx, 22, kNoState},
    {"popcnt", 1, 0, kEcx, 23, kNoState},
    {"avx", 1, 0, kEcx, 28, kAvxState},
    {"f16c", 1, 0, kEcx, 29, kAvxState},
    {"sahf", 0x80000001, 0, kEcx, 0, kNoState},
    {"lzcnt", 0x80000001, 0, kEcx, 5, kNoState},
    {"bmi", 7, 0, kEbx, 3, kNoState},
    {"avx2", 7, 0, kEbx, 5, kAvxState},
    {"bmi2", 7, 0, kEbx, 8, kNoState},
    {"avx512f", 7, 0, kEbx, 16, kAvx512State},
    {"avx512dq", 7, 0, kEbx, 17, kAvx512State},
    {"avx512ifma", 7, 0, kEbx, 21, kAvx512State},
    {"avx512cd", 7, 0, kEbx, 28, kAvx512State},
    {"avx512bw", 7, 0, kEbx, 30, kAvx512State},
    {"avx512vl", 7, 0, kEbx, 31, kAvx512State},
    {"avx512vbmi", 7, 0, kEcx, 1, kAvx512State},
    {"avx512vbmi2", 7, 0, kEcx, 6, kAvx512State},
    {"gfni", 7, 0, kEcx, 8, kNoState},
    {"avx512vnni", 7, 0, kEcx, 11, kAvx512State},
    {"avx512bitalg", 7, 0, kEcx, 12, kAvx512State},
    {"avx512vpopcntdq", 7, 0, kEcx, 14, kAvx512State},
    {"amx-bf16", 7, 0, kEdx, 22, kTileState},
    {"avx512fp16", 7, 0, kEdx, 23, kAvx512State},
    {"amx-tile", 7, 0, kEdx, 24, kTileState},
    {"amx-int8", 7, 0, kEdx, 25, kTileState},
    {"avxvnni", 7, 1, kEax, 4, kAvxState},
    {"avx512bf16", 7, 1, kEax, 5, kAvx512State},
    {"avxifma", 7, 1, kEax, 23, kAvxState},
    {"avxvnniint8", 7, 1, kEdx, 4, kAvxState},
};

CpuFeatures detectX86(const X86Machine &machine) {
  CpuFeatures features;
  features.architecture = artifact::Architecture::X86_64;
  features.names.insert(std::begin(kBaseline), std::end(kBaseline));
  // In a virtual machine each question costs microseconds, so none is asked twice.
  std::map<std::pair<uint32_t, uint32_t>, CpuidRegisters> answers;
  auto answer = [&](uint32_t leaf, uint32_t subleaf) {
    auto [place, isNew] = answers.try_emplace({leaf, subleaf});
    if (isNew)
      place->second = machine.cpuid(leaf, subleaf);
    return place->second;
  };
  uint32_t lastSubleaf = answer(7, 0)[kEax];
  std::optional<bool> tiles;
  for (const X86Feature &feature : kX86Features) {
    bool known = feature.leaf != 7 || feature.subleaf <= lastSubleaf;
    if (!known || !(answer(feature.leaf, feature.subleaf)[feature.reg] >> feature.bit & 1) ||
        (machine.savedState & feature.state) != feature.state)
      continue;
    if (feature.state == kTileState && !(tiles = tiles ? tiles : machine.requestTiles()).value())
      continue;
    features.names.insert(feature.name);
  }
  return features;
}

} // namespace limbeck::runtime
