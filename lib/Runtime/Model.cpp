// From verified bytes to code and weights in memory.
#include "limbeck/Runtime/Model.h"
#include "limbeck/Artifact/Describe.h"
#include "limbeck/Artifact/Reader.h"
#include "limbeck/Support/File.h"
#include <algorithm>
#include <cstdlib>
#include <new>

namespace limbeck::runtime {

static constexpr std::align_val_t kCodeAlignment{64};

void AlignedBytes::Free::operator()(uint8_t *bytes) const {
  ::operator delete(bytes, kCodeAlignment);
}

Expected<AlignedBytes> AlignedBytes::allocate(size_t size) {
  AlignedBytes result;
  result.bytes.reset(
      static_cast<uint8_t *>(::operator new(std::max<size_t>(size, 1), kCodeAlignment, std::nothrow)));
  if (!result.bytes)
    return error(Code::Memory, "no memory for ", size, " bytes");
  return result;
}

Expected<std::shared_ptr<const Model>> Model::load(const std::string &path, const LoadOptions &options) {
  LIMBECK_ASSIGN(auto bytes, readFile(path, options.limits.initializerBytes));
  auto model = fromBytes(bytes, options);
  if (!model)
    model.diagnostic().atFile(path);
  return model;
}

static std::string forcedIsa(const LoadOptions &options) {
  const char *variable = std::getenv("LIMBECK_ISA");
  return options.isa.empty() && variable ? variable : options.isa;
}

static Expected<AlignedBytes> alignedCopy(std::span<const std::byte> bytes) {
  LIMBECK_ASSIGN(AlignedBytes copy, AlignedBytes::allocate(bytes.size()));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte *>(copy.data()));
  return copy;
}

Expected<std::shared_ptr<const Model>> Model::fromBytes(std::span<const std::byte> bytes,
                                                        const LoadOptions &options) {
  LIMBECK_ASSIGN(artifact::Reader reader, artifact::Reader::open(bytes, options.limits));
  std::shared_ptr<Model> model(new Model());
  model->manifest = reader.manifest();
  model->sections = reader.sections();
  const CpuFeatures &features = options.features ? *options.features : CpuFeatures::host();
  // Entries and variants share sections: each is placed once.
  for (const artifact::Entry &entry : model->manifest.entries) {
    LIMBECK_ASSIGN(size_t chosen, selectVariant(entry, features, forcedIsa(options)));
    model->selected.push_back(chosen);
    const artifact::Variant &variant = entry.variants[chosen];
    if (!model->images.contains(variant.code)) {
      LIMBECK_ASSIGN(CodeImage image, CodeImage::load(reader.code(variant.code)));
      model->images.emplace(variant.code, std::move(image));
    }
    const std::byte *address = model->images.at(variant.code).address(variant.entryOffset);
    model->functions.push_back(reinterpret_cast<LimbeckEntry>(reinterpret_cast<uintptr_t>(address)));
    auto &pointers = model->weightPointers.emplace_back();
    for (uint32_t index : variant.weights) {
      if (!model->weightBytes.contains(index)) {
        LIMBECK_ASSIGN(AlignedBytes copy, alignedCopy(reader.section(index)));
        model->weightBytes.emplace(index, std::move(copy));
      }
      pointers.push_back(model->weightBytes.at(index).data());
    }
  }
  return std::shared_ptr<const Model>(std::move(model));
}

uint64_t Model::arenaBytes() const {
  uint64_t most = 0;
  for (size_t i = 0; i < entries().size(); ++i)
    most = std::max(most, variant(i).arenaBytes);
  return most;
}

std::string Model::describe() const {
  return artifact::describe(manifest, sections, selected);
}

} // namespace limbeck::runtime
