// One description of every record of the manifest, used for encoding and decoding.
#include "limbeck/Artifact/Manifest.h"
#include "Codec.h"

namespace limbeck::artifact {

std::string_view name(Architecture architecture) {
  return architecture == Architecture::AArch64 ? "aarch64" : "x86_64";
}

/// Every record holds at least one count.
static constexpr size_t kLeastRecord = sizeof(uint32_t);

template <class Codec> static void walk(Codec &codec, std::string &text) {
  codec.field(text);
}
template <class Codec, Scalar T> static void walk(Codec &codec, T &value) {
  codec.field(value);
}

template <class Codec, class T> static void walk(Codec &codec, std::vector<T> &items) {
  uint32_t count = codec.count(items.size(), Scalar<T> ? sizeof(T) : kLeastRecord);
  for (uint32_t i = 0; i < count && codec.ok(); ++i) {
    if (i == items.size())
      items.emplace_back();
    walk(codec, items[i]);
  }
}

template <class Codec> static void walk(Codec &codec, std::shared_ptr<const Quantization> &shared) {
  bool present = shared != nullptr;
  codec.field(present);
  if (!present)
    return;
  Quantization quantization = shared ? *shared : Quantization();
  walk(codec, quantization.expressed);
  walk(codec, quantization.axis);
  walk(codec, quantization.scales);
  walk(codec, quantization.zeroPoints);
  walk(codec, quantization.lowest);
  walk(codec, quantization.highest);
  shared = std::make_shared<const Quantization>(std::move(quantization));
}

template <class Codec> static void walk(Codec &codec, Port &port) {
  walk(codec, port.name);
  walk(codec, port.type.dtype);
  walk(codec, port.type.shape);
  walk(codec, port.type.quantization);
}

template <class Codec> static void walk(Codec &codec, Variant &variant) {
  walk(codec, variant.isa);
  walk(codec, variant.features);
  walk(codec, variant.architecture);
  walk(codec, variant.code);
  walk(codec, variant.entryOffset);
  walk(codec, variant.arenaBytes);
  walk(codec, variant.weights);
}

template <class Codec> static void walk(Codec &codec, Entry &entry) {
  walk(codec, entry.name);
  walk(codec, entry.inputs);
  walk(codec, entry.outputs);
  walk(codec, entry.variants);
}

template <class Codec> static void walk(Codec &codec, Manifest &manifest) {
  walk(codec, manifest.entries);
  walk(codec, manifest.provenance.compilerVersion);
  walk(codec, manifest.provenance.sourceSha256);
  walk(codec, manifest.provenance.flags);
}

std::vector<std::byte> encode(Manifest manifest) {
  Encoder encoder;
  walk(encoder, manifest);
  return encoder.take();
}

Expected<Manifest> decode(std::span<const std::byte> bytes, const Limits &limits) {
  Decoder decoder(bytes);
  Manifest manifest;
  walk(decoder, manifest);
  LIMBECK_TRY(decoder.finish());
  LIMBECK_TRY(validate(manifest, limits));
  return manifest;
}

} // namespace limbeck::artifact
