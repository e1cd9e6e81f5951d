// A case that is a file instead of drawn.
#pragma once
#include "CaseBuilder.h"

namespace limbeck::test {

/// The model of an ONNX file, with sizes for what it leaves open, and drawn inputs.
Expected<Case> wholeModel(const std::string &path, uint64_t seed);

} // namespace limbeck::test
