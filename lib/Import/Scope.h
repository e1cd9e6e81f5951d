// Which names are visible where.
#pragma once
#include "limbeck/Import/Model.h"
#include <unordered_map>

namespace limbeck::importer {

/// Stands for the results of a node that was refused, so that its users are not refused for the same reason.
constexpr ValueId kPoison = UINT32_MAX;
/// Stands for an optional input of a function that the call leaves out.
constexpr ValueId kAbsent = UINT32_MAX - 1;

class Scope {
public:
  explicit Scope(const Scope *outer = nullptr) : outer(outer) {}

  std::optional<ValueId> find(const std::string &name) const {
    for (const Scope *scope = this; scope; scope = scope->outer)
      if (auto found = scope->values.find(name); found != scope->values.end())
        return found->second;
    return std::nullopt;
  }
  /// False when the name is visible already: values are defined once.
  bool define(const std::string &name, ValueId value) {
    return !find(name) && values.emplace(name, value).second;
  }

private:
  const Scope *outer;
  std::unordered_map<std::string, ValueId> values;
};

} // namespace limbeck::importer
