// The ISA table and the text of --target.
#include "limbeck/Target/CPU/Isa.h"
#include "limbeck/Runtime/CpuFeatures.h"
#include <algorithm>
#include <set>

namespace limbeck::cpu {

static constexpr Isa kIsas[] = {
#define LIMBECK_ISA(name, architecture, cpu, lanes, registers, fma, features)                                \
  {name, artifact::Architecture::architecture, cpu, lanes, registers, fma, features},
#include "limbeck/Target/CPU/Isas.def"
};

std::span<const Isa> allIsas() {
  return kIsas;
}

const Isa *findIsa(std::string_view name) {
  auto found =
      std::find_if(std::begin(kIsas), std::end(kIsas), [&](const Isa &isa) { return isa.name == name; });
  return found == std::end(kIsas) ? nullptr : found;
}

std::vector<std::string> Isa::featureList() const {
  std::vector<std::string> list;
  for (size_t begin = 0; begin < features.size();) {
    size_t end = std::min(features.find(' ', begin), features.size());
    list.emplace_back(features.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

bool Isa::has(std::string_view feature) const {
  std::vector<std::string> list = featureList();
  return std::find(list.begin(), list.end(), feature) != list.end();
}

std::string_view Isa::triple() const {
  return architecture == artifact::Architecture::X86_64 ? "x86_64-unknown-linux-gnu"
                                                        : "aarch64-unknown-linux-gnu";
}

bool runsHere(const Isa &isa) {
  artifact::Variant variant;
  variant.isa = isa.name;
  variant.features = isa.featureList();
  variant.architecture = isa.architecture;
  return runtime::CpuFeatures::host().runs(variant);
}

const Isa &nativeIsa() {
  static const Isa *const best = [] {
    const Isa *found = nullptr;
    for (const Isa &isa : kIsas)
      if (runsHere(isa))
        found = &isa;
    return found;
  }();
  return *best;
}

Expected<std::vector<const Isa *>> parseTargets(std::string_view text) {
  std::vector<const Isa *> chosen;
  auto unknown = [&](std::string_view found) {
    std::string names;
    for (const Isa &isa : kIsas)
      names += " cpu:" + std::string(isa.name);
    return error(Code::Flag,
                 "expected cpu, cpu:native or a comma-separated list of instruction sets, found '", found,
                 "'")
        .withHint("the targets are" + names);
  };
  if (text == "cpu") {
    for (const Isa &isa : kIsas)
      if (isa.architecture == runtime::CpuFeatures::host().architecture)
        chosen.push_back(&isa);
    return chosen;
  }
  if (!text.starts_with("cpu:"))
    return unknown(text);
  std::set<std::string_view> seen;
  for (bool more = true; more;) {
    more = text.find(',') != std::string_view::npos;
    size_t end = std::min(text.find(','), text.size());
    std::string_view name = text.substr(0, end);
    if (name.starts_with("cpu:")) // the first one has it, others may
      name.remove_prefix(4);
    const Isa *isa = name == "native" ? &nativeIsa() : findIsa(name);
    if (!isa)
      return unknown(name);
    if (!seen.insert(name).second)
      return error(Code::Flag, "expected each instruction set once, found '", name, "' twice");
    // `native` may stand beside the name of what it is.
    if (std::find(chosen.begin(), chosen.end(), isa) == chosen.end())
      chosen.push_back(isa);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

} // namespace limbeck::cpu
