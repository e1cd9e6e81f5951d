// What to say about an op without a rule.
#pragma once
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

/// A hint naming the opsets at which the op is supported; "" for one that is at none.
std::string supportedOpsets(std::string_view domain, std::string_view opType);

} // namespace limbeck::importer
