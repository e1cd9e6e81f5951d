// Checks of what a caller hands to a run. Nothing is computed before all of them pass.
#pragma once
#include "limbeck/Runtime/Context.h"

namespace limbeck::runtime {

/// Bytes of a tensor of this type.
uint64_t byteSize(const TensorType &type);

/// Finds the entry; see Context::findEntry.
Expected<size_t> matchEntry(const std::vector<artifact::Entry> &entries, std::string_view name,
                            std::span<const TensorView> inputs);

/// Types, shapes, sizes, alignment; that no output overlaps anything else.
Status checkArguments(const artifact::Entry &entry, std::span<const TensorView> inputs,
                      std::span<const TensorView> outputs);

} // namespace limbeck::runtime
