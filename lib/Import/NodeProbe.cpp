// Tries every element type and rank, with unknown dimensions, where an operand was refused.
#include "NodeProbe.h"
#include "Scope.h"
#include <algorithm>

namespace limbeck::importer {

static constexpr DType allDTypes[] = {
#define LIMBECK_DTYPE(identifier, name, bits, type) DType::identifier,
#include "limbeck/Tensor/DTypes.def"
};

/// Types for a missing operand; in front those that go with the known operands, whose complaints are likely to
/// be the ones that matter.
static std::vector<TensorType> candidateTypes(const Node &node, const Model &model, int64_t mostRank) {
  std::vector<DType> dtypes;
  std::vector<size_t> ranks;
  auto add = [](auto &list, auto value) {
    if (std::ranges::find(list, value) == list.end())
      list.push_back(value);
  };
  size_t largestRank = 0;
  for (const auto &operand : node.operands)
    if (operand && *operand != kPoison) {
      const TensorType &type = model.values[*operand].type;
      largestRank = std::max(largestRank, type.shape.size());
      if (type.dtype != DType::F32) // scales are f32, whatever the data is
        add(dtypes, type.dtype);
    }
  if (largestRank > 1)
    ranks.push_back(largestRank);
  for (size_t rank : {4, 3, 2})
    add(ranks, rank);
  for (size_t rank = 0; rank <= static_cast<size_t>(mostRank); ++rank)
    add(ranks, rank);
  add(dtypes, DType::F32);
  for (DType dtype : allDTypes)
    add(dtypes, dtype);
  std::vector<TensorType> types;
  for (size_t rank : ranks)
    for (DType dtype : dtypes)
      types.push_back({dtype, Shape(rank, kUnknown), nullptr});
  return types;
}

/// Whether a diagnostic says that the model is wrong, rather than that something is not known or not there.
static bool isFault(const Diagnostic &diagnostic) {
  return exitCode(diagnostic.code) == 2 && diagnostic.code != Code::LimitNodes &&
         diagnostic.code != Code::LimitMemory;
}

/// Complaints about the missing operand itself say little; those that name an attribute say most.
static int weightOf(const Diagnostic &diagnostic) {
  constexpr Code aboutOperands[] = {Code::DataType, Code::Rank, Code::Shape};
  bool other = std::ranges::find(aboutOperands, diagnostic.code) == std::end(aboutOperands);
  return 2 * other + !diagnostic.attribute.empty();
}

std::optional<Diagnostic> NodeProbe::faultOf(const Rule &rule, const Node &node, const Model &model) {
  if (triesLeft <= 0 || std::ranges::count(node.operands, std::optional(kPoison)) != 1)
    return std::nullopt;
  Node probed = node;
  std::optional<ValueId> *missing = nullptr;
  for (auto &operand : probed.operands) {
    if (operand == kPoison)
      missing = &operand;
    else if (operand)
      operand = builder.addCopy(model.values[*operand]);
  }
  int64_t cost = 1 + static_cast<int64_t>(node.operands.size() + node.outputs.size()) / 64;
  std::optional<Diagnostic> worst;
  for (TensorType &type : candidateTypes(node, model, builder.limits().rank)) {
    if ((triesLeft -= cost) < 0)
      return std::nullopt;
    *missing = builder.addValue("", std::move(type));
    auto results = rule.run(probed, builder);
    if (results || !isFault(results.diagnostic()))
      return std::nullopt;
    if (!worst || weightOf(results.diagnostic()) > weightOf(*worst))
      worst = std::move(results.diagnostic());
  }
  return worst;
}

} // namespace limbeck::importer
