// One node of an ONNX graph while it is written.
#pragma once
#include "limbeck/Tensor/DType.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <onnx.pb.h>
#include <vector>

namespace limbeck::graph::exporter {

/// A tensor between nodes; without a name it is an optional one that is absent.
struct Edge {
  std::string name;
  DType dtype = DType::F32; ///< as stored
};

/// Names of attributes are ONNX's.
class Node {
public:
  Node(llvm::StringRef opType, std::vector<Edge> operands) : inputs(std::move(operands)) {
    proto.set_op_type(opType.str());
    while (!inputs.empty() && inputs.back().name.empty())
      inputs.pop_back();
    for (const Edge &input : inputs)
      proto.add_input(input.name);
  }

  Node &integer(llvm::StringRef name, int64_t value) {
    attribute(name, onnx::AttributeProto::INT)->set_i(value);
    return *this;
  }
  Node &number(llvm::StringRef name, float value) {
    attribute(name, onnx::AttributeProto::FLOAT)->set_f(value);
    return *this;
  }
  Node &text(llvm::StringRef name, llvm::StringRef value) {
    attribute(name, onnx::AttributeProto::STRING)->set_s(value.str());
    return *this;
  }
  Node &integers(llvm::StringRef name, llvm::ArrayRef<int64_t> values) {
    attribute(name, onnx::AttributeProto::INTS)->mutable_ints()->Assign(values.begin(), values.end());
    return *this;
  }
  Node &graph(llvm::StringRef name, onnx::GraphProto value) {
    *attribute(name, onnx::AttributeProto::GRAPH)->mutable_g() = std::move(value);
    return *this;
  }
  void output(Edge edge) {
    proto.add_output(edge.name);
    outputs.push_back(std::move(edge));
  }

  onnx::NodeProto proto;
  std::vector<Edge> inputs, outputs;
  bool laterResultsAreOptional = false; ///< all but the first may be left out where nothing reads them

private:
  onnx::AttributeProto *attribute(llvm::StringRef name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto *result = proto.add_attribute();
    result->set_name(name.str());
    result->set_type(type);
    return result;
  }
};

} // namespace limbeck::graph::exporter
