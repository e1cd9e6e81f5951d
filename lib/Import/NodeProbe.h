// Looks for faults of nodes that have an operand which was refused, so that one fault does not hide another.
#pragma once
#include "GraphBuilder.h"
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

/// A node is at fault itself when no type of the operand that is missing would do. Types are tried on its rule
/// in a model that is thrown away.
class NodeProbe {
public:
  explicit NodeProbe(const Limits &limits) : builder(scratch, limits) {}
  /// What is wrong with a node of which one operand is kPoison; nullopt when some type would do, or when that
  /// is not known: the operand's value may matter, several may be missing, or too much was tried already.
  std::optional<Diagnostic> faultOf(const Rule &rule, const Node &node, const Model &model);

private:
  Model scratch;
  GraphBuilder builder;
  int64_t triesLeft = 100'000;
};

} // namespace limbeck::importer
