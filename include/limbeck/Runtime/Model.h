// A loaded artifact: immutable, shared by any number of contexts and threads.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Runtime/CodeImage.h"
#include "limbeck/Runtime/CpuFeatures.h"
#include "limbeck/Support/PageMemory.h"
#include <map>

namespace limbeck::runtime {

struct LoadOptions {
  /// The only instruction set to use; empty: LIMBECK_ISA, or the best that runs here.
  std::string isa;
  /// Tests load for a machine that they make up.
  const CpuFeatures *features = nullptr;
  Limits limits;
  /// Uses the weights where they lie in the file, neither read nor hashed: whoever changes the file changes the model, and
  /// whoever shortens it ends the process.
  bool mapWeights = false;
};

class Model {
public:
  /// Reads and verifies the code and the weights of the chosen variants; what other variants need is not read.
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
  struct Bytes;
  Model() = default;
  static Expected<std::shared_ptr<const Model>> place(Bytes bytes, const LoadOptions &options);

  artifact::Manifest manifest;
  std::vector<artifact::SectionRecord> sections;
  std::vector<size_t> selected;
  std::map<uint32_t, CodeImage> images;
  PageMemory memory; ///< of the artifact, what was read of it; or the file
  std::vector<LimbeckEntry> functions;
  std::vector<std::vector<const uint8_t *>> weightPointers;
};

} // namespace limbeck::runtime
