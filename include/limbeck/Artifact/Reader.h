// Checks the bytes of an artifact and gives access to its parts. Nothing in the file is trusted: when `open`
// succeeds, every range, count and reference is in bounds, and the manifest has the digest it claims; when `check` does,
// so have the code and the weights that it names.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Artifact/MachineCode.h"
#include "limbeck/Artifact/Manifest.h"
#include <functional>

namespace limbeck::artifact {

/// Where the bytes of an artifact come from.
struct Source {
  /// Room for all of them. A range counts only when `fetch` had it, and stays as it is from then on.
  std::span<const std::byte> bytes;
  /// Makes a range of `bytes` what the artifact has there. None: all are there.
  std::function<Status(uint64_t offset, uint64_t length)> fetch;
  /// Calls `step(i)` for each i below `count`, in any order and on any threads, and returns behind the last. None: in turn, here.
  std::function<void(size_t count, const std::function<void(size_t)> &step)> forEach = {};
};

class Reader {
public:
  /// E-ARTIFACT-VERSION: written for a newer reader or another ABI. E-ARTIFACT-HASH: the bytes were changed.
  /// E-ARTIFACT: anything else. Whatever `fetch` reports. The bytes must outlive the reader.
  /// Fetches and checks header, table and manifest, and that what they name is there.
  static Expected<Reader> open(Source source, const Limits &limits = {});
  /// Checks everything in the file.
  static Expected<Reader> openAll(std::span<const std::byte> bytes, const Limits &limits = {});

  /// Fetches and checks sections, side by side. Each index is one that the manifest names. Of several faults of one kind,
  /// that of the first in the file is reported; all are fetched before any is checked.
  Status check(std::span<const uint32_t> indices);
  Status check(uint32_t index) { return check(std::span(&index, 1)); }
  /// Fetches and checks the code of a variant.
  Status checkCode(const Variant &variant);

  const Header &header() const { return head; }
  const Manifest &manifest() const { return contents; }
  const std::vector<SectionRecord> &sections() const { return table; }
  /// `index` is one that the manifest names, hence in range; the bytes are right behind `check`.
  std::span<const std::byte> section(uint32_t index) const;
  MachineCode code(uint32_t index) const;

  /// The digest of every section, weights included: what `inspect --verify` runs. E-ARTIFACT-HASH.
  Status verifyDigests() const;

private:
  Status fetch(uint64_t offset, uint64_t length) const;
  Status forEach(size_t count, const std::function<Status(size_t)> &step) const;
  uint64_t beginOfGap(uint32_t index) const;
  Status verify(uint32_t index) const;
  Status readTable(const Limits &limits);
  Status checkLayout() const;
  Status readManifest(const Limits &limits);
  Status checkReferences() const;

  Source source;
  std::span<const std::byte> file;
  Header head;
  std::vector<SectionRecord> table;
  std::vector<bool> checked; ///< by section
  Manifest contents;
};

/// True when the bytes begin as every artifact does: for telling kinds of files apart.
bool looksLikeArtifact(std::span<const std::byte> bytes);

} // namespace limbeck::artifact
