// ONNX bytes to protobuf objects whose nesting, number and names are within the limits.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <google/protobuf/arena.h>
#include <memory>
#include <onnx.pb.h>
#include <span>

namespace limbeck::importer {

struct ParsedModel {
  std::unique_ptr<google::protobuf::Arena> arena; ///< owns `proto`
  const onnx::ModelProto *proto = nullptr;
};

/// Hexadecimal; by it artifacts and reports name their source.
std::string sha256Of(std::span<const std::byte> bytes);

Expected<ParsedModel> parseModel(std::span<const std::byte> bytes, const Limits &limits);

} // namespace limbeck::importer
