// Runs protobuf behind the wire scan.
#include "Parse.h"
#include "Names.h"
#include "WireScan.h"
#include <algorithm>
#include <google/protobuf/io/coded_stream.h>

namespace limbeck::importer {

Expected<ParsedModel> parseModel(std::span<const std::byte> bytes, const Limits &limits) {
  int64_t longest = std::min<int64_t>(limits.fileBytes, INT32_MAX - 1);
  if (bytes.size() > static_cast<size_t>(longest))
    return error(Code::FileKind, "expected a model of at most ", longest, " bytes, found ", bytes.size());
  if (bytes.empty())
    return error(Code::NoGraph, "the file is empty");
  LIMBECK_TRY(scanWire(bytes, limits));

  ParsedModel parsed;
  parsed.arena = std::make_unique<google::protobuf::Arena>();
  auto *proto = google::protobuf::Arena::CreateMessage<onnx::ModelProto>(parsed.arena.get());
  parsed.proto = proto;
  int size = static_cast<int>(bytes.size());
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()), size);
  stream.SetTotalBytesLimit(size);
  // A nested graph takes three messages (graph, node, attribute), a nested type two, a group one; all are
  // bounded by the scan.
  stream.SetRecursionLimit(static_cast<int>(std::min<int64_t>(8 * limits.depth + 16, 4096)));
  if (!proto->MergeFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return error(Code::Parse, "the file is not an ONNX model: protobuf cannot read it");
  if (!proto->has_graph())
    return error(Code::NoGraph, "the file holds no graph");
  LIMBECK_TRY(checkNames(*proto, limits));
  return parsed;
}

} // namespace limbeck::importer
