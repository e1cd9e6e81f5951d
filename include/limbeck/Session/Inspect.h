// What a model or an artifact contains.
#pragma once
#include "limbeck/Session/SourceModel.h"

namespace limbeck::session {

struct Inspection {
  std::string json, text;
};

/// `verify` recomputes every digest of an artifact, weights included: E-ARTIFACT-HASH.
Expected<Inspection> inspect(const SourceModel &source, bool verify);

} // namespace limbeck::session
