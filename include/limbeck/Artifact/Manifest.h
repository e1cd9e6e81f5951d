// What an artifact contains: its entries with their signatures, the variants of each, and where it came from.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Tensor/TensorType.h"
#include <span>

namespace limbeck::artifact {

enum class Architecture : uint8_t { X86_64 = 1, AArch64 = 2 };
std::string_view name(Architecture architecture);

/// One input or output: a static type.
struct Port {
  std::string name;
  TensorType type;
};

/// One compilation of an entry for one instruction set.
struct Variant {
  std::string isa;                   ///< "avx512-vnni", as in `--target cpu:avx512-vnni`
  std::vector<std::string> features; ///< all that the machine must have, LLVM's names: "avx512vnni"
  Architecture architecture = Architecture::X86_64;
  uint32_t code = 0;        ///< index of its code section
  uint64_t entryOffset = 0; ///< of the function LimbeckEntry, in the code image
  uint64_t arenaBytes = 0;
  std::vector<uint32_t> weights; ///< indices of weight sections, in the order the code expects
};

/// One static signature that can be called.
struct Entry {
  std::string name;
  std::vector<Port> inputs, outputs;
  std::vector<Variant> variants;
};

struct Provenance {
  std::string compilerVersion;
  std::string sourceSha256;
  std::string flags; ///< JSON text
};

struct Manifest {
  std::vector<Entry> entries;
  Provenance provenance;
};

/// E-ARTIFACT when a name is missing, repeated or no text, a type is not static or inconsistent, or a limit
/// is exceeded. What the manifest says about sections is not looked at here.
Status validate(const Manifest &manifest, const Limits &limits = {});

std::vector<std::byte> encode(Manifest manifest);
/// Decodes and validates.
Expected<Manifest> decode(std::span<const std::byte> bytes, const Limits &limits = {});

} // namespace limbeck::artifact
