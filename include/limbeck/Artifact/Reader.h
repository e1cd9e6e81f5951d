// Checks the bytes of an artifact and gives access to its parts. Nothing in the file is trusted: when `open`
// succeeds, every range, count and reference is in bounds, and manifest and code have the digest they claim.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Artifact/MachineCode.h"
#include "limbeck/Artifact/Manifest.h"

namespace limbeck::artifact {

class Reader {
public:
  /// E-ARTIFACT-VERSION: written for a newer reader or another ABI. E-ARTIFACT-HASH: the bytes were changed.
  /// E-ARTIFACT: anything else. `bytes` must outlive the reader.
  static Expected<Reader> open(std::span<const std::byte> bytes, const Limits &limits = {});

  const Header &header() const { return head; }
  const Manifest &manifest() const { return contents; }
  const std::vector<SectionRecord> &sections() const { return table; }
  /// `index` is one that the manifest names, hence in range.
  std::span<const std::byte> section(uint32_t index) const;
  MachineCode code(uint32_t index) const;

  /// The digest of every section, weights included: what `inspect --verify` runs. E-ARTIFACT-HASH.
  Status verifyDigests() const;

private:
  Status readTable(const Limits &limits);
  Status checkLayout() const;
  Status checkSections() const;
  Status readManifest(const Limits &limits);
  Status checkReferences() const;

  std::span<const std::byte> file;
  Header head;
  std::vector<SectionRecord> table;
  Manifest contents;
};

/// True when the bytes begin as every artifact does: for telling kinds of files apart.
bool looksLikeArtifact(std::span<const std::byte> bytes);

} // namespace limbeck::artifact
