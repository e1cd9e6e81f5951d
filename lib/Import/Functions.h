// Model-local functions: which there are, that none calls itself, and how many nodes a call expands to.
#pragma once
#include "Opsets.h"
#include "limbeck/Support/Limits.h"
#include <unordered_map>

namespace limbeck::importer {

/// What a node counts for: more than 1 when it has very many inputs, outputs or attributes.
inline int64_t nodeWeight(const onnx::NodeProto &node) {
  return 1 + (int64_t(node.input_size()) + node.output_size() + node.attribute_size()) / 64;
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
  /// Nodes after expanding all calls, nested graphs included; never more than limits.nodes + 1.
  int64_t expandedNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes) const;

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
