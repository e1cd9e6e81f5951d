// How one ONNX op becomes ops of the `limbeck` dialect. A rule sees a checked node and writes through a Builder.
//
// Files in lib/Import/Rules hold the rules of one family each and register them by ONNX name and opset range. A rule
// validates the node's attributes with the accessors of Node, which produce the diagnostics; shapes and types are
// validated by reference::infer when the rule creates ops.
#pragma once
#include "limbeck/Import/Importer.h"

namespace limbeck::importer {

class Builder;

/// An ONNX attribute after decoding (tensors decoded, lists bounded by Limits).
using NodeAttribute = std::variant<int64_t, float, std::string, Tensor, std::vector<int64_t>,
                                   std::vector<float>, std::vector<std::string>>;

/// One ONNX node whose operands exist. The absent optional operand ("" in the file) is `std::nullopt`.
class Node {
public:
  std::string opType, domain;
  int64_t opset = 0; ///< of the node's domain
  std::vector<std::optional<ValueId>> operands;
  std::vector<std::string> outputs; ///< names; "" where the output is not wanted
  std::map<std::string, NodeAttribute> attributes;

  size_t operandCount() const { return operands.size(); }
  bool hasOperand(size_t index) const { return index < operands.size() && operands[index]; }
  bool wantsOutput(size_t index) const { return index < outputs.size() && !outputs[index].empty(); }

  // Attribute accessors: the default when absent, E-ATTR when present with another type.
  bool hasAttribute(const std::string &name) const { return attributes.count(name) != 0; }
  Expected<int64_t> integer(const std::string &name, std::optional<int64_t> fallback) const;
  Expected<float> number(const std::string &name, std::optional<float> fallback) const;
  Expected<std::string> text(const std::string &name, std::optional<std::string> fallback) const;
  Expected<std::vector<int64_t>> integers(const std::string &name,
                                          std::optional<std::vector<int64_t>> fallback) const;
  Expected<std::vector<float>> numbers(const std::string &name,
                                       std::optional<std::vector<float>> fallback) const;
  Expected<Tensor> tensor(const std::string &name) const;
};

/// One dimension of a tensor.
struct Dimension {
  ValueId tensor;
  int64_t axis;
};

/// Creates ops in a Model. Every `create` infers types, folds what is constant and small, and fails with the node's name on
/// what reference::infer refuses.
class Builder {
public:
  virtual ~Builder() = default;
  virtual const TensorType &type(ValueId value) const = 0;
  /// The value if it is known now, else null.
  virtual const Tensor *constant(ValueId value) const = 0;
  /// A known integer list (axes, shapes, pads); elements may be kUnknown where only a part is known (shape arithmetic over
  /// symbolic dimensions). nullopt when nothing is known.
  virtual std::optional<std::vector<int64_t>> partialIndices(ValueId value) const = 0;
  /// The dimensions that the elements of a list were read from, by shape arithmetic that moved them only. Empty for a list of
  /// which nothing is known, and for a constant.
  virtual std::vector<std::optional<Dimension>> dimensionsBehind(ValueId list) const = 0;
  /// The op of the graph itself that made a value; null for others, and for what is made under a condition. Gone with the next op.
  virtual const Op *maker(ValueId value) const = 0;
  virtual ValueId makeConstant(Tensor value) = 0;
  virtual Expected<std::vector<ValueId>> create(std::string_view op, reference::Attributes attributes,
                                                std::vector<ValueId> operands) = 0;
  /// As create, for one result.
  virtual Expected<ValueId> createOne(std::string_view op, reference::Attributes attributes,
                                      std::vector<ValueId> operands) = 0;
  /// As createOne, with the result type given: for results with quantization parameters, which are not inferred.
  virtual Expected<ValueId> createTyped(std::string_view op, reference::Attributes attributes,
                                        std::vector<ValueId> operands, TensorType result) = 0;
  virtual const Limits &limits() const = 0;
};

/// Produces one value per entry of node.outputs (unwanted ones may be anything, and may be fewer at the tail).
using RuleFunction = Expected<std::vector<ValueId>> (*)(const Node &node, Builder &builder);

struct Rule {
  std::string_view domain; ///< "" for ai.onnx
  std::string_view opType;
  int64_t firstOpset, lastOpset;        ///< inclusive; INT64_MAX: still current
  int minimumOperands, maximumOperands; ///< maximum -1: any number; E-ARITY otherwise
  int maximumOutputs;                   ///< -1: any number
  RuleFunction run;
};

using RuleList = std::vector<Rule>;
/// The rule of an op at an opset, or null.
const Rule *findRule(std::string_view domain, std::string_view opType, int64_t opset);
/// All ONNX names that have a rule in a domain, for "nearest supported form".
std::vector<const Rule *> allRules();

#define LIMBECK_RULES(name) void add##name##Rules(RuleList &list);
#include "limbeck/Import/RuleFamilies.def"

} // namespace limbeck::importer
