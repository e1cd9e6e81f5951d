// Model-local functions: which there are, that none calls itself, and how many nodes a call expands to.
#pragma once
#include "Opsets.h"
#include "limbeck/Support/Limits.h"
#include <initializer_list>
#include <numeric>
#include <unordered_map>

namespace limbeck::importer {

/// What long lists of operands, results, attributes and initializers count for, beside the node or graph that
/// has them: going through 64 entries costs about as much as a node.
inline int64_t listWeight(std::initializer_list<int> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(0)) / 64;
}

/// What a node counts for against the limit of nodes.
inline int64_t nodeWeight(const onnx::NodeProto &node) {
  return 1 + listWeight({node.input_size(), node.output_size(), node.attribute_size()});
}
/// What one use of a nested graph or a function counts for before its nodes.
inline int64_t interfaceWeight(const onnx::GraphProto &graph) {
  return listWeight(
      {graph.input_size(), graph.output_size(), graph.initializer_size(), graph.sparse_initializer_size()});
}
inline int64_t interfaceWeight(const onnx::FunctionProto &function) {
  return listWeight({function.input_size(), function.output_size(), function.attribute_proto_size()});
}

struct Function {
  const onnx::FunctionProto *proto = nullptr;
  Opsets opsets;
};

class FunctionTable {
public:
  explicit FunctionTable(const Limits &limits) : limits(limits) {}

  /// E-SSA for a function that is defined twice, E-RECURSION, E-DEPTH, E-LIMIT-NODES when the graph expands
  /// to too many.
  Status add(const onnx::ModelProto &model);
  /// The function that a node calls, or null.
  const Function *find(const onnx::NodeProto &node) const;
  /// What the nodes count for after all calls are expanded, nested graphs included; never more than
  /// limits.nodes + 1.
  int64_t expandedNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes) const;
  /// The same for all of a nested graph.
  int64_t expandedNodes(const onnx::GraphProto &graph) const;

private:
  struct Entry {
    Function function;
    enum { New, Active, Done } state = New;
    int64_t nodes = 0, height = 0;
  };
  Status measure(Entry &entry, int64_t depth);
  Status measureCallees(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes, int64_t depth,
                        int64_t &height);
  Entry *findEntry(const onnx::NodeProto &node);

  const Limits &limits;
  std::unordered_map<std::string, Entry> entries;
};

} // namespace limbeck::importer
