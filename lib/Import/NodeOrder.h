// Why a value is used before it is defined.
#pragma once
#include "limbeck/Support/Status.h"
#include <onnx.pb.h>
#include <unordered_map>

namespace limbeck::importer {

using NodeList = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// The producers and the cycles of one graph. Looks at the graph when it is first asked, which valid files
/// never do.
class NodeOrder {
public:
  explicit NodeOrder(const NodeList &nodes) : nodes(nodes) {}
  /// E-CYCLE when node `user` and the producer of `name` lie on a cycle, else E-UNDEF.
  Diagnostic explainUndefined(const std::string &name, int user);

private:
  void analyze();

  const NodeList &nodes;
  bool analyzed = false;
  std::unordered_map<std::string, int> producers;
  std::vector<bool> onCycle;
};

} // namespace limbeck::importer
