// Tensor values in files beside the model. The model names the file, so the name is hostile.
#pragma once
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <onnx.pb.h>
#include <span>

namespace limbeck::importer {

/// A checked range of an open regular file.
class ExternalRange {
public:
  ExternalRange(int descriptor, int64_t offset, std::string location)
      : descriptor(descriptor), offset(offset), location(std::move(location)) {}
  ExternalRange(ExternalRange &&other) noexcept
      : descriptor(std::exchange(other.descriptor, -1)), offset(other.offset),
        location(std::move(other.location)) {}
  ExternalRange &operator=(ExternalRange &&other) noexcept;
  ~ExternalRange();
  /// Fills `destination`; E-EXT-RANGE when the file became shorter in the meantime.
  Status read(std::span<std::byte> destination) const;

private:
  int descriptor;
  int64_t offset;
  std::string location;
};

class ExternalData {
public:
  /// `directory` is empty when external data is not allowed; `modelPath` is empty for a model from memory.
  ExternalData(std::string directory, std::string modelPath, bool trustHardlinks)
      : directory(std::move(directory)), modelPath(std::move(modelPath)), trustHardlinks(trustHardlinks) {}

  /// Opens what `tensor.external_data` describes: E-EXT-KEY, E-EXT-PATH, E-EXT-LINK, E-EXT-RANGE,
  /// E-DATA-SIZE.
  Expected<ExternalRange> open(const onnx::TensorProto &tensor, int64_t expectedBytes) const;

private:
  Expected<std::string> resolve(const std::string &location) const;

  std::string directory, modelPath;
  bool trustHardlinks;
};

} // namespace limbeck::importer
