// A file that holds one TensorProto, as ONNX's test data does.
#include "DecodeTensor.h"
#include "limbeck/Import/Importer.h"
#include <new>

namespace limbeck::importer {

Expected<Tensor> parseTensor(std::span<const std::byte> bytes, const Limits &limits) {
  constexpr size_t longest = INT32_MAX - 1;
  try {
    onnx::TensorProto proto;
    // A message without any field is no tensor that somebody wrote, and every empty file is one.
    if (bytes.empty() || bytes.size() > longest ||
        !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto.has_data_type())
      return error(Code::Parse, "expected a tensor as .npy, .npz or ONNX's .pb, found other content");
    ExternalData none("", "", false);
    return TensorDecoder(limits, none).decode(proto);
  } catch (const std::bad_alloc &) {
    return error(Code::Memory, "no memory left while a tensor was read");
  }
}

} // namespace limbeck::importer
