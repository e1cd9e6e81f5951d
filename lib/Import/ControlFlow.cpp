// If and Loop. What is decided by constants is resolved here: the branch taken, the loop unrolled. An If over
// data becomes an op with two regions.
#include "GraphImporter.h"
#include <algorithm>

namespace limbeck::importer {

/// The graph attribute of that name, or E-REGION.
static Expected<const onnx::GraphProto *> graphAttribute(const onnx::NodeProto &proto,
                                                         const std::string &name) {
  for (const onnx::AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name && attribute.type() == onnx::AttributeProto::GRAPH && attribute.has_g())
      return &attribute.g();
  return error(Code::Region, "expected a graph, found none").atAttribute(name);
}

/// A condition is one bool.
static Status checkCondition(const TensorType &type) {
  if (type.dtype != DType::Bool)
    return error(Code::DataType, "expected a condition of type bool, found ", type.text());
  auto count = elementCount(type.shape, Limits().elements);
  if (!count || (*count != 1 && *count != kUnknown))
    return error(Code::Shape, "expected a condition of one element, found ", type.text());
  return {};
}

GraphImporter::Values GraphImporter::importNested(const onnx::GraphProto &graph,
                                                  std::span<const ValueId> arguments, const Scope &outer,
                                                  const Body &body) {
  nodesImported += interfaceWeight(graph);
  Scope scope(&outer);
  for (size_t i = 0; i < arguments.size(); ++i)
    define(graph.input(static_cast<int>(i)).name(), arguments[i], scope);
  importInitializers(graph, scope);
  importNodes(graph.node(), scope, body);
  Values results;
  for (const onnx::ValueInfoProto &output : graph.output()) {
    auto value = scope.find(output.name());
    bool defined = value && *value != kAbsent;
    if (!defined)
      report(error(Code::Output, "output '", output.name(), "' of a nested graph is not defined"));
    results.push_back(defined ? *value : kPoison);
  }
  return results;
}

Expected<GraphImporter::Values> GraphImporter::importIf(const onnx::NodeProto &proto,
                                                        const Operands &operands, Scope &scope,
                                                        const Body &body) {
  std::vector<const onnx::GraphProto *> graphs;
  for (const char *name : {"then_branch", "else_branch"}) {
    LIMBECK_ASSIGN(const onnx::GraphProto *graph, graphAttribute(proto, name));
    if (graph->input_size() != 0 || graph->output_size() != proto.output_size())
      return error(Code::Region, "expected no inputs and ", proto.output_size(), " outputs, found ",
                   graph->input_size(), " and ", graph->output_size())
          .atAttribute(name);
    graphs.push_back(graph);
  }
  if (operands.size() != 1 || !operands[0])
    return error(Code::Arity, "expected 1 input, found ", operands.size());
  if (body.depth + 1 > options.limits.depth)
    return error(Code::Depth, "expected graphs and function calls nested at most ", options.limits.depth,
                 " deep");
  Body inner = body;
  ++inner.depth;

  bool poisoned = operands[0] == kPoison;
  if (!poisoned)
    LIMBECK_TRY(checkCondition(builder.type(*operands[0])));
  if (const Tensor *constant = poisoned ? nullptr : builder.constant(*operands[0]))
    return importNested(*graphs[constant->values<bool>()[0] ? 0 : 1], {}, scope, inner);

  std::vector<Region> branches;
  for (const onnx::GraphProto *graph : graphs) {
    builder.beginRegion();
    Values results = importNested(*graph, {}, scope, inner);
    poisoned |= std::ranges::find(results, kPoison) != results.end();
    branches.push_back(builder.endRegion(std::move(results)));
  }
  if (poisoned || diagnostics.mustStop())
    return Values();
  return builder.createIf(*operands[0], std::move(branches));
}

Expected<int64_t> GraphImporter::tripCount(const onnx::NodeProto &proto, const Operands &operands) const {
  if (operands.empty() || !operands[0])
    return options.limits.nodes; // ends by its condition
  const TensorType &type = builder.type(*operands[0]);
  if (type.dtype != DType::S64)
    return error(Code::DataType, "expected a trip count of type s64, found ", type.text());
  const Tensor *constant = builder.constant(*operands[0]);
  if (!constant)
    return error(Code::Unsupported, "a loop whose trip count is computed from data is not supported")
        .withHint(kFreezeHint);
  if (constant->size() != 1)
    return error(Code::Shape, "expected a trip count of one element, found ", type.text());
  int64_t trips = constant->values<int64_t>()[0];
  if (trips < 0 || trips > options.limits.nodes)
    return error(Code::Region, "expected a trip count from 0 to ", options.limits.nodes, ", found ", trips);
  return trips;
}

Expected<GraphImporter::Values> GraphImporter::importLoop(const onnx::NodeProto &proto,
                                                          const Operands &operands, Scope &scope,
                                                          const Body &body) {
  LIMBECK_ASSIGN(const onnx::GraphProto *graph, graphAttribute(proto, "body"));
  size_t carriedCount = operands.size() > 2 ? operands.size() - 2 : 0;
  auto bodyInputs = static_cast<size_t>(graph->input_size()),
       bodyOutputs = static_cast<size_t>(graph->output_size());
  if (bodyInputs != carriedCount + 2 || bodyOutputs < carriedCount + 1 ||
      static_cast<size_t>(proto.output_size()) > bodyOutputs - 1)
    return error(Code::Region, "expected a body with ", carriedCount + 2, " inputs and at least ",
                 std::max<size_t>(carriedCount, proto.output_size()) + 1, " outputs, found ", bodyInputs,
                 " and ", bodyOutputs)
        .atAttribute("body");
  if (body.depth + 1 > options.limits.depth)
    return error(Code::Depth, "expected graphs and function calls nested at most ", options.limits.depth,
                 " deep");
  for (size_t i = 2; i < operands.size(); ++i)
    if (!operands[i])
      return error(Code::Arity, "input ", i, " is required, and empty");
  if (std::ranges::find(operands, std::optional(kPoison)) != operands.end())
    return Values();

  LIMBECK_ASSIGN(int64_t trips, tripCount(proto, operands));
  int64_t bodyNodes = std::max<int64_t>(1, functions.expandedNodes(*graph));
  bool counted = !operands.empty() && operands[0];
  if (counted && trips > (options.limits.nodes - nodesImported) / bodyNodes)
    return error(Code::LimitNodes, "the loop unrolls to more than ", options.limits.nodes, " nodes");
  ValueId condition = operands.size() > 1 && operands[1]
                          ? *operands[1]
                          : builder.makeConstant(Tensor::scalar<bool>(DType::Bool, true));
  Values carried;
  for (size_t i = 2; i < operands.size(); ++i)
    carried.push_back(*operands[i]);
  std::vector<Values> scans(bodyOutputs - 1 - carriedCount);

  for (int64_t trip = 0; trip < trips; ++trip) {
    LIMBECK_TRY(checkCondition(builder.type(condition)));
    const Tensor *goesOn = builder.constant(condition);
    if (!goesOn)
      return error(Code::Unsupported, "a loop whose condition is computed from data is not supported")
          .withHint(kFreezeHint);
    if (!goesOn->values<bool>()[0])
      break;
    Values arguments{builder.makeConstant(Tensor::scalar<int64_t>(DType::S64, trip)), condition};
    arguments.insert(arguments.end(), carried.begin(), carried.end());
    Body inner = body;
    inner.prefix = currentNode + "/" + std::to_string(trip) + "/";
    ++inner.depth;
    ++nodesImported; // an empty body must end as well
    Values results = importNested(*graph, arguments, scope, inner);
    if (diagnostics.mustStop() || std::ranges::find(results, kPoison) != results.end())
      return Values();
    if (nodesImported > options.limits.nodes)
      return error(Code::LimitNodes, "the loop unrolls to more than ", options.limits.nodes, " nodes");
    condition = results[0];
    for (size_t i = 0; i < carriedCount; ++i) {
      if (builder.type(results[1 + i]).dtype != builder.type(carried[i]).dtype)
        return error(Code::Region, "carried value ", i, " changes from ", builder.type(carried[i]).text(),
                     " to ", builder.type(results[1 + i]).text());
      carried[i] = results[1 + i];
    }
    for (size_t i = 0; i < scans.size(); ++i) {
      Shape row = builder.type(results[1 + carriedCount + i]).shape;
      row.insert(row.begin(), 1);
      LIMBECK_ASSIGN(ValueId value,
                     builder.createOne("reshape", {{"shape", row}}, {results[1 + carriedCount + i]}));
      scans[i].push_back(value);
    }
  }
  for (Values &rows : scans) {
    if (rows.empty())
      return error(Code::Unsupported, "a loop that never runs and yields scan outputs is not supported");
    LIMBECK_ASSIGN(ValueId value, builder.createOne("concat", {{"axis", int64_t(0)}}, std::move(rows)));
    carried.push_back(value);
  }
  return carried;
}

} // namespace limbeck::importer
