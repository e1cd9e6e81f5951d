// Versions of the format and of op sets.
#include "Opsets.h"

namespace limbeck::importer {

Expected<Opsets> decodeOpsets(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &list) {
  Opsets opsets;
  for (const onnx::OperatorSetIdProto &entry : list) {
    std::string domain = normalDomain(entry.domain());
    int64_t version = entry.version();
    if (version < 1 || (domain.empty() && version > kNewestOpset))
      return error(Code::Version, "expected an opset from ", kOldestOpset, " to ", kNewestOpset, ", found ",
                   version, " for domain '", domain.empty() ? "ai.onnx" : domain, "'");
    if (!opsets.emplace(domain, version).second)
      return error(Code::Version, "the opset of domain '", domain.empty() ? "ai.onnx" : domain,
                   "' is given twice");
  }
  if (opsets.empty())
    return error(Code::Version, "the model names no opset");
  if (auto found = opsets.find(""); found != opsets.end() && found->second < kOldestOpset)
    return error(Code::Unsupported, "expected opset ", kOldestOpset, " or newer, found ", found->second)
        .withHint("convert the model with onnx.version_converter");
  return opsets;
}

Status checkFormatVersion(const onnx::ModelProto &model) {
  constexpr int64_t oldest = onnx::IR_VERSION_2017_11_3; // the first with opset imports
  if (model.ir_version() < oldest || model.ir_version() > onnx::IR_VERSION)
    return error(Code::Version, "expected an ir_version from ", oldest, " to ",
                 static_cast<int64_t>(onnx::IR_VERSION), ", found ", model.ir_version());
  return {};
}

} // namespace limbeck::importer
