// Checked access to the attributes of a node.
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

/// What an attribute holds, in the order of NodeAttribute.
static constexpr std::string_view kindNames[] = {
    "an integer",         "a float",          "a string",         "a tensor",
    "a list of integers", "a list of floats", "a list of strings"};
static_assert(std::size(kindNames) == std::variant_size_v<NodeAttribute>);

/// The attribute as a T, or the fallback when it is absent; E-ATTR when it is required and absent, or of
/// another kind.
template <class T>
static Expected<T> attributeAs(const Node &node, const std::string &name, std::optional<T> fallback) {
  static const size_t wanted = NodeAttribute(T()).index();
  auto found = node.attributes.find(name);
  if (found == node.attributes.end()) {
    if (fallback)
      return std::move(*fallback);
    return error(Code::Attribute, "expected ", kindNames[wanted], ", found no such attribute")
        .atAttribute(name);
  }
  if (const T *value = std::get_if<T>(&found->second))
    return *value;
  return error(Code::Attribute, "expected ", kindNames[wanted], ", found ", kindNames[found->second.index()])
      .atAttribute(name);
}

Expected<int64_t> Node::integer(const std::string &name, std::optional<int64_t> fallback) const {
  return attributeAs<int64_t>(*this, name, fallback);
}
Expected<float> Node::number(const std::string &name, std::optional<float> fallback) const {
  return attributeAs<float>(*this, name, fallback);
}
Expected<std::string> Node::text(const std::string &name, std::optional<std::string> fallback) const {
  return attributeAs<std::string>(*this, name, std::move(fallback));
}
Expected<std::vector<int64_t>> Node::integers(const std::string &name,
                                              std::optional<std::vector<int64_t>> fallback) const {
  return attributeAs<std::vector<int64_t>>(*this, name, std::move(fallback));
}
Expected<std::vector<float>> Node::numbers(const std::string &name,
                                           std::optional<std::vector<float>> fallback) const {
  return attributeAs<std::vector<float>>(*this, name, std::move(fallback));
}
Expected<Tensor> Node::tensor(const std::string &name) const {
  return attributeAs<Tensor>(*this, name, std::nullopt);
}

} // namespace limbeck::importer
