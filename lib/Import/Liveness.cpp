// Dead code, last uses and the most memory that a run needs.
#include "Liveness.h"
#include <algorithm>
#include <limits>
#include <unordered_set>

namespace limbeck::importer {
namespace {

void keepUsed(std::vector<Op> &ops, std::vector<bool> &used) {
  std::vector<Op> kept;
  for (size_t i = ops.size(); i-- > 0;) {
    Op &op = ops[i];
    if (std::ranges::none_of(op.results, [&](ValueId value) { return used[value]; }))
      continue;
    for (ValueId result : op.results)
      used[result] = true;
    for (Region &region : op.regions) {
      for (ValueId result : region.results)
        used[result] = true;
      keepUsed(region.ops, used);
    }
    for (ValueId operand : op.operands)
      used[operand] = true;
    kept.push_back(std::move(op));
  }
  std::ranges::reverse(kept);
  ops = std::move(kept);
}

void renumber(std::vector<ValueId> &values, const std::vector<ValueId> &numbers) {
  for (ValueId &value : values)
    value = numbers[value];
}

void renumber(std::vector<Op> &ops, const std::vector<ValueId> &numbers) {
  for (Op &op : ops) {
    renumber(op.operands, numbers);
    renumber(op.results, numbers);
    for (Region &region : op.regions) {
      renumber(region.results, numbers);
      renumber(region.ops, numbers);
    }
  }
}

template <class Visit> void visitOperands(const Op &op, const Visit &visit) {
  for (ValueId operand : op.operands)
    visit(operand);
  for (const Region &region : op.regions) {
    for (const Op &inner : region.ops)
      visitOperands(inner, visit);
    for (ValueId result : region.results)
      visit(result);
  }
}

/// Sums that stop at the largest number.
int64_t saturatingAdd(int64_t a, int64_t b) {
  return checkedAdd(a, b).value_or(std::numeric_limits<int64_t>::max());
}

class MemoryEstimate {
public:
  explicit MemoryEstimate(const Model &model) : model(model) {}

  int64_t bytesOf(ValueId value) const {
    const Value &found = model.values[value];
    auto count = elementCount(found.type.shape, std::numeric_limits<int64_t>::max());
    if (found.constant || !count || *count == kUnknown)
      return 0;
    return checkedMultiply(*count, static_cast<int64_t>(storageBytes(found.type.dtype)))
        .value_or(std::numeric_limits<int64_t>::max());
  }

  /// Most bytes at one time that the ops add to what is alive before them.
  int64_t peak(const std::vector<Op> &ops, const std::vector<ValueId> &results) const {
    std::vector<std::vector<ValueId>> dying = lastUses(ops, results);
    std::unordered_set<ValueId> ours;
    int64_t alive = 0, most = 0;
    for (size_t i = 0; i < ops.size(); ++i) {
      int64_t inside = 0;
      for (const Region &region : ops[i].regions)
        inside = std::max(inside, peak(region.ops, region.results));
      most = std::max(most, saturatingAdd(alive, inside));
      for (ValueId result : ops[i].results) {
        ours.insert(result);
        alive = saturatingAdd(alive, bytesOf(result));
      }
      most = std::max(most, alive);
      for (ValueId value : dying[i])
        alive -= ours.contains(value) ? bytesOf(value) : 0;
    }
    return most;
  }

private:
  const Model &model;
};

} // namespace

void removeUnused(Model &model) {
  std::vector<bool> used(model.values.size());
  for (const auto *list : {&model.inputs, &model.outputs})
    for (ValueId value : *list)
      used[value] = true;
  keepUsed(model.ops, used);
  std::vector<ValueId> numbers(model.values.size());
  std::vector<Value> kept;
  for (size_t i = 0; i < used.size(); ++i) {
    numbers[i] = static_cast<ValueId>(kept.size());
    if (used[i])
      kept.push_back(std::move(model.values[i]));
  }
  model.values = std::move(kept);
  renumber(model.inputs, numbers);
  renumber(model.outputs, numbers);
  renumber(model.ops, numbers);
}

std::vector<std::vector<ValueId>> lastUses(const std::vector<Op> &ops, const std::vector<ValueId> &results) {
  std::vector<std::vector<ValueId>> dying(ops.size());
  std::unordered_set<ValueId> seen(results.begin(), results.end());
  for (size_t i = ops.size(); i-- > 0;) {
    auto visit = [&](ValueId value) {
      if (seen.insert(value).second)
        dying[i].push_back(value);
    };
    visitOperands(ops[i], visit);
    for (ValueId result : ops[i].results) // never used at all
      visit(result);
  }
  return dying;
}

Status checkMemory(const Model &model, int64_t limit) {
  MemoryEstimate estimate(model);
  int64_t bytes = estimate.peak(model.ops, model.outputs);
  for (ValueId input : model.inputs)
    bytes = saturatingAdd(bytes, estimate.bytesOf(input));
  if (bytes > limit)
    return error(Code::LimitMemory, "the model needs ", bytes,
                 " bytes of memory at once, more than the limit of ", limit);
  return {};
}

} // namespace limbeck::importer
