// JSON of a manifest.
#include "limbeck/Artifact/Describe.h"
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace limbeck::artifact {

using Json = nlohmann::ordered_json;

static Json portsJson(const std::vector<Port> &ports) {
  Json list = Json::array();
  for (const Port &port : ports) {
    Json item = {
        {"name", port.name}, {"dtype", std::string(name(port.type.dtype))}, {"shape", port.type.shape}};
    if (const Quantization *quantization = port.type.quantization.get())
      item["quantization"] = {{"expressed", std::string(name(quantization->expressed))},
                              {"axis", quantization->axis},
                              {"scales", quantization->scales},
                              {"zero_points", quantization->zeroPoints}};
    list.push_back(std::move(item));
  }
  return list;
}

/// Bytes of the sections that a set of indices names.
static uint64_t sectionBytes(const std::set<uint32_t> &indices, std::span<const SectionRecord> sections) {
  uint64_t bytes = 0;
  for (uint32_t index : indices)
    bytes += index < sections.size() ? sections[index].length : 0;
  return bytes;
}

std::string describe(const Manifest &manifest, std::span<const SectionRecord> sections,
                     std::span<const size_t> selected) {
  Json entries = Json::array();
  std::map<std::string, std::set<uint32_t>> usedByTarget;
  for (size_t e = 0; e < manifest.entries.size(); ++e) {
    const Entry &entry = manifest.entries[e];
    Json variants = Json::array();
    for (size_t v = 0; v < entry.variants.size(); ++v) {
      const Variant &variant = entry.variants[v];
      std::set<uint32_t> weights(variant.weights.begin(), variant.weights.end());
      auto &used = usedByTarget[variant.isa];
      used.insert(variant.code);
      used.insert(weights.begin(), weights.end());
      Json item = {{"isa", variant.isa},
                   {"architecture", std::string(name(variant.architecture))},
                   {"features", variant.features},
                   {"code_bytes", sectionBytes({variant.code}, sections)},
                   {"weight_bytes", sectionBytes(weights, sections)},
                   {"arena_bytes", variant.arenaBytes}};
      if (e < selected.size())
        item["selected"] = selected[e] == v;
      variants.push_back(std::move(item));
    }
    entries.push_back({{"name", entry.name},
                       {"inputs", portsJson(entry.inputs)},
                       {"outputs", portsJson(entry.outputs)},
                       {"variants", std::move(variants)}});
  }
  Json targets = Json::array();
  for (const auto &[isa, used] : usedByTarget)
    targets.push_back({{"isa", isa}, {"bytes", sectionBytes(used, sections)}});
  const Provenance &provenance = manifest.provenance;
  Json document = {{"schema", 1},
                   {"kind", "artifact"},
                   {"entries", std::move(entries)},
                   {"targets", std::move(targets)},
                   {"provenance",
                    {{"compiler_version", provenance.compilerVersion},
                     {"source_sha256", provenance.sourceSha256},
                     {"flags", provenance.flags}}}};
  // Names were checked to be UTF-8, though not for overlong forms: such text is replaced, never thrown on.
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace limbeck::artifact
