// Nodes whose ops kernels do not compute one by one: a table holds what their chain makes of each byte.
#pragma once
#include "limbeck/Graph/IR/Limbeck.h"
#include <set>
#include <string>

namespace limbeck::session {

class TabledNodes {
public:
  explicit TabledNodes(mlir::ModuleOp fused);

  /// Whether all the nodes, and there is one, are in tables with everything they compute in float.
  bool contain(const std::vector<std::string> &nodes) const;

private:
  void look(graph::FusedOp region);

  std::set<std::string> inTables, outside;
};

} // namespace limbeck::session
