// Visits every name of a model. Nesting was bounded by the wire scan, so plain recursion is safe here.
#include "Names.h"

namespace limbeck::importer {
namespace {

/// RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
bool isUtf8(const std::string &text) {
  auto byteAt = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  for (size_t i = 0; i < text.size();) {
    unsigned lead = byteAt(i);
    int following = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
    if (following < 0)
      return false;
    uint32_t point = following == 0 ? lead : lead & (0x3fu >> following);
    for (int k = 1; k <= following; ++k) {
      if (byteAt(i + k) >> 6 != 2)
        return false;
      point = point << 6 | (byteAt(i + k) & 0x3f);
    }
    constexpr uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (point < least[following] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return false;
    i += 1 + following;
  }
  return true;
}

class NameChecker {
public:
  explicit NameChecker(const Limits &limits) : limits(limits) {}

  Status check(const onnx::ModelProto &model) {
    LIMBECK_TRY(name(model.producer_name(), "producer name"));
    LIMBECK_TRY(opsets(model.opset_import()));
    for (const onnx::FunctionProto &function : model.functions())
      LIMBECK_TRY(check(function));
    return check(model.graph());
  }

private:
  Status name(const std::string &text, std::string_view what) {
    if (text.size() > static_cast<size_t>(limits.nameBytes))
      return error(Code::Name, "expected a ", std::string(what), " of at most ", limits.nameBytes,
                   " bytes, found ", text.size());
    if (text.find('\0') != std::string::npos)
      return error(Code::Name, "expected a ", std::string(what), " without NUL bytes, found '", text, "'");
    if (!isUtf8(text))
      return error(Code::Name, "expected a ", std::string(what), " in UTF-8, found other bytes");
    return {};
  }

  template <class List> Status names(const List &list, std::string_view what) {
    for (const std::string &text : list)
      LIMBECK_TRY(name(text, what));
    return {};
  }

  template <class List> Status opsets(const List &list) {
    for (const onnx::OperatorSetIdProto &opset : list)
      LIMBECK_TRY(name(opset.domain(), "domain"));
    return {};
  }

  Status check(const onnx::FunctionProto &function) {
    LIMBECK_TRY(name(function.name(), "function name"));
    LIMBECK_TRY(name(function.domain(), "domain"));
    LIMBECK_TRY(name(function.overload(), "overload"));
    LIMBECK_TRY(names(function.input(), "function input"));
    LIMBECK_TRY(names(function.output(), "function output"));
    LIMBECK_TRY(names(function.attribute(), "function attribute"));
    LIMBECK_TRY(opsets(function.opset_import()));
    for (const onnx::AttributeProto &attribute : function.attribute_proto())
      LIMBECK_TRY(check(attribute));
    return nodes(function.node());
  }

  Status check(const onnx::GraphProto &graph) {
    for (const onnx::TensorProto &tensor : graph.initializer())
      LIMBECK_TRY(name(tensor.name(), "initializer name"));
    for (const onnx::SparseTensorProto &tensor : graph.sparse_initializer())
      LIMBECK_TRY(name(tensor.values().name(), "initializer name"));
    for (const onnx::ValueInfoProto &value : graph.input())
      LIMBECK_TRY(check(value, "input name"));
    for (const onnx::ValueInfoProto &value : graph.output())
      LIMBECK_TRY(check(value, "output name"));
    return nodes(graph.node());
  }

  Status check(const onnx::ValueInfoProto &value, std::string_view what) {
    LIMBECK_TRY(name(value.name(), what));
    for (const onnx::TensorShapeProto_Dimension &dim : value.type().tensor_type().shape().dim())
      LIMBECK_TRY(name(dim.dim_param(), "symbol"));
    return {};
  }

  template <class List> Status nodes(const List &list) {
    for (const onnx::NodeProto &node : list) {
      LIMBECK_TRY(name(node.name(), "node name"));
      LIMBECK_TRY(name(node.op_type(), "op name"));
      LIMBECK_TRY(name(node.domain(), "domain"));
      LIMBECK_TRY(name(node.overload(), "overload"));
      LIMBECK_TRY(names(node.input(), "value name"));
      LIMBECK_TRY(names(node.output(), "value name"));
      for (const onnx::AttributeProto &attribute : node.attribute())
        LIMBECK_TRY(check(attribute));
    }
    return {};
  }

  Status check(const onnx::AttributeProto &attribute) {
    LIMBECK_TRY(name(attribute.name(), "attribute name"));
    LIMBECK_TRY(name(attribute.ref_attr_name(), "attribute name"));
    if (attribute.has_g())
      LIMBECK_TRY(check(attribute.g()));
    for (const onnx::GraphProto &graph : attribute.graphs())
      LIMBECK_TRY(check(graph));
    return {};
  }

  const Limits &limits;
};

} // namespace

std::string shellWord(const std::string &name) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+";
  if (!name.empty() && name.find_first_not_of(plain) == std::string::npos)
    return name;
  std::string quoted = "'";
  for (char c : name)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Status checkNames(const onnx::ModelProto &model, const Limits &limits) {
  return NameChecker(limits).check(model);
}

} // namespace limbeck::importer
