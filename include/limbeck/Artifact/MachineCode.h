// The contents of a code section: a linked image of one read-only and one executable part, without
// relocations.
#pragma once
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <cstdint>
#include <span>

namespace limbeck::artifact {

/// Pages of this size hold the two parts apart; AArch64 systems may have larger ones, which the loader
/// checks.
inline constexpr uint64_t kLeastPage = 4096;
inline constexpr uint64_t kLongestImage = uint64_t(1) << 30;

struct MachineCode {
  std::span<const std::byte> readOnly;   ///< at offset 0 of the image
  std::span<const std::byte> executable; ///< at `executableOffset`
  uint64_t executableOffset = 0;         ///< a multiple of kLeastPage, not inside the read-only part
  uint64_t span = 0;                     ///< bytes of address space that the image takes

  bool isExecutable(uint64_t offset) const {
    return offset >= executableOffset && offset - executableOffset < executable.size();
  }
};

/// E-ARTIFACT when the parts overlap or leave the image.
Status validate(const MachineCode &code);
std::vector<std::byte> encode(const MachineCode &code);
/// Decodes and validates; the result refers to `bytes`.
Expected<MachineCode> decodeMachineCode(std::span<const std::byte> bytes);

} // namespace limbeck::artifact
