// The two hash functions of the format, and reading and writing records in raw bytes.
#pragma once
#include "limbeck/Artifact/Format.h"
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>

namespace limbeck::artifact {

/// BLAKE2b-256 of the pieces one after the other.
Digest blake2b(std::initializer_list<std::span<const std::byte>> pieces);
/// XXH3-64.
uint64_t xxh3(std::span<const std::byte> bytes);

/// The caller has checked that the record lies inside the bytes.
template <class Record> Record recordAt(std::span<const std::byte> bytes, uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<Record>);
  Record record;
  std::memcpy(&record, bytes.data() + offset, sizeof record);
  return record;
}
template <class Record> void putRecord(std::span<std::byte> bytes, uint64_t offset, const Record &record) {
  static_assert(std::is_trivially_copyable_v<Record>);
  std::memcpy(bytes.data() + offset, &record, sizeof record);
}

/// The bytes [offset, offset + length), or nothing when they leave the file.
inline std::optional<std::span<const std::byte>> rangeIn(std::span<const std::byte> bytes, uint64_t offset,
                                                         uint64_t length) {
  if (offset > bytes.size() || length > bytes.size() - offset)
    return std::nullopt;
  return bytes.subspan(offset, length);
}

/// The digest that belongs into the header: of the header with zeros in its place, and the table.
Digest headerDigest(Header header, std::span<const std::byte> table);

} // namespace limbeck::artifact
