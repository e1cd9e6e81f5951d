// Nodes in order: operands are looked up, the node goes to its function or rule, results are named. A node
// that is refused yields poisoned values, so that the import goes on and reports what else is wrong.
#include "GraphImporter.h"
#include "RuleRegistry.h"
#include <algorithm>

namespace limbeck::importer {

static std::string qualifiedOp(const onnx::NodeProto &proto) {
  std::string domain = normalDomain(proto.domain());
  return (domain.empty() ? "" : domain + ".") + proto.op_type();
}

void GraphImporter::importNodes(const NodeList &nodes, Scope &scope, const Body &body) {
  NodeOrder order(nodes);
  for (int index = 0; index < nodes.size() && !diagnostics.mustStop(); ++index)
    importNode(nodes[index], index, order, scope, body);
}

GraphImporter::Operands GraphImporter::findOperands(const onnx::NodeProto &proto, int index, NodeOrder &order,
                                                    const Scope &scope) {
  Operands operands;
  for (const std::string &input : proto.input()) {
    auto value = input.empty() ? kAbsent : scope.find(input);
    if (!value) {
      report(order.explainUndefined(input, index));
      value = kPoison;
    }
    operands.push_back(value == kAbsent ? std::nullopt : value);
  }
  while (!operands.empty() && !operands.back())
    operands.pop_back();
  return operands;
}

void GraphImporter::importNode(const onnx::NodeProto &proto, int index, NodeOrder &order, Scope &scope,
                               const Body &body) {
  nodesImported += nodeWeight(proto);
  if (nodesImported > options.limits.nodes)
    return diagnostics.reportFatal(
        error(Code::LimitNodes, "the graph has more than ", options.limits.nodes, " nodes"));
  std::string name =
      body.prefix + (proto.name().empty() ? proto.op_type() + "_" + std::to_string(index) : proto.name());
  std::string outerNode = std::exchange(currentNode, name),
              outerOp = std::exchange(currentOp, qualifiedOp(proto));
  uint32_t outerSource = builder.beginNode({currentNode, currentOp});
  ValueId first = builder.nextValue();

  Operands operands = findOperands(proto, index, order, scope);
  bool standard = normalDomain(proto.domain()).empty();
  const Function *function = functions.find(proto);
  Expected<Values> results = [&]() -> Expected<Values> {
    if (function)
      return importCall(*function, proto, operands, body);
    if (standard && proto.op_type() == "If")
      return importIf(proto, operands, scope, body);
    if (standard && proto.op_type() == "Loop")
      return importLoop(proto, operands, scope, body);
    return importByRule(proto, std::move(operands), body);
  }();
  if (!results)
    report(std::move(results.diagnostic()));
  Values values = results ? std::move(*results) : Values();
  values.resize(std::max<size_t>(values.size(), proto.output_size()), kPoison);
  builder.nameResults(first, values, std::vector<std::string>(proto.output().begin(), proto.output().end()));
  for (int i = 0; i < proto.output_size(); ++i)
    if (!proto.output(i).empty())
      define(proto.output(i), values[i], scope);

  builder.resumeNode(outerSource);
  currentNode = std::move(outerNode);
  currentOp = std::move(outerOp);
}

/// E-ARITY unless the node has as many operands and results as its rule takes.
static Status checkArity(const Rule &rule, const Node &node) {
  auto count = static_cast<int>(node.operands.size());
  if (count < rule.minimumOperands || (rule.maximumOperands >= 0 && count > rule.maximumOperands))
    return error(Code::Arity, "expected ",
                 rule.maximumOperands < 0 ? message("at least ", rule.minimumOperands)
                 : rule.minimumOperands == rule.maximumOperands
                     ? message(rule.minimumOperands)
                     : message(rule.minimumOperands, " to ", rule.maximumOperands),
                 " inputs, found ", count);
  for (int i = 0; i < rule.minimumOperands; ++i)
    if (!node.hasOperand(i))
      return error(Code::Arity, "input ", i, " is required, and empty");
  if (rule.maximumOutputs >= 0 && static_cast<int>(node.outputs.size()) > rule.maximumOutputs)
    return error(Code::Arity, "expected at most ", rule.maximumOutputs, " outputs, found ",
                 node.outputs.size());
  return {};
}

/// The rule for a node; E-UNSUPPORTED-OP, or E-VERSION when the model does not say which version it means.
static Expected<const Rule *> ruleFor(const std::string &domain, const std::string &opType,
                                      const Opsets &opsets) {
  auto opset = opsets.find(domain);
  const Rule *rule = opset == opsets.end() ? nullptr : findRule(domain, opType, opset->second);
  if (rule)
    return rule;
  std::string hint = supportedOpsets(domain, opType);
  if (opset == opsets.end() && !hint.empty())
    return error(Code::Version, "the model names no opset for domain '", domain.empty() ? "ai.onnx" : domain,
                 "'");
  return error(Code::UnsupportedOp, "op '", opType, "' of domain '", domain.empty() ? "ai.onnx" : domain,
               "' at opset ", opset == opsets.end() ? std::string("(none)") : std::to_string(opset->second),
               " is not supported")
      .withHint(hint);
}

Expected<GraphImporter::Values> GraphImporter::importByRule(const onnx::NodeProto &proto, Operands operands,
                                                            const Body &body) {
  Node node;
  node.opType = proto.op_type();
  node.domain = normalDomain(proto.domain());
  LIMBECK_ASSIGN(const Rule *rule, ruleFor(node.domain, node.opType, *body.opsets));
  node.opset = body.opsets->at(node.domain);
  node.operands = std::move(operands);
  node.outputs.assign(proto.output().begin(), proto.output().end());
  LIMBECK_TRY(checkArity(*rule, node));
  LIMBECK_ASSIGN(node.attributes, attributes.decode(proto.attribute(), body.attributes));
  if (std::ranges::find(node.operands, std::optional(kPoison)) != node.operands.end()) {
    auto fault = probe.faultOf(*rule, node, model);
    return fault ? Expected<Values>(std::move(*fault)) : Values();
  }
  LIMBECK_ASSIGN(Values results, rule->run(node, builder));
  for (size_t i = results.size(); i < node.outputs.size(); ++i)
    if (node.wantsOutput(i))
      return error(Code::Unsupported, "output ", i, " is not supported");
  return results;
}

Expected<GraphImporter::Values> GraphImporter::importCall(const Function &function,
                                                          const onnx::NodeProto &proto,
                                                          const Operands &operands, const Body &body) {
  const onnx::FunctionProto &callee = *function.proto;
  if (body.depth + 1 > options.limits.depth)
    return error(Code::Depth, "expected graphs and function calls nested at most ", options.limits.depth,
                 " deep");
  if (operands.size() > static_cast<size_t>(callee.input_size()) ||
      proto.output_size() > callee.output_size())
    return error(Code::Arity, "expected at most ", callee.input_size(), " inputs and ", callee.output_size(),
                 " outputs, found ", operands.size(), " and ", proto.output_size());
  LIMBECK_ASSIGN(NodeAttributes arguments, attributes.decode(callee.attribute_proto(), nullptr));
  LIMBECK_ASSIGN(NodeAttributes given, attributes.decode(proto.attribute(), body.attributes));
  for (auto &[name, value] : given)
    arguments[name] = std::move(value);

  nodesImported += interfaceWeight(callee);
  Scope scope; // a function sees nothing of its caller
  for (int i = 0; i < callee.input_size(); ++i) {
    auto operand = static_cast<size_t>(i) < operands.size() ? operands[i] : std::nullopt;
    define(callee.input(i), operand.value_or(kAbsent), scope);
  }
  importNodes(callee.node(), scope,
              {.opsets = function.opsets.empty() ? &opsets : &function.opsets,
               .attributes = &arguments,
               .prefix = currentNode + "/",
               .depth = body.depth + 1});
  Values results;
  for (const std::string &output : callee.output()) {
    auto value = scope.find(output);
    if (!value || *value == kAbsent)
      return error(Code::Output, "function '", callee.name(), "' does not define its output '", output, "'");
    results.push_back(*value);
  }
  return results;
}

} // namespace limbeck::importer
