// A case that is a file instead of drawn.
#pragma once
#include "CaseBuilder.h"

namespace limbeck::test {

/// The model of an ONNX file, with the shapes given for inputs that leave some open, and drawn inputs.
Expected<Case> wholeModel(const std::string &path, const std::map<std::string, Shape> &shapes, uint64_t seed);

} // namespace limbeck::test
