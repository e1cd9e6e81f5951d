// Detection: CPUID with XGETBV on x86-64, the hardware capabilities of the kernel on AArch64.
#include "limbeck/Runtime/CpuFeatures.h"
#if defined(__x86_64__)
#include "X86Features.h"
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace limbeck::runtime {

#if defined(__x86_64__)

static CpuidRegisters cpuid(uint32_t leaf, uint32_t subleaf) {
  CpuidRegisters registers = {};
  if (!__get_cpuid_count(leaf, subleaf, &registers[kEax], &registers[kEbx], &registers[kEcx],
                         &registers[kEdx]))
    return {};
  return registers;
}

/// The register state that the operating system saves (XCR0); none where it does not say.
static uint64_t savedState() {
  constexpr uint32_t kOsXsave = 1u << 27;
  if (!(cpuid(1, 0)[kEcx] & kOsXsave))
    return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

/// Tiles are large, so Linux grants them to a process only on request. It refuses where a thread has an alternate signal stack
/// that could not hold them.
static bool requestTiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

static CpuFeatures detect() {
  return detectX86({cpuid, savedState(), requestTiles});
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
