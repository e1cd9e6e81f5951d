// The preference among instruction sets is one list; everything else a variant needs, it names itself.
#include "limbeck/Runtime/CpuFeatures.h"
#include <algorithm>

namespace limbeck::runtime {

static constexpr std::string_view kBestFirst[] = {"amx",           "avx512-bf16", "avx512-vnni", "avx-vnni",
                                                  "avx512",        "avx2",        "x86-64",      "arm64-i8mm",
                                                  "arm64-dotprod", "arm64"};

/// Instruction sets that this version does not know come last.
static size_t rankOf(std::string_view isa) {
  return static_cast<size_t>(std::ranges::find(kBestFirst, isa) - std::begin(kBestFirst));
}

bool CpuFeatures::runs(const artifact::Variant &variant) const {
  return variant.architecture == architecture &&
         std::ranges::all_of(variant.features,
                             [&](const std::string &feature) { return names.contains(feature); });
}

static std::string missing(const artifact::Variant &variant, const CpuFeatures &features) {
  if (variant.architecture != features.architecture)
    return message(variant.isa, " (needs ", artifact::name(variant.architecture), ")");
  std::string list;
  for (const std::string &feature : variant.features)
    if (!features.names.contains(feature))
      list += (list.empty() ? "" : ", ") + feature;
  return list.empty() ? variant.isa : message(variant.isa, " (needs ", list, ")");
}

Expected<size_t> selectVariant(const artifact::Entry &entry, const CpuFeatures &features,
                               std::string_view forced) {
  std::optional<size_t> best;
  std::string all;
  for (size_t i = 0; i < entry.variants.size(); ++i) {
    const artifact::Variant &variant = entry.variants[i];
    all += (all.empty() ? "" : ", ") + missing(variant, features);
    if (!features.runs(variant) || (!forced.empty() && variant.isa != forced))
      continue;
    if (!best || rankOf(variant.isa) < rankOf(entry.variants[*best].isa))
      best = i;
  }
  if (best)
    return *best;
  if (forced.empty())
    return error(Code::ArtifactTarget, "no variant of the artifact runs on this machine; it has ", all)
        .withHint("compile with --target cpu on this machine");
  bool known = std::ranges::find(kBestFirst, forced) != std::end(kBestFirst) ||
               std::ranges::find(entry.variants, forced, &artifact::Variant::isa) != entry.variants.end();
  if (!known)
    return error(Code::Flag, "expected LIMBECK_ISA to name an instruction set, found '", forced,
                 "'; the artifact has ", all);
  return error(Code::ArtifactTarget, "expected a variant '", forced,
               "' that runs on this machine; the artifact has ", all)
      .withHint("name another with LIMBECK_ISA, or unset it");
}

} // namespace limbeck::runtime
