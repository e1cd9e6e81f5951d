// Walks an ONNX graph and writes a Model: names, scopes, functions and control flow are resolved here, ops by
// their rules.
#pragma once
#include "DecodeAttribute.h"
#include "DecodeType.h"
#include "Diagnostics.h"
#include "Functions.h"
#include "GraphBuilder.h"
#include "NodeOrder.h"
#include "NodeProbe.h"
#include "Scope.h"
#include <set>

namespace limbeck::importer {

class GraphImporter {
public:
  GraphImporter(const onnx::ModelProto &proto, const Options &options, TensorDecoder &tensors,
                Diagnostics &diagnostics, Model &model);
  /// Reports to the diagnostics; the model is complete only when nothing was reported.
  void run();

private:
  /// What the nodes of one body share: the main graph's or a function's.
  struct Body {
    const Opsets *opsets;
    const NodeAttributes *attributes = nullptr; ///< of the function call
    std::string prefix;                         ///< of node names
    int64_t depth = 0;                          ///< of nested graphs and calls
  };
  using Values = std::vector<ValueId>; ///< may hold kPoison
  using Operands = std::vector<std::optional<ValueId>>;

  // GraphImporter.cpp: the main graph.
  Status checkOptions() const;
  void importInputs(Scope &scope);
  Status checkGiven(const onnx::TensorShapeProto_Dimension &declared, int axis, int64_t given) const;
  Status importInput(const onnx::ValueInfoProto &input, Scope &scope);
  Status freezeInput(const onnx::ValueInfoProto &input, const DecodedType &type, Scope &scope);
  void importInitializers(const onnx::GraphProto &graph, Scope &scope);
  void importInitializer(const std::string &name, const Expected<Tensor> &tensor, Scope &scope);
  void importOutputs(const Scope &scope);
  Status checkOutput(const onnx::ValueInfoProto &output, ValueId value);

  // NodeImporter.cpp: nodes in order.
  void importNodes(const NodeList &nodes, Scope &scope, const Body &body);
  void importNode(const onnx::NodeProto &proto, int index, NodeOrder &order, Scope &scope, const Body &body);
  /// The operands of a node: nullopt where one is left out, kPoison where one was refused or (reported here)
  /// not defined.
  Operands findOperands(const onnx::NodeProto &proto, int index, NodeOrder &order, const Scope &scope);
  Expected<Values> importByRule(const onnx::NodeProto &proto, Operands operands, const Body &body);
  Expected<Values> importCall(const Function &function, const onnx::NodeProto &proto,
                              const Operands &operands, const Body &body);
  void define(const std::string &name, ValueId value, Scope &scope);
  void report(Diagnostic diagnostic);

  // ControlFlow.cpp: If and Loop.
  Expected<Values> importIf(const onnx::NodeProto &proto, const Operands &operands, Scope &scope,
                            const Body &body);
  Expected<Values> importLoop(const onnx::NodeProto &proto, const Operands &operands, Scope &scope,
                              const Body &body);
  Expected<int64_t> tripCount(const onnx::NodeProto &proto, const Operands &operands) const;
  /// Runs the nodes of a nested graph in place; its inputs are bound to `arguments`.
  Values importNested(const onnx::GraphProto &graph, std::span<const ValueId> arguments, const Scope &scope,
                      const Body &body);

  const onnx::ModelProto &proto;
  const Options &options;
  TensorDecoder &tensors;
  AttributeDecoder attributes;
  Diagnostics &diagnostics;
  Model &model;
  GraphBuilder builder;
  NodeProbe probe;
  FunctionTable functions;
  Opsets opsets;
  int64_t nodesImported = 0;
  std::set<std::string> missingFiles; ///< of external data, by what was said of them
  /// The node that is being imported, for diagnostics of what happens inside.
  std::string currentNode, currentOp;
};

} // namespace limbeck::importer
