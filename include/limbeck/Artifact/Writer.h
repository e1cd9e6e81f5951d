// Makes the bytes of an artifact. Equal input gives equal bytes.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Artifact/MachineCode.h"
#include "limbeck/Artifact/Manifest.h"
#include <map>

namespace limbeck::artifact {

class Writer {
public:
  /// Each returns the index of the section, that of an earlier one when the bytes are equal.
  uint32_t addCode(const MachineCode &code);
  uint32_t addWeights(std::vector<std::byte> bytes, uint32_t alignment = kSectionAlignment);

  /// The artifact. It is read back before it is returned, so that what cannot be loaded is never written.
  Expected<std::vector<std::byte>> finish(const Manifest &manifest, const Limits &limits = {}) const;

private:
  struct Section {
    SectionRecord record;
    std::vector<std::byte> bytes;
  };
  uint32_t add(SectionKind kind, std::vector<std::byte> bytes, uint32_t alignment);

  std::vector<Section> sections;
  std::map<std::pair<SectionKind, Digest>, uint32_t> known;
};

/// Recomputes every hash of an artifact from its bytes, as the writer does last; records that leave the file
/// keep theirs. Whoever edits an artifact needs it, so tests and fuzzers do, to get past the hashes.
void seal(std::span<std::byte> artifact);

} // namespace limbeck::artifact
