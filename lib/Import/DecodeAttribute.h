// AttributeProto to NodeAttribute.
#pragma once
#include "DecodeTensor.h"
#include "limbeck/Import/Rules.h"

namespace limbeck::importer {

using NodeAttributes = std::map<std::string, NodeAttribute>;

class AttributeDecoder {
public:
  AttributeDecoder(TensorDecoder &tensors, const Limits &limits)
      : tensors(tensors), limits(limits), entriesLeft(64 * limits.attributeList) {}

  /// All attributes that are no graphs; references are looked up in `outer`, the attributes of the function
  /// call, and left out where the call gives none. E-ATTR for a name that occurs twice or a type without its
  /// value, E-ATTR-LEN for too long a list, E-UNSUPPORTED for kinds that no rule takes.
  Expected<NodeAttributes> decode(const google::protobuf::RepeatedPtrField<onnx::AttributeProto> &list,
                                  const NodeAttributes *outer);

private:
  Expected<NodeAttribute> decode(const onnx::AttributeProto &proto);
  template <class Element, class List> Expected<NodeAttribute> decodeList(const List &list);
  Status takeEntries(int64_t count);

  TensorDecoder &tensors;
  const Limits &limits;
  int64_t entriesLeft; ///< of all lists together, counted again for each unrolled iteration
};

} // namespace limbeck::importer
