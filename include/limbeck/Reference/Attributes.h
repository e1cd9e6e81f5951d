// Attributes of an op, as every LLVM-free folder sees them. The MLIR side converts one to one.
#pragma once
#include "limbeck/Tensor/TensorType.h"
#include <map>

namespace limbeck::reference {

/// int64 <-> I64Attr, float <-> F32Attr, string <-> StrAttr, integer list <-> DenseI64ArrayAttr,
/// float list <-> DenseF32ArrayAttr, bool <-> BoolAttr, dtype <-> TypeAttr.
using Attribute =
    std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>, bool, DType>;

/// Lookups of a name that is missing or of another kind return a default value: verifiers run before, and no op
/// definition may rely on presence alone.
class Attributes {
public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> list) : entries(list) {}
  void set(std::string name, Attribute value) { entries[std::move(name)] = std::move(value); }
  bool has(std::string_view name) const { return entries.count(std::string(name)) != 0; }
  int64_t integer(std::string_view name) const { return get<int64_t>(name); }
  float number(std::string_view name) const { return get<float>(name); }
  bool flag(std::string_view name) const { return get<bool>(name); }
  DType dtype(std::string_view name) const { return get<DType>(name); }
  const std::string &text(std::string_view name) const { return get<std::string>(name); }
  const std::vector<int64_t> &integers(std::string_view name) const {
    return get<std::vector<int64_t>>(name);
  }
  const std::vector<float> &numbers(std::string_view name) const { return get<std::vector<float>>(name); }
  const std::map<std::string, Attribute> &all() const { return entries; }

private:
  template <class T> const T &get(std::string_view name) const {
    static const T missing{};
    auto found = entries.find(std::string(name));
    if (found == entries.end())
      return missing;
    const T *value = std::get_if<T>(&found->second);
    return value ? *value : missing;
  }
  std::map<std::string, Attribute> entries;
};

} // namespace limbeck::reference
