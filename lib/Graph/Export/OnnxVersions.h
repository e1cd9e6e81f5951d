// Which opset has an op in the form that a node needs: OnnxVersions.def, asked.
#pragma once
#include "Node.h"
#include "limbeck/Support/Status.h"

namespace limbeck::graph::exporter {

/// The oldest opset that is written.
inline constexpr int64_t kOldestWrittenOpset = 13;

/// The first opset from `from` on whose definition of the op takes the node's operands, results and attributes.
/// E-UNSUPPORTED-TYPE when there is none.
Expected<int64_t> leastOpset(const Node &node, int64_t from);

/// The lowest IR version that allows an opset.
int64_t leastIrVersion(int64_t opset);

} // namespace limbeck::graph::exporter
