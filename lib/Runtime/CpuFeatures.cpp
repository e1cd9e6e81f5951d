// Detection: CPUID with XGETBV on x86-64, the hardware capabilities of the kernel on AArch64.
#include "limbeck/Runtime/CpuFeatures.h"
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace limbeck::runtime {

#if defined(__x86_64__)

/// Register state that the operating system must save: bits of XCR0.
enum : uint64_t { kNoState = 0, kAvxState = 0x6, kAvx512State = 0xe6, kTileState = 0x60000 };

enum CpuidRegister { kEax, kEbx, kEcx, kEdx };

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

static uint32_t cpuid(uint32_t leaf, uint32_t subleaf, CpuidRegister reg) {
  uint32_t registers[4] = {};
  if (!__get_cpuid_count(leaf, subleaf, &registers[kEax], &registers[kEbx], &registers[kEcx],
                         &registers[kEdx]))
    return 0;
  return registers[reg];
}

/// The register state that the operating system saves (XCR0); none where it does not say.
static uint64_t savedState() {
  constexpr uint32_t kOsXsave = 1u << 27;
  if (!(cpuid(1, 0, kEcx) & kOsXsave))
    return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

/// Tiles are large, so Linux grants them to a process only on request.
static bool requestTiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

static CpuFeatures detect() {
  CpuFeatures features;
  features.architecture = artifact::Architecture::X86_64;
  features.names.insert(std::begin(kBaseline), std::end(kBaseline));
  uint64_t saved = savedState();
  uint32_t lastSubleaf = cpuid(7, 0, kEax);
  std::optional<bool> tiles;
  for (const X86Feature &feature : kX86Features) {
    bool known = feature.leaf != 7 || feature.subleaf <= lastSubleaf;
    if (!known || !(cpuid(feature.leaf, feature.subleaf, feature.reg) >> feature.bit & 1) ||
        (saved & feature.state) != feature.state)
      continue;
    if (feature.state == kTileState && !(tiles = tiles ? tiles : requestTiles()).value())
      continue;
    features.names.insert(feature.name);
  }
  return features;
}

#elif defined(__aarch64__)

namespace {
struct ArmFeature {
  const char *name;
  unsigned long kind, bit;
};
} // namespace

static constexpr ArmFeature kArmFeatures[] = {
    {"fp-armv8", AT_HWCAP, 0}, {"neon", AT_HWCAP, 1},      {"aes", AT_HWCAP, 3},    {"crc", AT_HWCAP, 7},
    {"lse", AT_HWCAP, 8},      {"fullfp16", AT_HWCAP, 10}, {"rdm", AT_HWCAP, 12},   {"dotprod", AT_HWCAP, 20},
    {"sve", AT_HWCAP, 22},     {"sve2", AT_HWCAP2, 1},     {"i8mm", AT_HWCAP2, 13}, {"bf16", AT_HWCAP2, 14},
};

static CpuFeatures detect() {
  CpuFeatures features;
  features.architecture = artifact::Architecture::AArch64;
  for (const ArmFeature &feature : kArmFeatures)
    if (::getauxval(feature.kind) >> feature.bit & 1)
      features.names.insert(feature.name);
  return features;
}

#else
#error "the runtime knows x86-64 and AArch64"
#endif

const CpuFeatures &CpuFeatures::host() {
  static const CpuFeatures features = detect();
  return features;
}

} // namespace limbeck::runtime
