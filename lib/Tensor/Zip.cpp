// Reading and writing ZIP archives. Only the central directory is believed, and only as far as the bytes go:
// local headers give no more than the place where an entry's bytes begin.
#include "Zip.h"
#include <algorithm>
#include <new>
#include <zlib.h>

namespace limbeck {

namespace {

// Signatures, sizes of the fixed parts, and the offsets of the fields inside them.
constexpr uint32_t localSignature = 0x04034b50, centralSignature = 0x02014b50, endSignature = 0x06054b50;
constexpr size_t localSize = 30, centralSize = 46, endSize = 22, longestComment = 0xffff;
constexpr uint16_t flagEncrypted = 1, flagUtf8 = 1 << 11, methodStored = 0, methodDeflated = 8;
constexpr uint16_t versionNeeded = 20, firstDay = 1 << 5 | 1; // 1980-01-01: the same archive every time
constexpr uint64_t zip64Size = kZipBytes, zip64Count = 0xffff;

} // namespace

static uint64_t littleEndian(Bytes bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i)
    value |= std::to_integer<uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}

static void appendLittleEndian(std::string &text, uint64_t value, size_t width) {
  for (size_t i = 0; i < width; ++i)
    text += static_cast<char>(value >> (8 * i) & 0xff);
}

static Diagnostic malformedZip(std::string_view what) {
  return error(Code::Npy, "malformed .npz archive: ", what);
}

static Diagnostic zip64Refused() {
  return error(Code::Npy, "expected an archive of less than 4 GiB and 65535 entries, found ZIP64")
      .withHint("save one .npy file per array");
}

/// Where the end record begins in the last bytes of an archive: the last signature whose comment ends with the file.
static std::optional<size_t> findEndRecord(Bytes tail) {
  if (tail.size() < endSize)
    return std::nullopt;
  for (size_t at = tail.size() - endSize + 1; at-- > 0;)
    if (littleEndian(tail, at, 4) == endSignature &&
        littleEndian(tail, at + 20, 2) == tail.size() - endSize - at)
      return at;
  return std::nullopt;
}

/// Where the packed bytes of an entry begin: behind its local header, in front of the central directory.
static Expected<uint64_t> packedStart(const ReadAt &read, uint64_t localOffset, uint64_t packedSize,
                                      uint64_t directoryOffset) {
  std::byte header[localSize];
  if (localOffset > directoryOffset || directoryOffset - localOffset < localSize)
    return malformedZip("an entry's header is not where the directory says");
  LIMBECK_TRY(read(localOffset, header));
  if (littleEndian(header, 0, 4) != localSignature)
    return malformedZip("an entry's header is not where the directory says");
  uint64_t start = localOffset + localSize + littleEndian(header, 26, 2) + littleEndian(header, 28, 2);
  if (start > directoryOffset || packedSize > directoryOffset - start)
    return malformedZip("an entry reaches past its end");
  return start;
}

/// One record of the central directory at `at`, which moves behind it.
static Expected<ZipPlace> readCentralRecord(const ReadAt &read, Bytes directory, size_t &at,
                                            uint64_t directoryOffset) {
  if (directory.size() - at < centralSize || littleEndian(directory, at, 4) != centralSignature)
    return malformedZip("the directory has fewer entries than it says");
  uint64_t flags = littleEndian(directory, at + 8, 2), method = littleEndian(directory, at + 10, 2);
  uint64_t packedSize = littleEndian(directory, at + 20, 4), size = littleEndian(directory, at + 24, 4);
  uint64_t nameLength = littleEndian(directory, at + 28, 2),
           localOffset = littleEndian(directory, at + 42, 4);
  uint64_t recordSize =
      centralSize + nameLength + littleEndian(directory, at + 30, 2) + littleEndian(directory, at + 32, 2);
  if (recordSize > directory.size() - at)
    return malformedZip("a directory entry reaches past the directory");
  if (packedSize == zip64Size || size == zip64Size || localOffset == zip64Size)
    return zip64Refused();
  if (flags & flagEncrypted)
    return error(Code::Npy, "expected plain entries, found an encrypted one");
  if (method != methodStored && method != methodDeflated)
    return error(Code::Npy, "expected entries stored or deflated, found compression method ", method);
  // Deflate makes at most 1032 bytes of one: what claims more is a bomb or broken.
  if (method == methodStored ? size != packedSize : size / 1033 > packedSize)
    return malformedZip("an entry's sizes contradict each other");
  LIMBECK_ASSIGN(uint64_t start, packedStart(read, localOffset, packedSize, directoryOffset));
  std::string name(reinterpret_cast<const char *>(directory.data()) + at + centralSize, nameLength);
  auto checksum = static_cast<uint32_t>(littleEndian(directory, at + 16, 4));
  at += recordSize;
  return ZipPlace{std::move(name), start, packedSize, size, method == methodDeflated, checksum};
}

Expected<std::vector<ZipPlace>> zipPlaces(uint64_t archiveSize, const ReadAt &read, int64_t totalBytes) {
  if (archiveSize == 0)
    return error(Code::Npy, "expected an .npz archive, found an empty file");
  std::vector<std::byte> tail(std::min<uint64_t>(archiveSize, endSize + longestComment));
  LIMBECK_TRY(read(archiveSize - tail.size(), tail));
  auto found = findEndRecord(tail);
  if (!found)
    return malformedZip("it is cut off, or none: it has no end record");
  Bytes end = Bytes(tail).subspan(*found);
  uint64_t endOffset = archiveSize - tail.size() + *found;
  uint64_t count = littleEndian(end, 10, 2), directorySize = littleEndian(end, 12, 4);
  uint64_t directoryOffset = littleEndian(end, 16, 4);
  if (count == zip64Count || directorySize == zip64Size || directoryOffset == zip64Size)
    return zip64Refused();
  if (littleEndian(end, 4, 4) != 0 || littleEndian(end, 8, 2) != count)
    return malformedZip("it is spread over several files");
  if (directoryOffset > endOffset || directorySize != endOffset - directoryOffset)
    return malformedZip("its directory is not where the end record says");
  // At most 65,534 entries of three parts below 64 KiB each.
  std::vector<std::byte> directory(directorySize);
  LIMBECK_TRY(read(directoryOffset, directory));
  std::vector<ZipPlace> places;
  int64_t total = 0;
  size_t at = 0;
  for (uint64_t i = 0; i < count; ++i) {
    LIMBECK_ASSIGN(ZipPlace place, readCentralRecord(read, directory, at, directoryOffset));
    total += static_cast<int64_t>(place.size);
    if (total > totalBytes)
      return error(Code::Npy, "expected at most ", totalBytes, " bytes in the archive's arrays, found more");
    places.push_back(std::move(place));
  }
  if (at != directory.size())
    return malformedZip("its directory holds more than its entries");
  return places;
}

Expected<std::vector<ZipEntry>> zipEntries(Bytes archive, int64_t totalBytes) {
  auto read = [&](uint64_t offset, std::span<std::byte> bytes) -> Status {
    std::ranges::copy(archive.subspan(offset, bytes.size()), bytes.begin());
    return {};
  };
  LIMBECK_ASSIGN(std::vector<ZipPlace> places, zipPlaces(archive.size(), read, totalBytes));
  std::vector<ZipEntry> entries;
  for (ZipPlace &place : places)
    entries.push_back({std::move(place.name), archive.subspan(place.start, place.packedSize), place.deflated,
                       place.checksum, static_cast<size_t>(place.size)});
  return entries;
}

static uint32_t extendChecksum(uint32_t checksum, Bytes bytes) {
  return static_cast<uint32_t>(
      crc32_z(checksum, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

/// What unpacks an entry, and its packed bytes that were read but not used.
struct ZipStream::Inflater {
  z_stream stream = {};
  std::vector<std::byte> packed = std::vector<std::byte>(size_t(1) << 16);
  bool good = inflateInit2(&stream, -MAX_WBITS) == Z_OK; // negative: raw deflate, as ZIP holds it
  Inflater() = default;
  Inflater(const Inflater &) = delete;
  Inflater &operator=(const Inflater &) = delete;
  ~Inflater() {
    if (good)
      inflateEnd(&stream);
  }
};

ZipStream::ZipStream(ZipPlace place, ReadAt read)
    : place(std::move(place)), readAt(std::move(read)),
      inflater(this->place.deflated ? std::make_unique<Inflater>() : nullptr) {}
ZipStream::ZipStream(ZipStream &&) noexcept = default;
ZipStream::~ZipStream() = default;

Status ZipStream::unpack(std::span<std::byte> bytes) {
  if (!inflater->good)
    return error(Code::Memory, "no memory to unpack an archive");
  z_stream &stream = inflater->stream;
  Diagnostic damaged = malformedZip("an entry's compressed data are damaged");
  stream.next_out = reinterpret_cast<Bytef *>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size()); // below 4 GiB: zip64 was refused
  while (stream.avail_out > 0) {
    if (stream.avail_in == 0) {
      auto count = static_cast<size_t>(std::min<uint64_t>(inflater->packed.size(), place.packedSize - taken));
      std::span<std::byte> part = std::span(inflater->packed).first(count);
      LIMBECK_TRY(readAt(place.start + taken, part));
      taken += count;
      stream.next_in = reinterpret_cast<Bytef *>(part.data());
      stream.avail_in = static_cast<uInt>(count);
    }
    int result = inflate(&stream, Z_NO_FLUSH);
    bool goesOn =
        result == Z_OK && (stream.avail_out == 0 || stream.avail_in > 0 || taken < place.packedSize);
    if (!goesOn && !(result == Z_STREAM_END && stream.avail_out == 0))
      return damaged;
  }
  return {};
}

Status ZipStream::read(std::span<std::byte> bytes) {
  if (bytes.size() > place.size - given)
    return malformedZip("an entry ends before its array does");
  if (inflater) {
    LIMBECK_TRY(unpack(bytes));
  } else {
    LIMBECK_TRY(readAt(place.start + given, bytes));
  }
  given += bytes.size();
  checksum = extendChecksum(checksum, bytes);
  if (given == place.size && checksum != place.checksum)
    return error(Code::Npy, "the checksum of entry '", place.name, "' is wrong: the archive is damaged");
  return {};
}

static Status inflateInto(Bytes packed, std::span<std::byte> content) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // negative: raw deflate, as ZIP holds it
    return error(Code::Memory, "no memory to unpack an archive");
  // zlib's pointer is not const, but inflate only reads. Sizes are below 4 GiB: zip64 was refused.
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef none = 0;
  stream.next_out = content.empty() ? &none : reinterpret_cast<Bytef *>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  int result = inflate(&stream, Z_FINISH);
  bool complete = result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  return complete ? Status() : Status(malformedZip("an entry's compressed data are damaged"));
}

Expected<Bytes> zipContent(const ZipEntry &entry, std::vector<std::byte> &scratch) {
  Bytes content = entry.packed;
  if (entry.deflated) {
    try {
      scratch.resize(entry.size);
    } catch (const std::bad_alloc &) {
      return error(Code::Memory, "no memory for an archive's entry of ", entry.size, " bytes");
    }
    LIMBECK_TRY(inflateInto(entry.packed, scratch));
    content = scratch;
  }
  if (extendChecksum(0, content) != entry.checksum)
    return error(Code::Npy, "the checksum of entry '", entry.name, "' is wrong: the archive is damaged");
  return content;
}

Status ZipWriter::add(std::string_view name, std::string header, Bytes data) {
  uint64_t size = header.size() + data.size();
  if (name.size() > longestComment)
    return error(Code::Npy, "expected a name of at most ", longestComment, " bytes, found ", name.size());
  if (size >= zip64Size || offset + size >= zip64Size || entries.size() + 1 >= zip64Count)
    return zip64Refused();
  uint32_t checksum = extendChecksum(extendChecksum(0, bytesOf(header)), data);
  bool ascii =
      std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string common; // the fields that both records share, in this order
  appendLittleEndian(common, versionNeeded, 2);
  appendLittleEndian(common, ascii ? 0 : flagUtf8, 2);
  appendLittleEndian(common, methodStored, 2);
  appendLittleEndian(common, 0, 2); // time of day
  appendLittleEndian(common, firstDay, 2);
  appendLittleEndian(common, checksum, 4);
  appendLittleEndian(common, size, 4);
  appendLittleEndian(common, size, 4);
  appendLittleEndian(common, name.size(), 2);
  appendLittleEndian(common, 0, 2); // extra fields

  appendLittleEndian(directory, centralSignature, 4);
  appendLittleEndian(directory, versionNeeded, 2);
  directory += common;
  appendLittleEndian(directory, 0, 2 + 2 + 2); // comment, disk, internal attributes
  appendLittleEndian(directory, 0, 4);         // external attributes
  appendLittleEndian(directory, offset, 4);
  directory += name;

  std::string prefix;
  appendLittleEndian(prefix, localSignature, 4);
  prefix += common;
  prefix += name;
  prefix += header;
  offset += prefix.size() + data.size();
  entries.push_back({std::move(prefix), data});
  return {};
}

Expected<std::vector<Bytes>> ZipWriter::pieces(std::string &end) const {
  if (offset + directory.size() >= zip64Size)
    return zip64Refused();
  end.clear();
  appendLittleEndian(end, endSignature, 4);
  appendLittleEndian(end, 0, 4); // disks
  appendLittleEndian(end, entries.size(), 2);
  appendLittleEndian(end, entries.size(), 2);
  appendLittleEndian(end, directory.size(), 4);
  appendLittleEndian(end, offset, 4);
  appendLittleEndian(end, 0, 2); // comment
  std::vector<Bytes> pieces;
  for (const Stored &entry : entries) {
    pieces.push_back(bytesOf(entry.prefix));
    pieces.push_back(entry.data);
  }
  pieces.push_back(bytesOf(directory));
  pieces.push_back(bytesOf(end));
  return pieces;
}

Status ZipWriter::write(OutputFiles &files, const std::string &path) {
  std::string end;
  LIMBECK_ASSIGN(std::vector<Bytes> all, pieces(end));
  return files.add(path, all);
}

Expected<std::vector<std::byte>> ZipWriter::bytes() {
  std::string end;
  LIMBECK_ASSIGN(std::vector<Bytes> all, pieces(end));
  std::vector<std::byte> archive;
  try {
    archive.reserve(offset + directory.size() + end.size());
    for (Bytes piece : all)
      archive.insert(archive.end(), piece.begin(), piece.end());
  } catch (const std::bad_alloc &) {
    return error(Code::Memory, "no memory for an archive of ", offset, " bytes");
  }
  return archive;
}

} // namespace limbeck
