// What a manifest must satisfy by itself, whoever made it.
#include "limbeck/Artifact/Manifest.h"
#include <cmath>
#include <set>

namespace limbeck::artifact {

/// Bytes of the UTF-8 sequence that starts with this byte; 0 when none does. Zero bytes start none here.
static size_t sequenceLength(unsigned char lead) {
  constexpr struct {
    unsigned char first, last;
    size_t length;
  } kLeads[] = {{0x01, 0x7f, 1}, {0xc2, 0xdf, 2}, {0xe0, 0xef, 3}, {0xf0, 0xf4, 4}};
  for (const auto &range : kLeads)
    if (lead >= range.first && lead <= range.last)
      return range.length;
  return 0;
}

/// Names become C strings and JSON, so they are UTF-8 without zero bytes.
static bool isText(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t length = sequenceLength(static_cast<unsigned char>(text[i]));
    if (length == 0 || length > text.size() - i)
      return false;
    for (size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80)
        return false;
    i += length;
  }
  return true;
}

static Status checkName(std::string_view kind, const std::string &name, const Limits &limits,
                        std::set<std::string> &taken) {
  if (name.empty() || static_cast<int64_t>(name.size()) > limits.nameBytes || !isText(name))
    return error(Code::ArtifactFormat, "expected the name of an ", kind, " as UTF-8 text of 1 to ",
                 limits.nameBytes, " bytes");
  if (!taken.insert(name).second)
    return error(Code::ArtifactFormat, "two ", kind, "s have the name '", name, "'");
  return {};
}

static Status checkQuantization(const Port &port) {
  const TensorType &type = port.type;
  const Quantization &quantization = *type.quantization;
  auto bad = [&](auto... what) {
    return error(Code::ArtifactFormat, "quantization of '", port.name, "': ", what...);
  };
  if (!isInteger(type.dtype) || !isFloat(quantization.expressed))
    return bad("expected an integer type that stands for a float type");
  auto rank = static_cast<int64_t>(type.shape.size());
  if (quantization.axis < -1 || quantization.axis >= rank)
    return bad("expected an axis in [-1, ", rank, "), found ", quantization.axis);
  int64_t channels = quantization.axis < 0 ? 1 : type.shape[static_cast<size_t>(quantization.axis)];
  if (static_cast<int64_t>(quantization.scales.size()) != channels ||
      static_cast<int64_t>(quantization.zeroPoints.size()) != channels)
    return bad("expected ", channels, " scales and zero points");
  if (quantization.lowest > quantization.highest || quantization.lowest < lowest(type.dtype) ||
      quantization.highest > highest(type.dtype))
    return bad("expected a range of values inside that of ", name(type.dtype));
  for (float scale : quantization.scales)
    if (!std::isfinite(scale) || scale <= 0)
      return bad("expected finite scales above 0");
  for (int64_t zeroPoint : quantization.zeroPoints)
    if (zeroPoint < lowest(type.dtype) || zeroPoint > highest(type.dtype))
      return bad("expected zero points in the range of ", name(type.dtype));
  return {};
}

static Status checkPorts(std::string_view kind, const std::vector<Port> &ports, const Limits &limits) {
  std::set<std::string> names;
  for (const Port &port : ports) {
    LIMBECK_TRY(checkName(kind, port.name, limits, names));
    if (static_cast<int64_t>(port.type.shape.size()) > limits.rank)
      return error(Code::ArtifactFormat, kind, " '", port.name, "' has more than ", limits.rank,
                   " dimensions");
    auto count = elementCount(port.type.shape, limits.elements);
    if (!count || *count == kUnknown)
      return error(Code::ArtifactFormat, "expected a static shape of ", kind, " '", port.name, "', found ",
                   shapeText(port.type.shape));
    if (port.type.quantization)
      LIMBECK_TRY(checkQuantization(port));
  }
  return {};
}

static Status checkVariants(const Entry &entry, const Limits &limits) {
  if (entry.variants.empty())
    return error(Code::ArtifactFormat, "entry '", entry.name, "' has no code");
  std::set<std::string> names;
  for (const Variant &variant : entry.variants) {
    LIMBECK_TRY(checkName("instruction set", variant.isa, limits, names));
    if (variant.architecture != Architecture::X86_64 && variant.architecture != Architecture::AArch64)
      return error(Code::ArtifactFormat, "variant '", variant.isa, "' has an unknown architecture");
    if (variant.arenaBytes > static_cast<uint64_t>(limits.runBytes))
      return error(Code::ArtifactFormat, "variant '", variant.isa, "' asks for more than ", limits.runBytes,
                   " bytes of temporaries");
    std::set<std::string> features;
    for (const std::string &feature : variant.features)
      LIMBECK_TRY(checkName("instruction set feature", feature, limits, features));
  }
  return {};
}

Status validate(const Manifest &manifest, const Limits &limits) {
  if (manifest.entries.empty())
    return error(Code::ArtifactFormat, "expected at least one entry, found none");
  std::set<std::string> names;
  for (const Entry &entry : manifest.entries) {
    LIMBECK_TRY(checkName("entry", entry.name, limits, names));
    LIMBECK_TRY(checkPorts("input", entry.inputs, limits));
    LIMBECK_TRY(checkPorts("output", entry.outputs, limits));
    LIMBECK_TRY(checkVariants(entry, limits));
  }
  const Provenance &provenance = manifest.provenance;
  for (const std::string *text : {&provenance.compilerVersion, &provenance.sourceSha256, &provenance.flags})
    if (!isText(*text))
      return error(Code::ArtifactFormat, "expected UTF-8 text as provenance");
  return {};
}

} // namespace limbeck::artifact
