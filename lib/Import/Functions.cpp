// The sizes of all functions are known before the first call is expanded, so that exponential growth costs
// nothing.
#include "Functions.h"
#include <algorithm>

namespace limbeck::importer {

/// Names hold no NUL, so it separates.
static std::string functionKey(const std::string &domain, const std::string &name,
                               const std::string &overload) {
  return normalDomain(domain) + '\0' + name + '\0' + overload;
}

const Function *FunctionTable::find(const onnx::NodeProto &node) const {
  if (entries.empty())
    return nullptr;
  auto found = entries.find(functionKey(node.domain(), node.op_type(), node.overload()));
  return found == entries.end() ? nullptr : &found->second.function;
}

FunctionTable::Entry *FunctionTable::findEntry(const onnx::NodeProto &node) {
  auto found = entries.find(functionKey(node.domain(), node.op_type(), node.overload()));
  return found == entries.end() ? nullptr : &found->second;
}

int64_t FunctionTable::expandedNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes) const {
  int64_t total = 0;
  auto add = [&](int64_t count) { total = std::min(limits.nodes + 1, total + count); };
  for (const onnx::NodeProto &node : nodes) {
    auto callee = entries.empty() ? entries.end()
                                  : entries.find(functionKey(node.domain(), node.op_type(), node.overload()));
    add(callee == entries.end() ? nodeWeight(node) : callee->second.nodes + nodeWeight(node));
    for (const onnx::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        add(expandedNodes(attribute.g()));
      for (const onnx::GraphProto &graph : attribute.graphs())
        add(expandedNodes(graph));
    }
  }
  return total;
}

int64_t FunctionTable::expandedNodes(const onnx::GraphProto &graph) const {
  return std::min(limits.nodes + 1, interfaceWeight(graph) + expandedNodes(graph.node()));
}

Status FunctionTable::measureCallees(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
                                     int64_t depth, int64_t &height) {
  for (const onnx::NodeProto &node : nodes) {
    if (Entry *callee = findEntry(node)) {
      LIMBECK_TRY(measure(*callee, depth + 1));
      height = std::max(height, callee->height + 1);
    }
    for (const onnx::AttributeProto &attribute : node.attribute()) {
      if (attribute.has_g())
        LIMBECK_TRY(measureCallees(attribute.g().node(), depth, height));
      for (const onnx::GraphProto &graph : attribute.graphs())
        LIMBECK_TRY(measureCallees(graph.node(), depth, height));
    }
  }
  return {};
}

Status FunctionTable::measure(Entry &entry, int64_t depth) {
  if (entry.state == Entry::Done)
    return {};
  const std::string &name = entry.function.proto->name();
  if (entry.state == Entry::Active)
    return error(Code::Recursion, "function '", name, "' calls itself").atOp(name);
  entry.state = Entry::Active;
  int64_t height = 0;
  if (depth <= limits.depth)
    LIMBECK_TRY(measureCallees(entry.function.proto->node(), depth, height));
  if (depth > limits.depth || height > limits.depth)
    return error(Code::Depth, "expected function calls nested at most ", limits.depth, " deep").atOp(name);
  entry.height = height;
  entry.nodes = interfaceWeight(*entry.function.proto) + expandedNodes(entry.function.proto->node());
  entry.state = Entry::Done;
  return {};
}

Status FunctionTable::add(const onnx::ModelProto &model) {
  for (const onnx::FunctionProto &proto : model.functions()) {
    Entry entry;
    entry.function.proto = &proto;
    if (proto.opset_import_size() > 0) {
      LIMBECK_ASSIGN(entry.function.opsets, decodeOpsets(proto.opset_import()));
    }
    if (!entries.emplace(functionKey(proto.domain(), proto.name(), proto.overload()), std::move(entry))
             .second)
      return error(Code::Ssa, "function '", proto.name(), "' is defined twice").atOp(proto.name());
  }
  for (const onnx::FunctionProto &proto : model.functions())
    LIMBECK_TRY(measure(entries.at(functionKey(proto.domain(), proto.name(), proto.overload())), 0));
  if (expandedNodes(model.graph().node()) > limits.nodes)
    return error(Code::LimitNodes, "the graph has more than ", limits.nodes,
                 " nodes when functions are expanded");
  return {};
}

} // namespace limbeck::importer
