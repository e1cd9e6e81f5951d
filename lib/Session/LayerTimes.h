// The time of every call of a kernel in one run.
#pragma once
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Bench.h"

namespace limbeck::session {

/// Runs one entry for about `seconds`, and at least a few times; one row per call, with what the artifact says about it.
Expected<std::vector<LayerTime>> measureLayers(const runtime::Model &model, size_t entry, int threads,
                                               std::span<const runtime::TensorView> inputs,
                                               std::span<const runtime::TensorView> outputs, double seconds);

} // namespace limbeck::session
