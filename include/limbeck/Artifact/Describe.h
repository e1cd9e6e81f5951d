// The artifact as JSON, for `limbeck inspect` and for the runtime's model information.
#pragma once
#include "limbeck/Artifact/Format.h"
#include "limbeck/Artifact/Manifest.h"

namespace limbeck::artifact {

/// `{"schema":1,"entries":[..],"targets":[{"isa","bytes"}..],"provenance":{..}}`.
/// `selected` names the variant that runs here, one index per entry, or is empty.
std::string describe(const Manifest &manifest, std::span<const SectionRecord> sections,
                     std::span<const size_t> selected = {});

} // namespace limbeck::artifact
