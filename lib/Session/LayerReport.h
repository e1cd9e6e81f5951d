// Layers as JSON and as text.
#pragma once
#include "limbeck/Session/Json.h"
#include "limbeck/Session/Layers.h"

namespace limbeck::session {

/// The members `peaks`, `layers`, `between_kernels_ms` and `worst_layers` of a measurement.
void writeLayers(llvm::json::OStream &json, const LayerReport &report);
std::string layersText(const std::string &name, const LayerReport &report);

} // namespace limbeck::session
