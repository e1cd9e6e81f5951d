// An artifact as linkable data.
#pragma once
#include "limbeck/Target/CPU/Isa.h"
#include <cstddef>
#include <span>
#include <vector>

namespace limbeck::cpu {

/// An object file, or a shared object, with the bytes of an artifact under `symbol` and their number under `symbol`_size, both
/// read-only; for the architecture of `isa`.
Expected<std::vector<std::byte>> embedArtifact(std::span<const std::byte> artifact, const std::string &symbol,
                                               const Isa &isa, bool shared);

} // namespace limbeck::cpu
