// The instruction sets that code is generated for, as data.
#pragma once
#include "limbeck/Artifact/Manifest.h"
#include <string_view>

namespace limbeck::cpu {

struct Isa {
  std::string_view name; ///< as in `--target cpu:NAME`
  artifact::Architecture architecture;
  std::string_view llvmCpu;  ///< the CPU that LLVM generates for
  int64_t lanes;             ///< f32 values of a vector register
  int64_t registers;         ///< vector registers
  bool fma;                  ///< fused multiply-add in hardware
  std::string_view features; ///< separated by spaces

  std::vector<std::string> featureList() const;
  bool has(std::string_view feature) const;
  std::string_view triple() const;
};

std::span<const Isa> allIsas();
const Isa *findIsa(std::string_view name);
bool runsHere(const Isa &isa);
/// The best one that this machine runs.
const Isa &nativeIsa();
/// `cpu`, `cpu:native`, `cpu:avx2,arm64` or `cpu:avx2,cpu:arm64`: the instruction sets meant, in the order of Isas.def. E-FLAG otherwise.
Expected<std::vector<const Isa *>> parseTargets(std::string_view text);

/// Makes every instruction set known to stage Lower.
void registerTargets();

} // namespace limbeck::cpu
