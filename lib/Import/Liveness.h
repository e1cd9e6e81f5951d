// What of a model is used, and for how long.
#pragma once
#include "limbeck/Import/Model.h"
#include "limbeck/Support/Status.h"

namespace limbeck::importer {

/// Removes ops whose results nobody uses and the values that are left without a user.
void removeUnused(Model &model);

/// For each op of a list, the values whose last use it is; the results of the list itself live on.
std::vector<std::vector<ValueId>> lastUses(const std::vector<Op> &ops, const std::vector<ValueId> &results);

/// E-LIMIT-MEM when the values that are alive at one time exceed `limit` bytes, as far as shapes are known.
Status checkMemory(const Model &model, int64_t limit);

} // namespace limbeck::importer
