// The table of op definitions, built from the families named in Families.def.
#pragma once
#include "limbeck/Reference/Operation.h"

namespace limbeck::reference {

/// Each family's file defines one of these, named as in Families.def: it appends its definitions.
using DefinitionList = std::vector<OpDefinition>;

#define LIMBECK_FAMILY(name) void define##name(DefinitionList &list);
#include "limbeck/Reference/Families.def"

} // namespace limbeck::reference
