// Walks the wire format with a stack of its own: neither the nesting nor the number of messages in a hostile
// file may decide how much stack or memory the parser behind it takes, and protobuf does not tell nesting
// from other errors.
#include "WireScan.h"
#include <array>
#include <cstdint>
#include <onnx.pb.h>

namespace limbeck::importer {
namespace {

enum class MessageKind : uint8_t {
  Model,
  Function,
  Training,
  Graph,
  Node,
  Attribute,
  ValueInfo,
  Type,
  Container,
  TensorOfType,
  TensorShape,
  Dimension,
  Tensor,
  SparseTensor,
  Annotation,
  Placement,
  Sharding,
  ShardedDimension,
  Device,
  Leaf
};

/// Which field of which message is itself a message with parts.
struct Edge {
  MessageKind parent;
  int field;
  MessageKind child;
};
constexpr Edge edges[] = {
    {MessageKind::Model, onnx::ModelProto::kGraphFieldNumber, MessageKind::Graph},
    {MessageKind::Model, onnx::ModelProto::kFunctionsFieldNumber, MessageKind::Function},
    {MessageKind::Model, onnx::ModelProto::kTrainingInfoFieldNumber, MessageKind::Training},
    {MessageKind::Training, onnx::TrainingInfoProto::kInitializationFieldNumber, MessageKind::Graph},
    {MessageKind::Training, onnx::TrainingInfoProto::kAlgorithmFieldNumber, MessageKind::Graph},
    {MessageKind::Function, onnx::FunctionProto::kNodeFieldNumber, MessageKind::Node},
    {MessageKind::Function, onnx::FunctionProto::kAttributeProtoFieldNumber, MessageKind::Attribute},
    {MessageKind::Function, onnx::FunctionProto::kValueInfoFieldNumber, MessageKind::ValueInfo},
    {MessageKind::Graph, onnx::GraphProto::kNodeFieldNumber, MessageKind::Node},
    {MessageKind::Graph, onnx::GraphProto::kInputFieldNumber, MessageKind::ValueInfo},
    {MessageKind::Graph, onnx::GraphProto::kOutputFieldNumber, MessageKind::ValueInfo},
    {MessageKind::Graph, onnx::GraphProto::kValueInfoFieldNumber, MessageKind::ValueInfo},
    {MessageKind::Node, onnx::NodeProto::kAttributeFieldNumber, MessageKind::Attribute},
    {MessageKind::Attribute, onnx::AttributeProto::kGFieldNumber, MessageKind::Graph},
    {MessageKind::Attribute, onnx::AttributeProto::kGraphsFieldNumber, MessageKind::Graph},
    {MessageKind::Attribute, onnx::AttributeProto::kTpFieldNumber, MessageKind::Type},
    {MessageKind::Attribute, onnx::AttributeProto::kTypeProtosFieldNumber, MessageKind::Type},
    {MessageKind::ValueInfo, onnx::ValueInfoProto::kTypeFieldNumber, MessageKind::Type},
    {MessageKind::Type, onnx::TypeProto::kTensorTypeFieldNumber, MessageKind::TensorOfType},
    {MessageKind::Type, onnx::TypeProto::kSparseTensorTypeFieldNumber, MessageKind::TensorOfType},
    {MessageKind::Type, onnx::TypeProto::kSequenceTypeFieldNumber, MessageKind::Container},
    {MessageKind::Type, onnx::TypeProto::kMapTypeFieldNumber, MessageKind::Container},
    {MessageKind::Type, onnx::TypeProto::kOptionalTypeFieldNumber, MessageKind::Container},
    {MessageKind::Container, onnx::TypeProto_Sequence::kElemTypeFieldNumber, MessageKind::Type},
    {MessageKind::Container, onnx::TypeProto_Map::kValueTypeFieldNumber, MessageKind::Type},
    {MessageKind::TensorOfType, onnx::TypeProto_Tensor::kShapeFieldNumber, MessageKind::TensorShape},
    {MessageKind::TensorShape, onnx::TensorShapeProto::kDimFieldNumber, MessageKind::Dimension},
    {MessageKind::Graph, onnx::GraphProto::kInitializerFieldNumber, MessageKind::Tensor},
    {MessageKind::Graph, onnx::GraphProto::kSparseInitializerFieldNumber, MessageKind::SparseTensor},
    {MessageKind::Graph, onnx::GraphProto::kQuantizationAnnotationFieldNumber, MessageKind::Annotation},
    {MessageKind::Attribute, onnx::AttributeProto::kTFieldNumber, MessageKind::Tensor},
    {MessageKind::Attribute, onnx::AttributeProto::kTensorsFieldNumber, MessageKind::Tensor},
    {MessageKind::Attribute, onnx::AttributeProto::kSparseTensorFieldNumber, MessageKind::SparseTensor},
    {MessageKind::Attribute, onnx::AttributeProto::kSparseTensorsFieldNumber, MessageKind::SparseTensor},
    {MessageKind::SparseTensor, onnx::SparseTensorProto::kValuesFieldNumber, MessageKind::Tensor},
    {MessageKind::SparseTensor, onnx::SparseTensorProto::kIndicesFieldNumber, MessageKind::Tensor},
    {MessageKind::Model, onnx::ModelProto::kConfigurationFieldNumber, MessageKind::Device},
    {MessageKind::Node, onnx::NodeProto::kDeviceConfigurationsFieldNumber, MessageKind::Placement},
    {MessageKind::Placement, onnx::NodeDeviceConfigurationProto::kShardingSpecFieldNumber,
     MessageKind::Sharding},
    {MessageKind::Sharding, onnx::ShardingSpecProto::kShardedDimFieldNumber, MessageKind::ShardedDimension},
};

MessageKind childOf(MessageKind parent, uint64_t field) {
  for (const Edge &edge : edges)
    if (edge.parent == parent && static_cast<uint64_t>(edge.field) == field)
      return edge.child;
  return MessageKind::Leaf;
}

/// Bytes of the object that protobuf makes of an empty message, with the pointer to it. A leaf is a string or
/// a message of a few numbers.
int64_t objectBytes(MessageKind kind) {
  constexpr int64_t pointer = sizeof(void *), leaf = 64;
  switch (kind) {
  case MessageKind::Function:
    return pointer + sizeof(onnx::FunctionProto);
  case MessageKind::Training:
    return pointer + sizeof(onnx::TrainingInfoProto);
  case MessageKind::Graph:
    return pointer + sizeof(onnx::GraphProto);
  case MessageKind::Node:
    return pointer + sizeof(onnx::NodeProto);
  case MessageKind::Attribute:
    return pointer + sizeof(onnx::AttributeProto);
  case MessageKind::ValueInfo:
    return pointer + sizeof(onnx::ValueInfoProto);
  case MessageKind::Type:
    return pointer + sizeof(onnx::TypeProto);
  case MessageKind::Tensor:
    return pointer + sizeof(onnx::TensorProto);
  case MessageKind::SparseTensor:
    return pointer + sizeof(onnx::SparseTensorProto);
  default:
    return pointer + leaf;
  }
}

/// A message or group that the scan is inside of.
struct WireFrame {
  MessageKind kind = MessageKind::Model;
  size_t end = 0;
  uint64_t group = 0; ///< field number of a group, 0 for a message
  int64_t graphs = 0, types = 0, groups = 0;
  uint32_t dimensionFields = 0;
};

enum WireType : uint64_t {
  Varint = 0,
  Fixed64 = 1,
  Delimited = 2,
  StartGroup = 3,
  EndGroup = 4,
  Fixed32 = 5
};

/// A model of as many nodes and tensors as the limits allow takes less.
constexpr int64_t kMostObjectBytes = int64_t(2) << 30;

class WireScanner {
public:
  WireScanner(std::span<const std::byte> bytes, const Limits &limits) : bytes(bytes), limits(limits) {}

  Status scan() {
    stack.push_back({.kind = MessageKind::Model, .end = bytes.size()});
    while (!stack.empty()) {
      if (stack.back().group == 0 && position == stack.back().end) {
        stack.pop_back();
        continue;
      }
      LIMBECK_TRY(scanField());
    }
    return {};
  }

private:
  Diagnostic broken(std::string_view what) const {
    return error(Code::Parse, "the file is not an ONNX model: ", std::string(what), " at byte ", position);
  }

  std::optional<uint64_t> readVarint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (position >= stack.back().end)
        return std::nullopt;
      auto byte = static_cast<uint64_t>(bytes[position++]);
      value |= shift < 64 ? (byte & 0x7f) << shift : 0;
      if (byte < 0x80)
        return value;
    }
    return std::nullopt;
  }

  Status skip(uint64_t count) {
    if (count > stack.back().end - position)
      return broken("a field that is longer than what is left");
    position += count;
    return {};
  }

  Status scanField() {
    auto tag = readVarint();
    if (!tag || *tag >> 3 == 0 || *tag >> 32 != 0)
      return broken("expected a field");
    uint64_t field = *tag >> 3;
    if (stack.back().kind == MessageKind::Dimension && field <= 2)
      LIMBECK_TRY(noteDimensionField(field));
    switch (*tag & 7) {
    case Varint:
      return readVarint() ? Status() : broken("a number without an end");
    case Fixed64:
      return skip(8);
    case Fixed32:
      return skip(4);
    case Delimited:
      return enterMessage(field);
    case StartGroup:
      return enterGroup(field);
    case EndGroup:
      if (stack.back().group != field)
        return broken("the end of a group that was not begun");
      stack.pop_back();
      return {};
    default:
      return broken("an unknown kind of field");
    }
  }

  Status noteDimensionField(uint64_t field) {
    uint32_t &seen = stack.back().dimensionFields;
    seen |= uint32_t(1) << field;
    if (seen == 0b110)
      return error(Code::Dim, "expected a dimension to be a number or a symbol, found both at byte ",
                   position);
    return {};
  }

  /// Protobuf makes hundreds of bytes of a message that takes two in the file.
  Status count(MessageKind kind) {
    if (kind == MessageKind::Node && ++nodes > limits.nodes)
      return error(Code::LimitNodes, "the file has more than ", limits.nodes, " nodes");
    memory += objectBytes(kind);
    if (memory > kMostObjectBytes)
      return error(Code::LimitMemory, "the parts of the file take more than ", kMostObjectBytes,
                   " bytes of memory, their data aside");
    return {};
  }

  Status enterMessage(uint64_t field) {
    auto length = readVarint();
    if (!length || *length > stack.back().end - position)
      return broken("a field that is longer than what is left");
    WireFrame frame = stack.back();
    frame.kind = childOf(frame.kind, field);
    frame.group = 0;
    frame.dimensionFields = 0;
    LIMBECK_TRY(count(frame.kind));
    if (frame.kind == MessageKind::Leaf)
      return skip(*length);
    bool nestedGraph = frame.kind == MessageKind::Graph && stack.size() > 1;
    frame.graphs += nestedGraph;
    frame.types += frame.kind == MessageKind::Type;
    if (frame.graphs > limits.depth || frame.types > limits.depth)
      return error(Code::Depth, "expected ", nestedGraph ? "graphs" : "types", " nested at most ",
                   limits.depth, " deep");
    frame.end = position + *length;
    stack.push_back(frame);
    return {};
  }

  Status enterGroup(uint64_t field) {
    WireFrame frame = stack.back();
    frame.kind = MessageKind::Leaf;
    frame.group = field;
    if (++frame.groups > limits.depth)
      return error(Code::ParseDepth, "expected groups nested at most ", limits.depth,
                   " deep, found more at byte ", position);
    stack.push_back(frame);
    return {};
  }

  std::span<const std::byte> bytes;
  const Limits &limits;
  size_t position = 0;
  int64_t nodes = 0, memory = 0;
  std::vector<WireFrame> stack;
};

} // namespace

Status scanWire(std::span<const std::byte> bytes, const Limits &limits) {
  return WireScanner(bytes, limits).scan();
}

} // namespace limbeck::importer
