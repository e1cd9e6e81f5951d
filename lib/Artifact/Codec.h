// The encoding of the manifest: fixed-width little-endian numbers, counted lists and texts. `Encoder` and
// `Decoder` have the same interface, so that one description of each record (Manifest.cpp) serves both
// directions.
#pragma once
#include "limbeck/Support/Status.h"
#include "limbeck/Tensor/DType.h"
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace limbeck::artifact {

template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class Encoder {
public:
  template <Scalar T> void field(T &value) {
    auto raw = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
  void field(DType &type) {
    std::string text(name(type));
    field(text);
  }
  void field(std::string &text) {
    count(text.size(), 1);
    auto raw = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
  /// A list has `size` items; returns how many to visit.
  uint32_t count(size_t size, size_t) {
    auto items = static_cast<uint32_t>(size);
    field(items);
    return items;
  }
  bool ok() const { return true; }
  std::vector<std::byte> take() { return std::move(bytes); }

private:
  std::vector<std::byte> bytes;
};

/// After the first failure every field is zero and every list empty.
class Decoder {
public:
  explicit Decoder(std::span<const std::byte> bytes) : rest(bytes) {}

  template <Scalar T> void field(T &value) {
    if (!reserve(sizeof value))
      return;
    std::memcpy(&value, rest.data(), sizeof value);
    rest = rest.subspan(sizeof value);
  }
  void field(bool &value) {
    uint8_t byte = 0;
    field(byte);
    if (byte > 1)
      fail("a truth value that is neither 0 nor 1");
    value = byte == 1;
  }
  void field(DType &type) {
    std::string text;
    field(text);
    if (auto known = dtypeFromName(text))
      type = *known;
    else if (ok())
      fail("an unknown element type '" + text + "'");
  }
  void field(std::string &text) {
    uint32_t length = count(0, 1);
    text.assign(reinterpret_cast<const char *>(rest.data()), length);
    rest = rest.subspan(length);
  }
  /// An item takes at least `leastBytes`, so that a false count cannot ask for more memory than the file is
  /// long.
  uint32_t count(size_t, size_t leastBytes) {
    uint32_t items = 0;
    field(items);
    if (items <= rest.size() / leastBytes)
      return items;
    fail("a list that is longer than the manifest");
    return 0;
  }
  bool ok() const { return failure.empty(); }
  Status finish() {
    if (ok() && !rest.empty())
      fail("bytes after its end");
    return ok() ? Status() : error(Code::ArtifactFormat, "the manifest has ", failure);
  }

private:
  bool reserve(size_t bytes) {
    if (ok() && rest.size() < bytes)
      fail("an end in the middle of a record");
    return ok();
  }
  void fail(std::string what) {
    if (ok())
      failure = std::move(what);
    rest = {};
  }

  std::span<const std::byte> rest;
  std::string failure;
};

} // namespace limbeck::artifact
