// The bytes of an artifact (`.lmb`): a fixed header, the section table, the sections. Little-endian.
// Layout is canonical: the table follows the header, each section starts at the next multiple of its
// alignment after the previous one, gaps are zero, and nothing follows the last. So equal contents are equal
// bytes, and sections cannot overlap.
#pragma once
#include "limbeck-c/Abi.h"
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace limbeck::artifact {

static_assert(std::endian::native == std::endian::little,
              "records are copied from and to memory as they are");

using Digest = std::array<uint8_t, 32>; ///< BLAKE2b-256

inline constexpr std::array<uint8_t, 8> kMagic = {0x89, 'L', 'M', 'B', '\r', '\n', 0x1a, '\n'};
inline constexpr uint32_t kFormatVersion = 1;
/// Bits of `Header::features` that this reader understands; any other bit makes it refuse the artifact.
inline constexpr uint64_t kKnownFeatures = 0;
inline constexpr uint32_t kSectionAlignment = 64;
inline constexpr uint64_t kLongestManifest = uint64_t(64) << 20;

struct Header {
  std::array<uint8_t, 8> magic = kMagic;
  uint32_t formatVersion = kFormatVersion;
  uint32_t minimumReader = kFormatVersion; ///< the least format version a reader must know
  uint32_t abiVersion = LIMBECK_ABI_VERSION;
  uint32_t sectionCount = 0;
  uint64_t features = 0; ///< what a reader must understand
  uint64_t totalLength = 0;
  uint64_t tableOffset = sizeof(Header);
  std::array<uint8_t, 16> reserved = {};
  /// Of the header, with zeros here, and the section table. The table holds the digest of every section, so
  /// that this one value vouches for the whole artifact.
  Digest digest = {};
};
static_assert(sizeof(Header) == 96);

enum class SectionKind : uint32_t { Manifest = 1, Code = 2, Weights = 3 };

struct SectionRecord {
  SectionKind kind = SectionKind::Manifest;
  uint32_t alignment = kSectionAlignment; ///< a power of two, at least 64
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t checksum = 0; ///< XXH3-64: against accidents, checked of every section when loading
  Digest digest = {};    ///< against intent: checked of manifest and code when loading, of weights on request
};
static_assert(sizeof(SectionRecord) == 64);

inline constexpr uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

} // namespace limbeck::artifact
