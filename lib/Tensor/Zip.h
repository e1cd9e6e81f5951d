// The part of the ZIP format that .npz needs: whole archives in memory, entries stored or deflated, no ZIP64.
#pragma once
#include "limbeck/Support/File.h"

namespace limbeck {

/// What an archive without ZIP64 stays below.
inline constexpr uint64_t kZipBytes = 0xffffffff;

struct ZipEntry {
  std::string name;
  Bytes packed; ///< inside the archive's bytes
  bool deflated = false;
  uint32_t checksum = 0;
  size_t size = 0; ///< unpacked
};

/// The entries of an archive, every offset and length checked against its bytes. E-NPY when it is malformed
/// or uses what we do not read; `totalBytes` bounds the unpacked sizes together.
Expected<std::vector<ZipEntry>> zipEntries(Bytes archive, int64_t totalBytes);

/// The content of an entry, checksum verified: either a view of the archive or of `scratch`, which it then
/// fills.
Expected<Bytes> zipContent(const ZipEntry &entry, std::vector<std::byte> &scratch);

/// An archive to write: the pieces of each entry are referred to, not copied.
class ZipWriter {
public:
  /// Appends a stored entry whose content is `header` followed by `data`.
  Status add(std::string_view name, std::string header, Bytes data);
  Status write(OutputFiles &files, const std::string &path);
  /// The archive in memory.
  Expected<std::vector<std::byte>> bytes();

private:
  struct Stored {
    std::string prefix; ///< local header, name and the content's own header
    Bytes data;
  };
  /// All bytes, in order; `end` holds the last ones.
  Expected<std::vector<Bytes>> pieces(std::string &end) const;

  std::vector<Stored> entries;
  std::string directory;
  uint64_t offset = 0;
};

} // namespace limbeck
