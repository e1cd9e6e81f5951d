// Counts nodes and initializers of the parsed file; nesting was bounded when it was parsed.
#include "limbeck/Import/Outline.h"
#include "DecodeType.h"
#include "Opsets.h"
#include "Parse.h"
#include "limbeck/Import/ElementTypes.h"
#include "limbeck/Support/Checked.h"
#include "limbeck/Support/File.h"
#include <filesystem>
#include <set>

namespace limbeck::importer {

static void countOps(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes, Outline &outline) {
  for (const onnx::NodeProto &node : nodes) {
    std::string domain = normalDomain(node.domain());
    ++outline.ops[(domain.empty() ? "" : domain + ".") + node.op_type()];
    for (const onnx::AttributeProto &attribute : node.attribute()) {
      countOps(attribute.g().node(), outline);
      for (const onnx::GraphProto &graph : attribute.graphs())
        countOps(graph.node(), outline);
    }
  }
}

static Expected<Outline::Port> portOf(const onnx::ValueInfoProto &value, const Limits &limits) {
  LIMBECK_ASSIGN(DecodedType type, decodeType(value.type(), limits, false));
  return Outline::Port{value.name(), type.dtype, std::move(type.shape), std::move(type.symbols)};
}

static Status countParameters(const onnx::GraphProto &graph, const Limits &limits, Outline &outline) {
  for (const onnx::TensorProto &tensor : graph.initializer()) {
    LIMBECK_ASSIGN(ElementType element, elementType(tensor.data_type()));
    std::vector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
    LIMBECK_ASSIGN(int64_t count, elementCount(shape, limits.elements));
    auto bytes = checkedMultiply(count, static_cast<int64_t>(storageBytes(element.dtype)));
    auto allBytes = bytes ? checkedAdd(outline.parameterBytes, *bytes) : std::nullopt;
    auto all = checkedAdd(outline.parameters, count);
    if (!allBytes || !all)
      return error(Code::SizeOverflow, "the initializers have more bytes than can be counted");
    outline.parameters = *all;
    outline.parameterBytes = *allBytes;
  }
  return {};
}

Expected<Outline> outlineFile(const std::string &path, const Limits &limits) {
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, readFile(path, limits.fileBytes));
  LIMBECK_ASSIGN(ParsedModel parsed, parseModel(bytes, limits));
  const onnx::ModelProto &proto = *parsed.proto;
  Outline outline;
  outline.name = std::filesystem::path(path).filename().string();
  outline.irVersion = proto.ir_version();
  outline.producer = proto.producer_name();
  outline.sha256 = sha256Of(bytes);
  for (const onnx::OperatorSetIdProto &opset : proto.opset_import())
    if (normalDomain(opset.domain()).empty())
      outline.opset = opset.version();
  std::set<std::string> constants;
  for (const onnx::TensorProto &tensor : proto.graph().initializer())
    constants.insert(tensor.name());
  for (const onnx::ValueInfoProto &input : proto.graph().input())
    if (!constants.contains(input.name())) {
      LIMBECK_ASSIGN(Outline::Port port, portOf(input, limits));
      outline.inputs.push_back(std::move(port));
    }
  for (const onnx::ValueInfoProto &output : proto.graph().output()) {
    LIMBECK_ASSIGN(Outline::Port port, portOf(output, limits));
    outline.outputs.push_back(std::move(port));
  }
  LIMBECK_TRY(countParameters(proto.graph(), limits, outline));
  countOps(proto.graph().node(), outline);
  for (const onnx::FunctionProto &function : proto.functions())
    countOps(function.node(), outline);
  return outline;
}

} // namespace limbeck::importer
