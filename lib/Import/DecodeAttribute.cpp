// The value of an attribute must be in the field that its type names.
#include "DecodeAttribute.h"
#include <set>

namespace limbeck::importer {

Status AttributeDecoder::takeEntries(int64_t count) {
  if (count > limits.attributeList)
    return error(Code::AttributeLength, "expected at most ", limits.attributeList, " entries, found ", count);
  if (count > entriesLeft)
    return error(Code::LimitNodes, "the attributes of all nodes have more than ", 64 * limits.attributeList,
                 " entries");
  entriesLeft -= count;
  return {};
}

template <class Element, class List> Expected<NodeAttribute> AttributeDecoder::decodeList(const List &list) {
  LIMBECK_TRY(takeEntries(list.size()));
  return NodeAttribute(std::vector<Element>(list.begin(), list.end()));
}

Expected<NodeAttribute> AttributeDecoder::decode(const onnx::AttributeProto &proto) {
  Diagnostic missing = error(Code::Attribute, "the value that the type names is missing");
  switch (proto.type()) {
  case onnx::AttributeProto::INT:
    return proto.has_i() ? Expected<NodeAttribute>(NodeAttribute(int64_t(proto.i()))) : missing;
  case onnx::AttributeProto::FLOAT:
    return proto.has_f() ? Expected<NodeAttribute>(NodeAttribute(proto.f())) : missing;
  case onnx::AttributeProto::STRING:
    if (!proto.has_s())
      return missing;
    LIMBECK_TRY(takeEntries(static_cast<int64_t>(proto.s().size())));
    return NodeAttribute(proto.s());
  case onnx::AttributeProto::TENSOR: {
    if (!proto.has_t())
      return missing;
    LIMBECK_ASSIGN(Tensor tensor, tensors.decode(proto.t()));
    return NodeAttribute(std::move(tensor));
  }
  case onnx::AttributeProto::SPARSE_TENSOR: {
    if (!proto.has_sparse_tensor())
      return missing;
    LIMBECK_ASSIGN(Tensor tensor, tensors.decode(proto.sparse_tensor()));
    return NodeAttribute(std::move(tensor));
  }
  case onnx::AttributeProto::INTS:
    return decodeList<int64_t>(proto.ints());
  case onnx::AttributeProto::FLOATS:
    return decodeList<float>(proto.floats());
  case onnx::AttributeProto::STRINGS:
    for (const std::string &text : proto.strings())
      LIMBECK_TRY(takeEntries(static_cast<int64_t>(text.size())));
    return decodeList<std::string>(proto.strings());
  case onnx::AttributeProto::UNDEFINED:
    return error(Code::Attribute, "the attribute has no type");
  default:
    return error(Code::Unsupported, "attributes of type ",
                 onnx::AttributeProto_AttributeType_Name(proto.type()), " are not supported");
  }
}

Expected<NodeAttributes>
AttributeDecoder::decode(const google::protobuf::RepeatedPtrField<onnx::AttributeProto> &list,
                         const NodeAttributes *outer) {
  NodeAttributes attributes;
  std::set<std::string> seen;
  for (const onnx::AttributeProto &proto : list) {
    if (proto.name().empty())
      return error(Code::Attribute, "an attribute has no name");
    if (!seen.insert(proto.name()).second)
      return error(Code::Attribute, "the attribute is given twice").atAttribute(proto.name());
    if (proto.type() == onnx::AttributeProto::GRAPH)
      continue;
    if (!proto.ref_attr_name().empty()) {
      if (!outer)
        return error(Code::Attribute, "only attributes inside of functions refer to others")
            .atAttribute(proto.name());
      if (auto found = outer->find(proto.ref_attr_name()); found != outer->end())
        attributes[proto.name()] = found->second;
      continue;
    }
    auto value = decode(proto);
    if (!value)
      return value.diagnostic().atAttribute(proto.name());
    attributes[proto.name()] = std::move(*value);
  }
  return attributes;
}

} // namespace limbeck::importer
