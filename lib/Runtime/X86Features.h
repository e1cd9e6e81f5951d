// The features of an x86-64 machine, from what it and its operating system answer.
#pragma once
#include "limbeck/Runtime/CpuFeatures.h"
#include <array>
#include <functional>

namespace limbeck::runtime {

enum CpuidRegister { kEax, kEbx, kEcx, kEdx };
using CpuidRegisters = std::array<uint32_t, 4>;

/// What detection asks; tests answer for machines that are not there.
struct X86Machine {
  std::function<CpuidRegisters(uint32_t leaf, uint32_t subleaf)> cpuid; ///< zeros for leaves it does not have
  uint64_t savedState = 0;            ///< XCR0: the register state that the operating system saves
  std::function<bool()> requestTiles; ///< asks for AMX tiles, for the whole process; called once at most
};

CpuFeatures detectX86(const X86Machine &machine);

} // namespace limbeck::runtime
