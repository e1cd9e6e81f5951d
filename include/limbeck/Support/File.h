// Whole files in and out: reading refuses what is not a plain file, writing leaves the old file or the new
// one.
#pragma once
#include "limbeck/Support/Interrupt.h"
#include "limbeck/Support/Limits.h"
#include "limbeck/Support/PageMemory.h"
#include "limbeck/Support/Status.h"
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limbeck {

using Bytes = std::span<const std::byte>;

inline Bytes bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// All bytes of a regular file. E-FILE-KIND for a FIFO, a device, a directory or a file of more than `limit`
/// bytes, and for a name under which no file can be read; E-FILE when reading fails. Never waits for a writer.
Expected<std::vector<std::byte>> readFile(const std::string &path, int64_t limit = Limits().fileBytes);

/// The first `count` bytes of such a file, or all when there are fewer: enough to tell what it is.
Expected<std::vector<std::byte>> readFileStart(const std::string &path, size_t count);

/// A regular file that is open for reading, part by part.
class OpenFile {
public:
  /// Errors as of readFile.
  static Expected<OpenFile> open(const std::string &path, int64_t limit = Limits().fileBytes);
  OpenFile(OpenFile &&other) noexcept;
  OpenFile &operator=(OpenFile &&) = delete;
  ~OpenFile();

  /// When it was opened.
  uint64_t size() const { return length; }
  /// Fills the bytes from an offset on. E-FILE when reading fails, and when the file ends before.
  Status read(uint64_t offset, std::span<std::byte> bytes) const;
  /// All bytes where they are, which whoever changes the file changes with it. E-MEMORY.
  Expected<PageMemory> map() const { return PageMemory::mapFile(number, length); }

private:
  OpenFile(int number, uint64_t length, std::string path)
      : number(number), length(length), path(std::move(path)) {}

  int number;
  uint64_t length;
  std::string path;
};

/// Whether a file could be written under this name, so that long work need not end in finding that it cannot: E-FILE for
/// a folder that does not exist or without permission, E-FILE-KIND for a place that is taken by something else than a file,
/// E-FLAG for one of `inputs`, by whatever name.
Status checkWritable(const std::string &path, std::span<const std::string> inputs = {});

/// Output files that appear together. Each is written to a temporary file of its folder; when all are there, each takes its
/// name, so that a reader sees all or nothing of a file and a failure leaves what was there. Neither a failure nor Ctrl-C
/// leaves a temporary file. None takes the place of an input.
class OutputFiles {
public:
  /// `inputs` are the files that the command reads.
  explicit OutputFiles(std::vector<std::string> inputs = {}) : inputs(std::move(inputs)) {}
  OutputFiles(const OutputFiles &) = delete;
  OutputFiles &operator=(const OutputFiles &) = delete;
  ~OutputFiles();

  /// Writes the pieces one after the other and synchronizes them. A symbolic link is followed; a target that exists and is no
  /// regular file is refused with E-FILE-KIND, an input and a second one with the same place with E-FLAG.
  Status add(const std::string &path, std::span<const Bytes> pieces);
  Status add(const std::string &path, Bytes content) { return add(path, std::span(&content, 1)); }
  /// Gives all their names.
  Status commit();

private:
  struct Pending {
    std::string temporary, target, path;
  };
  HoldInterrupt hold; // goes last: before it, what is temporary is removed
  std::vector<Pending> pending;
  std::vector<std::string> inputs;
};

/// One such file alone.
Status writeFileAtomically(const std::string &path, std::span<const Bytes> pieces);
Status writeFileAtomically(const std::string &path, Bytes content);

/// Bytes that are gathered on disk in a file without a name, which is gone with the object.
class SpoolFile {
public:
  /// In the folder of `path`, where there is room for the output that it becomes.
  static Expected<SpoolFile> createBeside(const std::string &path);
  SpoolFile(SpoolFile &&other) noexcept;
  SpoolFile &operator=(SpoolFile &&other) noexcept;
  ~SpoolFile();

  Status append(Bytes bytes);
  uint64_t size() const { return length; }
  /// All bytes, valid until the object is gone; nothing may be appended any more.
  Expected<Bytes> map();

private:
  SpoolFile() = default;
  int number = -1;
  uint64_t length = 0;
  void *address = nullptr;
};

} // namespace limbeck
