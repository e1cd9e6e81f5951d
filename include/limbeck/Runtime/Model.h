// A loaded artifact: immutable, shared by any number of contexts and threads.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Runtime/CodeImage.h"
#include "limbeck/Runtime/CpuFeatures.h"
#include <map>

namespace limbeck::runtime {

struct LoadOptions {
  /// The only instruction set to use; empty: LIMBECK_ISA, or the best that runs here.
  std::string isa;
  /// Tests load for a machine that they make up.
  const CpuFeatures *features = nullptr;
  Limits limits;
};

/// Bytes aligned to 64, as code expects them.
class AlignedBytes {
public:
  AlignedBytes() = default;
  /// E-MEMORY. Contents are not set.
  static Expected<AlignedBytes> allocate(size_t size);
  uint8_t *data() const { return bytes.get(); }

private:
  struct Free {
    void operator()(uint8_t *bytes) const;
  };
  std::unique_ptr<uint8_t, Free> bytes;
};

class Model {
public:
  /// Reads and verifies, then places code and weights of the chosen variants in memory of their own.
  /// E-ARTIFACT.., E-FILE, E-ARTIFACT-TARGET when no variant runs here.
  static Expected<std::shared_ptr<const Model>> load(const std::string &path,
                                                     const LoadOptions &options = {});
  static Expected<std::shared_ptr<const Model>> fromBytes(std::span<const std::byte> bytes,
                                                          const LoadOptions &options = {});

  const std::vector<artifact::Entry> &entries() const { return manifest.entries; }
  const artifact::Provenance &provenance() const { return manifest.provenance; }
  const artifact::Variant &variant(size_t entry) const { return entries()[entry].variants[selected[entry]]; }
  /// The code of an entry and the weights to give it.
  LimbeckEntry function(size_t entry) const { return functions[entry]; }
  std::span<const uint8_t *const> weights(size_t entry) const { return weightPointers[entry]; }
  /// The arena that any entry can run in.
  uint64_t arenaBytes() const;
  /// JSON, see artifact::describe.
  std::string describe() const;

private:
  Model() = default;

  artifact::Manifest manifest;
  std::vector<artifact::SectionRecord> sections;
  std::vector<size_t> selected;
  std::map<uint32_t, CodeImage> images;
  std::map<uint32_t, AlignedBytes> weightBytes;
  std::vector<LimbeckEntry> functions;
  std::vector<std::vector<const uint8_t *>> weightPointers;
};

} // namespace limbeck::runtime
