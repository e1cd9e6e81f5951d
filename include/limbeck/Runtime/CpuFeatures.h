// What this machine and its operating system let code use, and the choice of a variant by it.
#pragma once
#include "limbeck/Artifact/Manifest.h"
#include <set>

namespace limbeck::runtime {

/// Instruction set features by the names LLVM gives them ("avx512vnni", "amx-int8", "dotprod").
struct CpuFeatures {
  artifact::Architecture architecture = artifact::Architecture::X86_64;
  std::set<std::string, std::less<>> names;

  /// Detected once per process. A feature counts only when the operating system saves its registers; where
  /// there are AMX tiles, permission to use them is asked for here, for the whole process.
  static const CpuFeatures &host();

  bool runs(const artifact::Variant &variant) const;
};

/// The index of the variant that runs best: the first of amx, avx512-vnni, avx-vnni, avx512, avx2, x86-64, or
/// arm64-i8mm, arm64-dotprod, arm64, that the features allow. `forced`, when not empty, names the only one
/// allowed. E-ARTIFACT-TARGET lists what there is and what is missing.
Expected<size_t> selectVariant(const artifact::Entry &entry, const CpuFeatures &features,
                               std::string_view forced = {});

} // namespace limbeck::runtime
