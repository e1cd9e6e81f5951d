// The Builder that rules write through: appends to a Model, infers, folds, and keeps what is known of shape
// arithmetic.
#pragma once
#include "Folding.h"
#include "PartialValues.h"
#include "limbeck/Import/Rules.h"
#include <unordered_map>
#include <unordered_set>

namespace limbeck::importer {

class GraphBuilder final : public Builder {
public:
  GraphBuilder(Model &model, const Limits &limits);

  // What rules see.
  const TensorType &type(ValueId value) const override { return model.values[value].type; }
  const Tensor *constant(ValueId value) const override;
  std::optional<std::vector<int64_t>> partialIndices(ValueId value) const override;
  std::vector<std::optional<Dimension>> dimensionsBehind(ValueId list) const override;
  const Op *maker(ValueId value) const override;
  ValueId makeConstant(Tensor value) override;
  Expected<std::vector<ValueId>> create(std::string_view op, reference::Attributes attributes,
                                        std::vector<ValueId> operands) override;
  Expected<ValueId> createOne(std::string_view op, reference::Attributes attributes,
                              std::vector<ValueId> operands) override;
  Expected<ValueId> createTyped(std::string_view op, reference::Attributes attributes,
                                std::vector<ValueId> operands, TensorType result) override;
  const Limits &limits() const override { return bounds; }

  // What the graph importer needs beside them.
  ValueId addValue(std::string name, TensorType type);
  ValueId addConstant(std::string name, Tensor tensor);
  /// A value of another model, without its name.
  ValueId addCopy(const Value &value);
  /// Ops created from here on come from this node; the one before comes back with resumeNode.
  uint32_t beginNode(SourceNode node);
  void resumeNode(uint32_t previous) { source = previous; }
  /// First value that does not exist yet.
  ValueId nextValue() const { return static_cast<ValueId>(model.values.size()); }
  /// Gives the results of a node the names of the file if they were created since `first`, and derived names
  /// to the rest.
  void nameResults(ValueId first, std::span<const ValueId> results, std::span<const std::string> names);
  /// Ops go to a region until endRegion.
  void beginRegion() { regions.emplace_back(); }
  Region endRegion(std::vector<ValueId> results);
  /// E-REGION when the results of the regions do not agree.
  Expected<std::vector<ValueId>> createIf(ValueId condition, std::vector<Region> branches);

private:
  struct Inference;
  Expected<Inference> infer(std::string_view op, const reference::Attributes &attributes,
                            std::span<const ValueId> operands) const;
  Expected<std::optional<std::vector<Tensor>>> fold(const Inference &inference,
                                                    const reference::Attributes &attributes,
                                                    std::span<const ValueId> operands);
  std::optional<PartialValue> known(const Inference &inference, const reference::Attributes &attributes,
                                    std::span<const ValueId> operands) const;
  Status checkResult(const TensorType &type) const;
  std::vector<ValueId> append(Op op, std::span<const TensorType> results);
  std::string uniqueName(const std::string &wanted);

  Model &model;
  const Limits &bounds;
  uint32_t source = 0;                  ///< the node that ops come from
  std::vector<std::vector<Op>> regions; ///< ops of the regions that are open; none: the graph itself
  std::unordered_map<ValueId, PartialValue> partials;
  std::unordered_map<ValueId, size_t> makers; ///< indices into the ops of the graph itself
  std::unordered_set<std::string> names;
  std::unordered_map<std::string, int64_t> suffixes;
  FoldingBudget folding;
};

} // namespace limbeck::importer
