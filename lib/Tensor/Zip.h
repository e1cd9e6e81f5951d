// The part of the ZIP format that .npz needs: entries stored or deflated, no ZIP64; whole archives in memory, or read piece by
// piece.
#pragma once
#include "limbeck/Support/File.h"
#include <functional>
#include <memory>

namespace limbeck {

/// What an archive without ZIP64 stays below.
inline constexpr uint64_t kZipBytes = 0xffffffff;

/// Fills the bytes from an offset of the archive on, which lies inside it.
using ReadAt = std::function<Status(uint64_t offset, std::span<std::byte> bytes)>;

/// Where an entry is.
struct ZipPlace {
  std::string name;
  uint64_t start = 0, packedSize = 0; ///< of its packed bytes
  uint64_t size = 0;                  ///< unpacked
  bool deflated = false;
  uint32_t checksum = 0;
};

/// The entries of an archive of `archiveSize` bytes; its directory and the entries' headers are read. Errors as of zipEntries.
Expected<std::vector<ZipPlace>> zipPlaces(uint64_t archiveSize, const ReadAt &read, int64_t totalBytes);

/// The content of an entry, from its begin to its end, a part at a time.
class ZipStream {
public:
  ZipStream(ZipPlace place, ReadAt read);
  ZipStream(ZipStream &&) noexcept;
  ~ZipStream();

  uint64_t size() const { return place.size; }
  /// The next bytes. E-NPY when there are fewer, when they are damaged, and at the end when the checksum is wrong.
  Status read(std::span<std::byte> bytes);

private:
  struct Inflater;
  Status unpack(std::span<std::byte> bytes);

  ZipPlace place;
  ReadAt readAt;
  std::unique_ptr<Inflater> inflater; ///< of a deflated entry
  uint64_t taken = 0, given = 0;      ///< packed bytes read, content handed out
  uint32_t checksum = 0;
};

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
