// Finds the nodes on cycles by taking away, again and again, nodes that nothing is left in front of or
// behind.
#include "NodeOrder.h"

namespace limbeck::importer {

/// Calls `visit` with every name that a node uses, its nested graphs included. Names that those define are
/// visited as well: they are no producers of this graph, so they lead nowhere.
template <class Visit> static void visitUses(const onnx::NodeProto &node, const Visit &visit) {
  for (const std::string &name : node.input())
    visit(name);
  auto visitGraph = [&](const onnx::GraphProto &graph) {
    for (const onnx::NodeProto &inner : graph.node())
      visitUses(inner, visit);
    for (const onnx::ValueInfoProto &output : graph.output())
      visit(output.name());
  };
  for (const onnx::AttributeProto &attribute : node.attribute()) {
    if (attribute.has_g())
      visitGraph(attribute.g());
    for (const onnx::GraphProto &graph : attribute.graphs())
      visitGraph(graph);
  }
}

/// Marks as gone every node that is reachable only from nodes without incoming edges.
static void peel(const std::vector<std::vector<int>> &edges, std::vector<bool> &left) {
  std::vector<int> incoming(edges.size());
  for (size_t from = 0; from < edges.size(); ++from)
    for (int to : edges[from])
      incoming[to] += left[from];
  std::vector<int> ready;
  for (size_t node = 0; node < edges.size(); ++node)
    if (left[node] && incoming[node] == 0)
      ready.push_back(static_cast<int>(node));
  while (!ready.empty()) {
    int node = ready.back();
    ready.pop_back();
    left[node] = false;
    for (int to : edges[node])
      if (--incoming[to] == 0 && left[to])
        ready.push_back(to);
  }
}

void NodeOrder::analyze() {
  analyzed = true;
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &name : nodes[i].output())
      if (!name.empty())
        producers.emplace(name, i);
  std::vector<std::vector<int>> forward(nodes.size()), backward(nodes.size());
  for (int user = 0; user < nodes.size(); ++user)
    visitUses(nodes[user], [&](const std::string &name) {
      auto producer = producers.find(name);
      if (producer == producers.end())
        return;
      forward[producer->second].push_back(user);
      backward[user].push_back(producer->second);
    });
  onCycle.assign(nodes.size(), true);
  peel(forward, onCycle);
  peel(backward, onCycle);
}

Diagnostic NodeOrder::explainUndefined(const std::string &name, int user) {
  if (!analyzed)
    analyze();
  auto producer = producers.find(name);
  if (producer == producers.end())
    return error(Code::Undefined, "value '", name, "' is not defined");
  if (onCycle[producer->second] && onCycle[user])
    return error(Code::Cycle, "value '", name, "' depends on itself");
  return error(Code::Undefined, "value '", name, "' is used before node ", producer->second, " defines it")
      .withHint("nodes must be in topological order");
}

} // namespace limbeck::importer
