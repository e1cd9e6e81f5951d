// Which version of which op set a model or function is written against.
#pragma once
#include "limbeck/Support/Status.h"
#include <cstdint>
#include <map>
#include <onnx.pb.h>

namespace limbeck::importer {

/// Of ai.onnx. The newest is that of the onnx package in scripts/requirements.txt.
constexpr int64_t kOldestOpset = 7, kNewestOpset = 28;

using Opsets = std::map<std::string, int64_t>;

/// `ai.onnx` is the long name of the default domain.
inline std::string normalDomain(const std::string &domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// E-VERSION for versions that do not exist or a domain that is given twice; E-UNSUPPORTED for an old
/// ai.onnx.
Expected<Opsets> decodeOpsets(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto> &list);
/// E-VERSION for format versions that do not exist.
Status checkFormatVersion(const onnx::ModelProto &model);

} // namespace limbeck::importer
