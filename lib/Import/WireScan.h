// A look at the protobuf wire format before protobuf itself builds objects from it.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <span>

namespace limbeck::importer {

/// E-PARSE where the bytes are no protobuf message, E-PARSE-DEPTH for groups nested too deeply, E-DEPTH for
/// graphs or types nested too deeply, E-LIMIT-NODES for more nodes than the limit, E-LIMIT-MEM for more objects than any sane model has,
/// E-DIM for a dimension that is both a number and a symbol (protobuf would keep the last one only).
Status scanWire(std::span<const std::byte> bytes, const Limits &limits);

} // namespace limbeck::importer
