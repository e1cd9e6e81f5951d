// The time of every call of a kernel in one run.
#pragma once
#include "limbeck/Runtime/Context.h"
#include "limbeck/Session/Layers.h"

namespace limbeck::session {

enum class LayerDetail {
  Times,      ///< what is measured for is comparing
  Everything, ///< also peaks, bounds and a trace
};

/// Runs one entry for about `seconds`, and at least a few times; one layer per call, with what the artifact says about it,
/// and a trace.
Expected<LayerReport> measureLayers(const runtime::Model &model, size_t entry, int threads,
                                    std::span<const runtime::TensorView> inputs,
                                    std::span<const runtime::TensorView> outputs, double seconds,
                                    LayerDetail detail = LayerDetail::Everything);

} // namespace limbeck::session
